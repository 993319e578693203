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
	b := array.NewRecordBuilder(memory.DefaultAllocator, Schema(columns))
	for k := range columns {
		cells := b.Field(k).(*array.StringBuilder)
		for _, r := range rows {
			cells.Append(r[k])
		}
	}
	return b.NewRecordBatch()
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
