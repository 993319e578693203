package clean

import (
	"fmt"
	"math"
	"strings"

	"github.com/beamline-go/beamline/internal/isolation"
)

// Constants of the rows that an isolation forest finds odd.
const (
	isolatedScore = 0.72
	forestRows    = 50_000
	forestColumns = 2 // of numbers, at least
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
			for k, c := range columns[:min(len(columns), mostShown)] {
				if !math.IsNaN(x[k][row]) {
					parts = append(parts, fmt.Sprintf("%s %s", c.Name, c.text(row)))
				}
			}
			d.Example = strings.Join(parts, ", ")
		}
	}
	if d.Cells == 0 {
		return nil
	}
	return []doubt{d}
}
