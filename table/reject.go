package table

import (
	"encoding/json"
	"unicode/utf8"
)

// Stages behind the reading of a file that refuse records, or rows made of them.
const (
	StageSteps   = "steps"   // of a spec
	StageConform = "conform" // to the schema
	StageDeliver = "deliver" // to a table of a database, which refuses what was made of records
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
	Input  string `json:"-"`      // the record as it was read, at most MaxRejectInput bytes
	// Columns are those of Input where that is not as it was read, but written again from
	// its cells, as CSV.
	Columns []string `json:"columns,omitempty"`
	// Key is the cell of the key column where it could be read.
	Key string `json:"-"`
}

// rejectDoc is a reject as JSON has it: bytes that are no text are in base64.
type rejectDoc struct {
	plainReject
	Input  *string `json:"input,omitempty"`
	Base64 []byte  `json:"base64,omitempty"`
}

type plainReject Reject

// MarshalJSON writes the record of the reject as input, or, where it is not valid
// UTF-8, as base64.
func (r Reject) MarshalJSON() ([]byte, error) {
	doc := rejectDoc{plainReject: plainReject(r), Input: &r.Input}
	if !utf8.ValidString(r.Input) {
		doc.Input, doc.Base64 = nil, []byte(r.Input)
	}
	return json.Marshal(doc)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (r *Reject) UnmarshalJSON(data []byte) error {
	var doc rejectDoc
	if err := json.Unmarshal(data, &doc); err != nil {
		return err
	}
	*r = Reject(doc.plainReject)
	r.Input = string(doc.Base64)
	if doc.Input != nil {
		r.Input = *doc.Input
	}
	return nil
}

// Clip returns at most MaxRejectInput bytes of record.
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
