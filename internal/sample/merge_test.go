package sample

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/beamline-go/beamline/internal/mergetest"
	"github.com/beamline-go/beamline/internal/vector"
	"github.com/beamline-go/beamline/table"
)

// TestMerge samples a table that is larger than the sample may be.
func TestMerge(t *testing.T) {
	mergetest.Run(t, 200, mergetest.Accumulator[Rows]{
		New: func() Rows { return Rows{Limit: 4 << 10} },
		Add: func(r *Rows, i int) {
			r.Add(table.Batch{Position: table.Position{Sequence: int64(i)}, First: int64(2 * i),
				Record: vector.Record([]string{"a"}, []string{fmt.Sprint("cell ", i)}, []string{strings.Repeat("x", i%40)})})
		},
		Merge: func(into *Rows, from Rows) { into.Merge(from) },
		Result: func(r Rows) string {
			var rows []string
			for at := r.Data; len(at) > 0; {
				n := int(at[0]) | int(at[1])<<8
				rows, at = append(rows, string(at[:n])), at[n:]
			}
			slices.Sort(rows)
			return fmt.Sprintf("%d seen, level %d: %q", r.Seen, r.Level, rows)
		},
	})
}
