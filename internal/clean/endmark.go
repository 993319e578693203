package clean

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/beamline-go/beamline/internal/slip"
)

// endMarks takes marks off the ends of all cells of a table, where it is known of
// several values that these marks are put behind them by accident: WOOD ST *** among
// streets of which none is there twice.
var endMarks = cellRule("mark", func(*Column) *trailing { return nil }, func(s trailing) (Repair, error) {
	return func(cell string) (string, float64, bool) {
		for _, m := range s.Marks {
			if rest, ok := strings.CutSuffix(cell, m); ok {
				rest = strings.TrimRight(rest, " ")
				if last, _ := utf8.DecodeLastRuneInString(rest); rest != "" && !strings.HasSuffix(m, string(last)) {
					return rest, s.Confidence, true
				}
			}
		}
		return "", 0, false
	}, nil
})

// trailing are marks that stand behind values by accident.
type trailing struct {
	Marks      []string `json:"marks"`
	Confidence float64  `json:"confidence"`
}

// How often marks must be slips to be so everywhere.
const (
	fewestMarked  = 5 // different values
	markedColumns = 2
)

// learnEndMarks finds the marks among slips that were found.
func learnEndMarks(t *Table, found []SlipProposal) (steps []Step) {
	type seen struct {
		values  int
		columns map[string]bool
		odds    float64
	}
	by := map[string]*seen{}
	for _, p := range found {
		e := slip.Between(p.Old, p.New)
		m := strings.TrimSpace(strings.TrimPrefix(p.Old, p.New))
		if p.Word || e.Kind != slip.Marks || !strings.HasPrefix(p.Old, p.New) {
			continue
		}
		if by[m] == nil {
			by[m] = &seen{columns: map[string]bool{}, odds: p.Odds}
		}
		by[m].values++
		by[m].columns[p.Column] = true
		by[m].odds = min(by[m].odds, p.Odds)
	}
	s := trailing{Confidence: 1}
	for m, of := range by {
		if of.values >= fewestMarked && len(of.columns) >= markedColumns {
			s.Marks = append(s.Marks, m)
			s.Confidence = min(s.Confidence, confidence(of.odds))
		}
	}
	if len(s.Marks) == 0 {
		return nil
	}
	slices.SortFunc(s.Marks, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	for _, c := range t.Columns {
		if !c.Fixed {
			steps = append(steps, newStep(endMarks.Name, c.Name, s))
		}
	}
	return steps
}
