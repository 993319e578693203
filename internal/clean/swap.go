package clean

import (
	"slices"
	"strings"
	"unicode"
)

// swapped exchanges two cells of a row that stand in each other's column: each
// belongs to the other column by its value, or, where one column has numbers and
// the other none, by its kind.
var swapped = rowRule("swap", learnSwapped, repairSwapped)

func repairSwapped(s exchange, columns []string) (RowRepair, error) {
	a, b := slices.Index(columns, s.A), slices.Index(columns, s.B)
	ofA, ofB := setOf(s.OfA), setOf(s.OfB)
	return func(r *Row) {
		if a < 0 || b < 0 {
			return
		}
		x, y := r.Cells[a], r.Cells[b]
		if x != y && s.wrong(placeOf(x, ofB), placeOf(y, ofA)) {
			r.Set(a, y, precisionOf("swap"))
			r.Set(b, x, precisionOf("swap"))
		}
	}, nil
}

// placed is what tells whether a cell stands in the right column.
type placed struct {
	absent, number bool
	amount         bool // a number, or one with something behind it, such as a unit
	foreign        bool // it belongs to the other column
}

func placeOf(cell string, other map[string]bool) placed {
	a, ok := readAmount(cell)
	amount := ok && !strings.ContainsFunc(a.before, unicode.IsLetter)
	return placed{absent: isAbsent(cell), number: isPlain(cell), amount: amount, foreign: other[cell]}
}

// wrong reports whether two cells, of A and of B, are exchanged.
func (s exchange) wrong(x, y placed) bool {
	switch {
	case x.absent || y.absent:
		return false
	case s.Numbers:
		return !x.number && y.number && (x.foreign || len(s.OfB) == 0 && !x.amount)
	}
	return x.foreign && y.foreign
}

// exchange are two columns whose cells are exchanged in some rows.
type exchange struct {
	A       string   `json:"a"`
	B       string   `json:"b"`
	OfA     []string `json:"of_a,omitempty"` // values that belong to A
	OfB     []string `json:"of_b,omitempty"`
	Numbers bool     `json:"numbers,omitempty"` // A has numbers, B has none
}

// Bounds of learnSwapped.
const (
	ownedCount = 5
	ownedRatio = 8
	ownedShare = 0.5  // rows of each column whose value belongs to it
	kindShare  = 0.85 // cells of their column's kind
)

func learnSwapped(t *Table) (out []exchange) {
	index := make([]map[string]int, len(t.Columns))
	numeric := make([]float64, len(t.Columns))
	for k, c := range t.Columns {
		index[k] = map[string]int{}
		for _, v := range c.Values {
			if !v.Absent {
				index[k][v.Text] = v.Count
			}
		}
		numeric[k] = c.share(isPlain)
	}
	for a := range t.Columns {
		from, to := t.beside(a)
		for b := from; b < to; b++ {
			if a == b || t.Columns[a].Fixed || t.Columns[b].Fixed {
				continue
			}
			e := exchange{A: t.Columns[a].Name, B: t.Columns[b].Name}
			if numeric[a] >= kindShare && numeric[b] <= 1-kindShare {
				e.Numbers = true
				e.OfB, _ = owned(t.Columns[b], index[a], index[b])
				if len(e.OfB) == 0 && float64(t.Columns[b].coded().Distinct) < 0.5*float64(t.Columns[b].Filled()) {
					continue
				}
			} else if a < b && numeric[a] <= 1-kindShare && numeric[b] <= 1-kindShare {
				var shareA, shareB float64
				e.OfA, shareA = owned(t.Columns[a], index[b], index[a])
				e.OfB, shareB = owned(t.Columns[b], index[a], index[b])
				if shareA < ownedShare || shareB < ownedShare || alikeKinds(e.OfA, e.OfB) {
					continue
				}
			} else {
				continue
			}
			if t.swaps(e) > 0 {
				out = append(out, e)
			}
		}
	}
	return out
}

// alikeKinds reports whether values of two columns are written alike, so that either
// may stand in both: airports, teams, answers.
func alikeKinds(a, b []string) bool {
	shapes := map[string]bool{}
	for _, v := range a {
		shapes[shapeOf(v)] = true
	}
	return slices.ContainsFunc(b, func(v string) bool { return shapes[shapeOf(v)] })
}

// owned are the values of a column that stand there far more often than in the
// other one, and the share of its rows that have such a value.
func owned(c *Column, there, here map[string]int) (values []string, share float64) {
	n := 0
	for _, v := range c.Values {
		if v.Absent || v.Count < ownedCount || v.Count < ownedRatio*there[v.Text] {
			continue
		}
		values = append(values, v.Text)
		n += v.Count
	}
	return values, float64(n) / float64(max(c.Filled(), 1))
}

// swaps counts the rows that would be changed.
func (t *Table) swaps(e exchange) int {
	a, b := t.Columns[t.index(e.A)], t.Columns[t.index(e.B)]
	x, y := a.placed(setOf(e.OfB)), b.placed(setOf(e.OfA))
	n := 0
	for row := range t.Rows {
		if e.wrong(x[a.Codes[row]], y[b.Codes[row]]) && a.text(row) != b.text(row) {
			n++
		}
	}
	return n
}

// placed judges the values of a column.
func (c *Column) placed(other map[string]bool) []placed {
	out := make([]placed, len(c.Values))
	for i, v := range c.Values {
		out[i] = placeOf(v.Text, other)
	}
	return out
}
