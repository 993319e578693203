package clean

import (
	"maps"
	"slices"
	"testing"

	"github.com/beamline-go/beamline/internal/profile"
	"github.com/beamline-go/beamline/internal/sample"
	"github.com/beamline-go/beamline/internal/vector"
	"github.com/beamline-go/beamline/table"
)

// tableOf makes the table that rules learn from, as a pipeline would.
func tableOf(columns []string, rows [][]string, o profile.Reading) *Table {
	batch := table.Batch{First: 1, Record: vector.Record(columns, rows...)}
	var p profile.Table
	p.Add(batch, o)
	var s sample.Rows
	s.Add(batch)
	return NewTable(&s, profile.Infer(p, profile.Options{Target: o.Target}), o.Missing)
}

// columnOf is a table of one column: each text as often as it says.
func columnOf(cells map[string]int, o profile.Reading) *Table {
	var rows [][]string
	for _, text := range slices.Sorted(maps.Keys(cells)) {
		for range cells[text] {
			rows = append(rows, []string{text})
		}
	}
	return tableOf([]string{"c"}, rows, o)
}

// edited is a change that a cleaner told of.
type edited struct {
	column          int
	old, mended, by string
	confidence      float64
}

// cleaned applies a plan to a row.
func cleaned(c *Cleaner, row []string) (out []string, edits []edited) {
	out = slices.Clone(row)
	c.Row(out, func(column int, e Edit) {
		edits = append(edits, edited{column, e.Old, e.New, e.Rule, e.Confidence})
	})
	return out, edits
}

func learned(t *testing.T, from *Table, o Options) *Cleaner {
	t.Helper()
	names := from.names()
	plan, err := Learn(from, o)
	if err != nil {
		t.Fatal(err)
	}
	c, err := plan.Cleaner(names)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
