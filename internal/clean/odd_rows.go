package clean

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/beamline-go/beamline/internal/isolation"
)

// Constants of the rows that an isolation forest finds odd.
const (
	isolatedScore = 0.72
	forestRows    = 50_000
	forestColumns = 2 // of numbers, at least
	mostShown     = 5 // of an odd row
)

// oddRows finds rows whose numbers, together, are unlike those of all others.
func (t *Table) oddRows(of []*measured) []doubt {
	var columns []*Column
	var x [][]float64
	for k, c := range t.Columns {
		if of[k] != nil && !of[k].days {
			columns, x = append(columns, c), append(x, of[k].rows)
		}
	}
	if len(columns) < forestColumns || t.Rows < isolation.Sample {
		return nil
	}
	rows := min(t.Rows, forestRows)
	f := isolation.New(x, rows)
	d := doubt{Kind: DoubtRow, Why: "its numbers, together, are unlike those of the other rows, which proves nothing", Do: "look at these records"}
	highest := 0.0
	for row := range rows {
		s := f.Score(x, row)
		if s < isolatedScore {
			continue
		}
		d.Cells++
		if s > highest {
			highest = s
			var parts []string
			for _, k := range furthest(x, row) {
				parts = append(parts, fmt.Sprintf("%s %s", columns[k].Name, columns[k].text(row)))
			}
			d.Example = strings.Join(parts, ", ")
		}
	}
	if d.Cells == 0 {
		return nil
	}
	return []doubt{d}
}

// furthest are the columns, in their order, in which the number of the row is the furthest
// from the middle of its column, by rank.
func furthest(x [][]float64, row int) []int {
	off, at := make([]float64, len(x)), make([]int, 0, len(x))
	for k, column := range x {
		if math.IsNaN(column[row]) {
			continue
		}
		at = append(at, k)
		for _, v := range column {
			switch {
			case v < column[row]:
				off[k]++
			case v > column[row]:
				off[k]--
			}
		}
		off[k] = math.Abs(off[k])
	}
	slices.SortStableFunc(at, func(a, b int) int { return cmp.Compare(off[b], off[a]) })
	at = at[:min(len(at), mostShown)]
	slices.Sort(at)
	return at
}
