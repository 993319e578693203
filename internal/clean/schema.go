package clean

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/profile"
	"github.com/beamline-go/beamline/table"
)

// Schema describes the columns as they are when p is done: s for columns that
// stay as they are, and otherwise what their cells speak for. Numbers that had a
// unit have it in the schema. Where the Table is only a sample, a mended column
// is described anew only if its type changes.
func (t *Table) Schema(s table.Schema, p Plan) table.Schema {
	out := s.Clone()
	for _, c := range t.Columns {
		i := out.Index(c.Name)
		if i < 0 || c.Mended == 0 {
			continue
		}
		was := &out.Columns[i]
		now := c.infer()
		if now.Type == was.Type && !t.Whole {
			continue
		}
		if was.Role == table.RoleKey {
			continue
		}
		if !t.Whole {
			now.Range, now.Domain = nil, nil
		}
		now.Unit = was.Unit
		*was = now
	}
	for _, step := range p.Steps {
		var u unit
		i := out.Index(step.Column)
		if step.Rule == units.Name && i >= 0 && json.Unmarshal(step.Settings, &u) == nil && u.Usual {
			out.Columns[i].Unit = strings.TrimSpace(strings.Replace(u.Spellings[0], "#", " ", 1))
		}
	}
	return out
}

// infer describes the column by its cells.
func (c *Column) infer() table.Column {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	for row := range c.Codes {
		b.Append(c.text(row))
	}
	cells := b.NewArray()
	var t profile.Table
	t.Add(table.Batch{Record: array.NewRecordBatch(csv.TextSchema([]string{c.Name}), []arrow.Array{cells}, int64(cells.Len()))}, profile.Reading{Missing: slices.Clone(c.Listed)})
	return profile.Infer(t, profile.Options{Key: c.Name + "\x00"}).Columns[0]
}
