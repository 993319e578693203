package csv

import (
	"bytes"

	"github.com/apache/arrow-go/v18/arrow"

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
