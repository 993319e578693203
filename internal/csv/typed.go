package csv

import (
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/beamline-go/beamline/internal/cells"
	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/internal/vector"
	"github.com/beamline-go/beamline/table"
)

// TypedReader reads the blocks of one source as batches of typed values: from the
// bytes of the file into the buffers of Arrow arrays, without a text for each cell.
//
// An empty cell is null, and so is one that is not of its column's type: it is
// among the Odd cells, for whoever mends them or counts them.
type TypedReader struct {
	Reader
	// Columns are those of the batches; Fields[i] is the field of a record that
	// becomes Columns[i], or -1 where this source lacks it. Other fields are not
	// looked at.
	Columns []table.Column
	// Dictionary asks for categorical columns as indices into their values.
	Dictionary bool
	// Reuse says that a batch is done with when the next one is asked for, so
	// that its memory can be used again.
	Reuse bool

	columns []vector.Typed
	schema  *arrow.Schema
	text    *parser
}

// Block reads block b from src.
func (r *TypedReader) Block(src io.ReaderAt, b int) (table.Batch, error) {
	if r.columns == nil {
		if err := r.prepare(); err != nil {
			return table.Batch{}, err
		}
	}
	block := r.Plan.Blocks[b]
	p := r.text
	p.rows, p.rejects, p.changes = p.rows[:0], nil, nil
	if block.First >= 0 {
		if err := r.each(src, b, p); err != nil {
			return table.Batch{}, err
		}
	}
	return r.batch(b, block, p), nil
}

func (r *TypedReader) prepare() error {
	r.text = r.parser(0)
	r.text.gather = r
	fields := make([]arrow.Field, len(r.Columns))
	for i, c := range r.Columns {
		column, kind, err := vector.New(c, r.Dictionary, r.Dialect.Quote)
		if err != nil {
			return err
		}
		r.columns = append(r.columns, column)
		fields[i] = arrow.Field{Name: c.Name, Type: kind, Nullable: true}
	}
	r.schema = arrow.NewSchema(fields, nil)
	return nil
}

// rows implements gatherer.
func (r *TypedReader) rows(buf []byte, x *index) int {
	for i, c := range r.columns {
		if f := r.Fields[i]; f >= 0 {
			c.Rows(buf, x.column(f), x.quote)
			continue
		}
		for range x.rows {
			c.Null()
		}
	}
	return 0
}

// parsed implements gatherer: it takes the record from the parser's columns, which
// hold no other.
func (r *TypedReader) parsed(p *parser) {
	for i, c := range r.columns {
		if f := r.Fields[i]; f >= 0 {
			column := &p.cols[f]
			n := len(column.Data)
			c.Cell(slices.Grow(column.Data, cells.Pad)[:n+cells.Pad], 0, n)
			continue
		}
		c.Null()
	}
	p.cols.Truncate(0)
	p.held = 0
}

// batch wraps the columns.
func (r *TypedReader) batch(b int, block grid.Block, p *parser) table.Batch {
	arrays := make([]arrow.Array, len(r.columns))
	var odd []table.Odd
	for i, c := range r.columns {
		var o []table.Odd
		arrays[i], o = c.Take(i, r.Reuse)
		odd = append(odd, o...)
	}
	p.name(r.Source)
	n := len(p.rows)
	out := table.Batch{
		Position: table.Position{Input: r.File, Sequence: int64(b)},
		Source:   r.Source, First: block.Row, Rejects: p.rejects, Changes: p.changes, Odd: odd,
		Record: array.NewRecordBatch(r.schema, arrays, int64(n)),
	}
	if len(p.rejects) > 0 {
		out.Rows = slices.Clone(p.rows)
	}
	return out
}
