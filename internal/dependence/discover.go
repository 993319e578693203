// Package dependence finds out which columns of a table determine others: a postcode its
// city, a city and a street their postcode. It looks at numbers of values alone, so that
// nothing of what cells say counts.
//
// A column determines another as far as rows that agree in the one agree in the other more
// often than two rows taken at random: Cohen's kappa of pairs of rows within groups.
package dependence

import (
	"slices"

	"github.com/beamline-go/beamline/internal/parallel"
)

// Bounds of Discover. Errors are scattered; what repeats inside of a group, or
// splits groups in two, is how the table is.
const (
	leastDetermining = 3    // values of a determinant
	fewestGroups     = 5    // groups of three or more
	leastCoverage    = 0.1  // share of the rows in groups
	leastAgreement   = 0.25 // kappa
	mostRivals       = 0.4  // groups with a second value nearly as frequent
	mostRepeats      = 0.4  // odd cells whose value repeats inside of their group
	leastMajority    = 0.6  // groups in which one value has most of the rows
	pairColumns      = 25   // up to how many columns pairs are looked at
	pairAgreement    = 0.85 // kappa
	pairCoverage     = 0.5  //
	pairGroups       = 0.35 // groups as a share of the rows
	discoveryCells   = 6e8  // cells that are looked at
)

// Strict is the kappa from which on a dependency has to hold strictly.
const Strict = 0.8

// MostDetermining is how many values a determinant has at most, as a share of the rows.
const MostDetermining = 0.6

// MostDetermined is how many values a column that is determined has at most, as a share of the
// rows: they repeat.
const MostDetermined = 0.95

// FewestGrouped is how many rows are in groups of two or more, at least.
const FewestGrouped = 20

// Evidence is what was counted of a dependency.
type Evidence struct {
	Rows, Groups     int     // rows in groups of two or more; groups of three or more
	Agreement, Kappa float64 // of two rows of a group, and beyond chance
	Majority         float64 // groups in which one value has most of the rows
	Rivals           float64 // groups with a second value nearly as frequent
	Repeats          float64 // odd cells whose value repeats inside of their group
	Odd              float64 // cells that are not as their group
}

// Covers reports whether enough of the rows are in groups to say anything.
func (e Evidence) Covers(rows int) bool {
	return e.Rows >= FewestGrouped && float64(e.Rows) >= leastCoverage*float64(rows)
}

// accepted reports whether a single column determines another.
func (e Evidence) accepted(rows int) bool {
	strict := e.Kappa > Strict
	switch {
	case !e.Covers(rows), e.Groups < fewestGroups, e.Kappa < leastAgreement:
		return false
	case strict && (e.Majority < 0.9 || e.Rivals > 0.05), e.Majority < leastMajority, e.Rivals > mostRivals:
		return false
	}
	return e.Repeats <= mostRepeats
}

// acceptedPair reports whether a pair of columns determines another, which single is the
// greatest kappa of either alone for.
func (e Evidence) acceptedPair(rows int, single float64) bool {
	return e.accepted(rows) && e.Groups >= 2*fewestGroups && float64(e.Rows) >= pairCoverage*float64(rows) &&
		e.Kappa >= pairAgreement && e.Kappa >= single+(1-single)/2
}

// Column is a column as numbers, one for each different value: absent cells have the code -1.
type Column struct {
	Codes    []int32
	Values   int     // codes are below it
	Distinct int     // values that are not absent
	Filled   int     // rows with one
	Chance   float64 // that two rows agree
	Given    bool    // it is never determined by others
}

// Found is a dependency with what speaks for it.
type Found struct {
	From []int // columns of the table
	To   int
	Evidence
}

// Discover looks for columns, and pairs of columns, that determine others. A table of very
// many cells is judged by its first rows.
func Discover(all []Column, rows int) []Found {
	m := len(all)
	rows = min(rows, int(discoveryCells/float64(max(m*m, 1))))
	if rows < FewestGrouped {
		return nil // of so many columns nothing can be said
	}
	columns := slices.Clone(all)
	for k := range columns {
		columns[k].Codes = columns[k].Codes[:rows]
	}
	kappa := make([][]float64, m) // of single columns
	singles := each(m, func(x int, w *Counter) (out []Found) {
		kappa[x] = make([]float64, m)
		if d := columns[x].Distinct; d < leastDetermining || float64(d) > MostDetermining*float64(columns[x].Filled) {
			return nil
		}
		g := GroupBy(columns[x].Codes, columns[x].Values)
		for y := range columns {
			if y == x || !columns[y].determinable() {
				continue
			}
			e := g.Weigh(columns[y], w)
			kappa[x][y] = e.Kappa
			if e.accepted(rows) {
				out = append(out, Found{[]int{x}, y, e})
			}
		}
		return out
	})
	if m > pairColumns {
		return singles
	}
	has := map[[2]int]bool{}
	for _, f := range singles {
		has[[2]int{f.From[0], f.To}] = true
	}
	doubles := each(m, func(x int, w *Counter) (out []Found) {
		for z := x + 1; z < m; z++ {
			limit := int(pairGroups * float64(rows))
			if a, b := columns[x].Distinct, columns[z].Distinct; min(a, b) < 2 || max(a, b) >= limit {
				continue
			}
			codes, values := PairCodes(columns[x].Codes, columns[z].Codes, limit)
			if codes == nil {
				continue
			}
			g := GroupBy(codes, values)
			for y := range columns {
				if y == x || y == z || has[[2]int{x, y}] || has[[2]int{z, y}] || !columns[y].determinable() {
					continue
				}
				e := g.Weigh(columns[y], w)
				if e.acceptedPair(rows, max(kappa[x][y], kappa[z][y])) {
					out = append(out, Found{[]int{x, z}, y, e})
				}
			}
		}
		return out
	})
	return append(singles, doubles...)
}

// determinable reports whether a column can be determined by another: it has
// some values, and they repeat.
func (c Column) determinable() bool {
	return !c.Given && c.Distinct >= 2 && float64(c.Distinct) <= MostDetermined*float64(c.Filled)
}

// PairCodes numbers the pairs of values of two columns, or returns nil where
// there are more than limit.
func PairCodes(a, b []int32, limit int) ([]int32, int) {
	codes := make([]int32, len(a))
	index := map[uint64]int32{}
	for i := range a {
		codes[i] = -1
		if a[i] < 0 || b[i] < 0 {
			continue
		}
		key := uint64(uint32(a[i]))<<32 | uint64(uint32(b[i]))
		code, ok := index[key]
		if !ok {
			if len(index) >= limit {
				return nil, 0
			}
			code = int32(len(index))
			index[key] = code
		}
		codes[i] = code
	}
	return codes, len(index)
}

// each calls f for 0 to n-1 and returns what they Found in that order.
func each(n int, f func(i int, w *Counter) []Found) []Found {
	out := make([][]Found, n)
	parallel.Each(n, func(i int) { out[i] = f(i, &Counter{}) })
	return slices.Concat(out...)
}
