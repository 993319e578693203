package csv

import (
	"bytes"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/beamline-go/beamline/table"
)

// TextSchema returns the Arrow schema of batches of text.
func TextSchema(names []string) *arrow.Schema {
	fields := make([]arrow.Field, len(names))
	for i, n := range names {
		fields[i] = arrow.Field{Name: n, Type: arrow.BinaryTypes.String}
	}
	return arrow.NewSchema(fields, nil)
}

// TextRecord makes a batch of text of rows that are in memory, one cell for each
// column.
func TextRecord(columns []string, rows ...[]string) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, TextSchema(columns))
	for k := range columns {
		cells := b.Field(k).(*array.StringBuilder)
		for _, r := range rows {
			cells.Append(r[k])
		}
	}
	return b.NewRecordBatch()
}

// TextRows is the columns and the cells of a batch of text: what TextRecord takes.
func TextRows(r arrow.RecordBatch) (columns []string, rows [][]string) {
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

// ReadBytes reads a table that is in memory as one batch, in the format that
// Detect finds.
func ReadBytes(data []byte, source string, s Settings) (table.Batch, error) {
	f, err := Detect(data, true, source, s)
	if err != nil {
		return table.Batch{}, err
	}
	plan, err := NewPlan(bytes.NewReader(data), f.Dialect, int64(len(data)), f.Start, f.Line)
	if err != nil {
		return table.Batch{}, err
	}
	r := Reader{Dialect: f.Dialect, Plan: plan, Source: source, Schema: TextSchema(f.Names), Fields: make([]int, len(f.Names)), Width: len(f.Names), KeyCol: -1}
	for i := range r.Fields {
		r.Fields[i] = i
	}
	return r.Block(bytes.NewReader(data), 0)
}
