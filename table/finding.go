package table

import "encoding/json"

// Severity is how much a finding matters.
type Severity string

// The severities.
const (
	Error   Severity = "error"   // the table should not be used so
	Warning Severity = "warning" // someone should look
	Info    Severity = "info"    // good to know
)

// Finding says what of a table is not as expected: a line of anomalies.jsonl.
type Finding struct {
	Source   string   `json:"source"`        // the first source of the table
	Column   string   `json:"column"`        // empty when it is about whole records
	Rule     string   `json:"rule"`          // the name of the rule
	Severity Severity `json:"severity"`      // error, warning or info
	Expected string   `json:"expected"`      // what there should be
	Seen     string   `json:"seen"`          // what there is
	Share    float64  `json:"share"`         // of the records; 1 for a column as a whole
	Proposal string   `json:"proposal"`      // what to do
	Why      string   `json:"why,omitempty"` // it was left as it is
}

// AppendJSON appends the finding as one line of anomalies.jsonl.
func (f Finding) AppendJSON(dst []byte) ([]byte, error) {
	line, err := json.Marshal(f)
	if err != nil {
		return dst, err
	}
	return append(append(dst, line...), '\n'), nil
}
