package vector

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Schema returns the Arrow schema of batches of text.
func Schema(names []string) *arrow.Schema {
	fields := make([]arrow.Field, len(names))
	for i, n := range names {
		fields[i] = arrow.Field{Name: n, Type: arrow.BinaryTypes.String}
	}
	return arrow.NewSchema(fields, nil)
}

// Record makes a batch of text of rows that are in memory, one cell for each
// column.
func Record(columns []string, rows ...[]string) arrow.RecordBatch {
	size := 0
	for _, r := range rows {
		for _, cell := range r[:len(columns)] {
			size += len(cell)
		}
	}
	text := make([]byte, 0, size)
	offsets := make([]int32, 0, len(columns)*(len(rows)+1))
	arrays := make([]arrow.Array, len(columns))
	for k := range columns {
		from, first := len(text), len(offsets)
		offsets = append(offsets, 0)
		for _, r := range rows {
			text = append(text, r[k]...)
			offsets = append(offsets, int32(len(text)-from))
		}
		data := array.NewData(arrow.BinaryTypes.String, len(rows), []*memory.Buffer{nil,
			memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(offsets[first:])), memory.NewBufferBytes(text[from:])}, nil, 0, 0)
		arrays[k] = array.NewStringData(data)
	}
	return array.NewRecordBatch(Schema(columns), arrays, int64(len(rows)))
}

// Rows is the columns and the cells of a batch of text: what Record takes.
func Rows(r arrow.RecordBatch) (columns []string, rows [][]string) {
	rows = make([][]string, r.NumRows())
	for i := range rows {
		rows[i] = make([]string, r.NumCols())
	}
	for k, f := range r.Schema().Fields() {
		columns = append(columns, f.Name)
		cells := r.Column(k).(*array.String)
		for i := range rows {
			rows[i][k] = cells.Value(i)
		}
	}
	return columns, rows
}
