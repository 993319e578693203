package clean

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/beamline-go/beamline/internal/profile"
	"github.com/beamline-go/beamline/internal/vector"
	"github.com/beamline-go/beamline/table"
)

// Schema describes the columns as they are when p is done: s for columns that
// stay as they are, and otherwise what their cells speak for. Numbers that had a
// unit have it in the schema. Where the Table is only a sample, a mended column
// is described anew only if its type changes.
func (t *Table) Schema(s table.Schema, p Plan) table.Schema {
	out := s.Clone()
	places := out.Places()
	for _, c := range t.Columns {
		i, ok := places[c.Name]
		if !ok || c.Mended == 0 {
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
	p.eachSettings(func(column string, settings any) {
		i, ok := places[column]
		if d, describes := settings.(describer); ok && describes {
			d.describe(&out.Columns[i])
		}
	})
	t.quantities(&out)
	return out
}

// infer describes the column by its cells.
func (c *Column) infer() table.Column {
	t := c.profile(nil)
	return profile.Infer(t, profile.Options{Key: c.Name + "\x00"}).Columns[0]
}

// profile counts the cells of the column, held against those of a target where there
// is one.
func (c *Column) profile(target []string) profile.Table {
	names, columns := []string{c.Name}, []arrow.Array{texts(c.table.Rows, c.text)}
	reading := profile.Reading{Missing: slices.Clone(c.Listed)}
	if target != nil {
		reading.Target = c.Name + "\x00"
		names, columns = append(names, reading.Target), append(columns, texts(c.table.Rows, func(row int) string { return target[row] }))
	}
	var t profile.Table
	t.Add(table.Batch{Record: array.NewRecordBatch(vector.Schema(names), columns, int64(c.table.Rows))}, reading)
	return t
}

func texts(n int, text func(row int) string) arrow.Array {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	for row := range n {
		b.Append(text(row))
	}
	return b.NewArray()
}

// Profile is p, what was counted of the whole table as it is written, with the columns
// whose cells were mended counted as they are now, of the rows that the Table has. s
// is the schema before. Where these are a sample, a column that keeps its type stays as
// it was counted.
func (t *Table) Profile(p profile.Table, s table.Schema) profile.Table {
	out := p
	out.Columns = slices.Clone(p.Columns)
	for _, c := range t.Columns {
		if c.Mended == 0 {
			continue
		}
		was := p.Find(c.Name)
		if was == nil {
			continue
		}
		if as, _ := s.Column(c.Name); !t.Whole && c.infer().Type == as.Type {
			continue
		}
		now := c.profile(t.Target)
		column := &now.Columns[0]
		column.Repaired, column.Untidy = int64(c.Mended), was.Untidy
		if column.Files = was.Files; column.Target == nil {
			column.Target = was.Target
		}
		*out.Find(c.Name) = *column
	}
	return out
}
