package csv

import (
	"io"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/internal/vector"
	"github.com/beamline-go/beamline/table"
)

// Lines is the dialect in which a line is one field, by which texts are planned that have
// a record a line.
func Lines(limit int) Dialect { return Dialect{Delimiter: 0x1f, Limit: limit} }

// EachLine calls use with each line of a block of such a text, its number, and where it
// is; what it returns are lines that are no records.
func EachLine(src io.ReaderAt, plan grid.Plan, block int, source string, limit int, use func(line []byte, row, at, offset int64)) ([]table.Reject, error) {
	text := Reader{Dialect: Lines(limit), Plan: plan, Source: source, Schema: vector.Schema([]string{"line"}), Fields: []int{0}, Width: 1, KeyCol: -1, Places: true}
	batch, err := text.Block(src, block)
	if err != nil {
		return nil, err
	}
	cells := batch.Record.Column(0).(*array.String)
	all, ends := cells.ValueBytes(), cells.ValueOffsets()
	for i := range batch.Len() {
		use(all[ends[i]:ends[i+1]], batch.Row(i), text.Where[i].Line, text.Where[i].Offset)
	}
	return batch.Rejects, nil
}
