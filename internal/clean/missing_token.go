package clean

import (
	"slices"

	"github.com/beamline-go/beamline/internal/missing"
	"github.com/beamline-go/beamline/table"
)

// missingToken empties texts such as N/A in columns of numbers or dates, where
// they can be nothing else, and those that the user listed in all columns. In columns
// of words others are left as they are. A word such as "empty" that the table uses in its
// columns of words, beside no empty cell at all, is how the table says it.
var missingToken = Rule{Name: missingTokenRule.Name, cells: missingTokenRule.cells, learn: func(t *Table) []Step {
	own := ownWords(t)
	var steps []Step
	for _, c := range t.Columns {
		if c.Fixed || c.Listed == nil && (c.Type.Textual() || c.Type == table.Bool) {
			continue
		}
		steps = append(steps, newStep("missing_token", c.Name, missingTexts{Texts: c.Listed, Kept: own}))
	}
	return steps
}}

type missingTexts struct {
	Texts []string `json:"texts,omitempty"` // the only ones, where the user listed them
	Kept  []string `json:"kept,omitempty"`  // weak tokens that the table itself uses
}

var missingTokenRule = cellRule("missing_token", func(*Column) *missingTexts { return nil }, func(s missingTexts) (Repair, error) {
	return func(cell string) (string, float64, bool) {
		if s.Texts != nil {
			return "", 1, slices.Contains(s.Texts, cell)
		}
		return "", 1, missing.Token(cell) != missing.Not && !slices.Contains(s.Kept, cell)
	}, nil
})

// ownWords are the weak tokens that stand in columns of words of a table that
// has no empty cell.
func ownWords(t *Table) []string {
	var own []string
	for _, c := range t.Columns {
		for _, v := range c.Values {
			if v.Text == "" {
				return nil
			}
			if c.Type.Textual() && missing.Token(v.Text) == missing.Weak && !slices.Contains(own, v.Text) {
				own = append(own, v.Text)
			}
		}
	}
	slices.Sort(own)
	return own
}
