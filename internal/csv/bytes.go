package csv

import (
	"bytes"

	"github.com/beamline-go/beamline/internal/vector"
	"github.com/beamline-go/beamline/table"
)

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
	r := Reader{Dialect: f.Dialect, Plan: plan, Source: source, Schema: vector.Schema(f.Names), Fields: make([]int, len(f.Names)), Width: len(f.Names), KeyCol: -1}
	for i := range r.Fields {
		r.Fields[i] = i
	}
	return r.Block(bytes.NewReader(data), 0)
}
