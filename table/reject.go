package table

import (
	"encoding/json"
	"unicode/utf8"
)

// MaxRejectInput is how many bytes of a refused record are kept.
const MaxRejectInput = 1 << 20

// Reject is a record that could not be used, with what is needed to find it,
// mend it and read it again.
type Reject struct {
	Stage  string `json:"stage"`  // what refused it: read, conform, ...
	Rule   string `json:"rule"`   // the name of the rule, as in run.json
	Reason string `json:"reason"` // a sentence for a person
	Source string `json:"source"` // as the user named it
	Row    int64  `json:"row"`    // 1-based number of the data record in its source
	Line   int64  `json:"line"`   // 1-based physical line at which it starts; 0 if not known
	Offset int64  `json:"offset"` // byte at which it starts; -1 if not known
	Input  string `json:"input"`  // the record as it was read, at most MaxRejectInput bytes
	// Key is the cell of the key column where it could be read.
	Key string `json:"-"`
}

// Clip returns at most MaxRejectInput bytes of record as text; bytes that are
// not UTF-8 become U+FFFD when the reject is written.
func Clip(record []byte) string {
	if len(record) > MaxRejectInput {
		record = record[:MaxRejectInput]
		for len(record) > 0 && !utf8.RuneStart(record[len(record)-1]) {
			record = record[:len(record)-1]
		}
	}
	return string(record)
}

// AppendJSON appends the reject as one line of rejects.jsonl.
func (r Reject) AppendJSON(dst []byte) ([]byte, error) {
	line, err := json.Marshal(r)
	if err != nil {
		return dst, err
	}
	return append(append(dst, line...), '\n'), nil
}
