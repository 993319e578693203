package clean

import (
	"regexp"
	"strings"
)

// textMarks takes off what was written before a number so that a spreadsheet leaves it
// as it is: '02134 and ="02134".
var textMarks = cellRule("text_mark", learnTextMarks, func(s marked) (Repair, error) {
	return func(cell string) (string, float64, bool) {
		if m := textFormula.FindStringSubmatch(cell); s.Formula && m != nil {
			return strings.ReplaceAll(m[1], `""`, `"`), 1, true
		}
		if rest, ok := strings.CutPrefix(cell, "'"); s.Apostrophe && ok && allDigits(rest) {
			return rest, 1, true
		}
		return "", 0, false
	}, nil
})

// marked are the marks that a column has.
type marked struct {
	Formula    bool `json:"formula,omitempty"`
	Apostrophe bool `json:"apostrophe,omitempty"`
}

// textFormula is a formula that is a text and nothing else.
var textFormula = regexp.MustCompile(`^="((?:[^"]|"")*)"$`)

// digitsShare is the share of the cells that are digits, with an apostrophe or
// without, where one before digits is no quote and no minute.
const digitsShare = 0.9

func learnTextMarks(c *Column) *marked {
	s := marked{}
	for v := range c.Present() {
		s.Formula = s.Formula || textFormula.MatchString(v.Text)
		s.Apostrophe = s.Apostrophe || strings.HasPrefix(v.Text, "'") && allDigits(v.Text[1:])
	}
	s.Apostrophe = s.Apostrophe && c.share(func(cell string) bool { return allDigits(strings.TrimPrefix(cell, "'")) }) >= digitsShare
	if s == (marked{}) {
		return nil
	}
	return &s
}

func allDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
