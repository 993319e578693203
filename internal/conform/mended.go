package conform

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/beamline-go/beamline/internal/vector"
	"github.com/beamline-go/beamline/table"
)

// Mended returns a batch of text with the changes made to its cells, which are in the
// order of its rows; columns without any are shared. Changes of records as a whole were
// made when they were read.
func Mended(b table.Batch, changes []table.Change) table.Batch {
	byColumn := map[int][]table.Change{}
	for _, c := range changes {
		if c.Field >= 0 {
			byColumn[c.Field] = append(byColumn[c.Field], c)
		}
	}
	if len(byColumn) == 0 {
		return b
	}
	columns := append([]arrow.Array(nil), b.Record.Columns()...)
	for field, own := range byColumn {
		columns[field] = mended(b.Text(field), own)
	}
	b.Record = array.NewRecordBatch(b.Record.Schema(), columns, int64(b.Len()))
	return b
}

// mended returns a column with changes made to it; of several to one cell the last
// counts.
func mended(cells *array.String, changes []table.Change) arrow.Array {
	var out vector.Text
	out.Reserve(len(cells.ValueBytes())+64, cells.Len())
	for i := range cells.Len() {
		cell := cells.Value(i)
		for ; len(changes) > 0 && changes[0].Index == i; changes = changes[1:] {
			cell = changes[0].New
		}
		out.AppendString(cell)
	}
	return out.Array()
}
