package vector

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/beamline-go/beamline/internal/cells"
	"github.com/beamline-go/beamline/table"
)

// Typer turns columns of text into columns of values, as a file of text is read whose types are known.
type Typer struct {
	Schema  *arrow.Schema
	columns []Typed
}

// NewTyper returns a typer for those columns.
func NewTyper(columns []table.Column) (Typer, error) {
	var t Typer
	fields := make([]arrow.Field, len(columns))
	for i, c := range columns {
		column, kind, err := New(c, false, 0)
		if err != nil {
			return t, err
		}
		t.columns = append(t.columns, column)
		fields[i] = arrow.Field{Name: c.Name, Type: kind, Nullable: true}
	}
	t.Schema = arrow.NewSchema(fields, nil)
	return t, nil
}

// Column returns column i of the texts, and the cells that are not of its type.
func (t Typer) Column(i int, texts *array.String) (arrow.Array, []table.Odd) {
	padded := make([]byte, 0, 256)
	for k := range texts.Len() {
		cell := texts.Value(k)
		padded = append(append(padded[:0], cell...), make([]byte, cells.Pad)...)
		t.columns[i].Cell(padded, 0, len(cell))
	}
	return t.columns[i].Take(i, false)
}

// Batch returns the rows of a batch of texts, which has the columns of the typer, as
// values.
func (t Typer) Batch(b table.Batch) table.Batch {
	columns := make([]arrow.Array, len(t.columns))
	for i := range columns {
		var odd []table.Odd
		columns[i], odd = t.Column(i, b.Text(i))
		b.Odd = append(b.Odd, odd...)
	}
	b.Record = array.NewRecordBatch(t.Schema, columns, int64(b.Len()))
	return b
}
