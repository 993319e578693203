package clean

import (
	_ "embed" // the figures
	"encoding/json"
)

// Measured is in how many columns the changes of a rule were held against what is right, and
// the sum of the shares of those that were.
type Measured struct {
	Columns int     `json:"columns"`
	Right   float64 `json:"right"`
}

// Precision is the share of a rule's changes that are right, as far as that is known: one
// column says little, and none nothing (Laplace's rule of succession). Cells of one column are
// right or wrong together, so that columns count.
func (m Measured) Precision() float64 { return thousandths((m.Right + 1) / (float64(m.Columns) + 2)) }

//go:embed precision.json
var precisionFile []byte

// precisions are of each rule what bench/judge measured; nothing in it is set by hand.
var precisions = func() (file map[string]Measured) {
	if err := json.Unmarshal(precisionFile, &file); err != nil {
		panic("clean: precision.json: " + err.Error())
	}
	return file
}()

// MeasuredOf is what was measured of a rule; no columns where nothing was.
func MeasuredOf(rule string) Measured { return precisions[rule] }

// precisionOf is how sure a change of a rule is that has no evidence of its own: a half where
// the rule was never measured.
func precisionOf(rule string) float64 { return precisions[rule].Precision() }
