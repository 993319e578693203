package csv

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/beamline-go/beamline/internal/cells"
	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/internal/vector"
	"github.com/beamline-go/beamline/table"
)

// Reader reads the blocks of one source as batches of text.
type Reader struct {
	Dialect Dialect
	Plan    grid.Plan
	Source  string // as the user named it
	File    int    // index of the source in its table
	// Schema names the columns of the batches, all of them text. Fields[i] is
	// the field of a record that becomes column i, or -1 for a column that
	// this source lacks: its cells are empty.
	Schema *arrow.Schema
	Fields []int
	Width  int     // fields of a record
	KeyCol int     // field that holds the key, or -1
	Mender *Mender // mends malformed records; nil refuses them
	// Places asks for where the records are: after a call of Block Where has the
	// place of each of its rows.
	Places bool
	Where  []Place

	ahead  int64 // how much is read past a block at first; 0 means lookAhead
	widths []int // bytes of each field in the block before
	count  int   // its records
	buf    []byte
}

// Over has the reader read another text from now on, with the memory that it has.
func (r *Reader) Over(p grid.Plan) { r.Plan = p }

// lookAhead is how much is read past a block to finish its last record.
const lookAhead = 8 << 10

// Block reads block b from src. Cells of the batch are texts without nulls. It
// returns an error only when src can't be read: what is wrong with the data is
// in the rejects of the batch.
func (r *Reader) Block(src io.ReaderAt, b int) (table.Batch, error) {
	block := r.Plan.Blocks[b]
	if block.First < 0 {
		return r.batch(b, block, r.parser(0))
	}
	p := r.parser(int(r.Plan.End(b) - block.First))
	if err := r.each(src, b, p); err != nil {
		return table.Batch{}, err
	}
	return r.batch(b, block, p)
}

// each parses the records of a block.
func (r *Reader) each(src io.ReaderAt, b int, p *parser) error {
	block := r.Plan.Blocks[b]
	limit, ahead := r.Plan.End(b), r.ahead
	if ahead == 0 {
		ahead = lookAhead
	}
	buf, err := readAt(src, r.buf[:0], block.First, limit+ahead, r.Plan.Size)
	if err != nil {
		return err
	}
	r.buf = buf // nothing of the batch points into it
	at, row, line := block.First, block.Row, block.Line
	for {
		more := at+int64(len(buf)) < r.Plan.Size
		used, nextRow, nextLine := p.records(buf, at, limit, row, line, more)
		at, row, line, buf = at+int64(used), nextRow, nextLine, buf[used:]
		if at >= limit || !more {
			break
		}
		end := at + int64(len(buf))
		if buf, err = readAt(src, buf, end, end+max(ahead, int64(len(buf))), r.Plan.Size); err != nil {
			return err
		}
	}
	return nil
}

// readAt appends bytes [from, to) of src to buf, at most up to size, with room for
// cells.Pad bytes behind them.
func readAt(src io.ReaderAt, buf []byte, from, to, size int64) ([]byte, error) {
	have := len(buf)
	buf = slices.Grow(buf, int(min(to, size)-from)+cells.Pad)[:have+int(min(to, size)-from)]
	n, err := src.ReadAt(buf[have:], from)
	if n < len(buf)-have {
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("csv: the source became shorter while it was read")
		}
		return nil, fmt.Errorf("csv: %w", err)
	}
	return buf, nil
}

func (r *Reader) parser(bytes int) *parser {
	p := &parser{d: r.Dialect, cols: make(vector.Texts, r.Width), keyCol: r.KeyCol, mender: r.Mender, plan: &r.Plan, places: r.Places}
	for i := range p.cols {
		size := bytes/r.Width + 64
		if r.widths != nil { // most blocks are like the one before
			size = min(r.widths[i]+r.widths[i]/16, bytes) + 64
		}
		p.cols[i].Reserve(size, r.count+r.count/16)
	}
	p.index.width = r.Width
	p.gather = texts{p.cols, r.Dialect.Quote}
	return p
}

// texts are the columns that the parser itself fills.
type texts struct {
	cols  vector.Texts
	quote byte
}

// rows implements gatherer.
func (t texts) rows(buf []byte, x *index) int {
	for f := range t.cols {
		t.cols[f].Rows(buf, x.column(f), x.quote, t.quote)
	}
	return x.rows
}

// parsed implements gatherer: the record is where it belongs.
func (t texts) parsed(*parser) {}

// batch wraps the parsed columns without copying them.
func (r *Reader) batch(b int, block grid.Block, p *parser) (table.Batch, error) {
	n := len(p.rows)
	r.Where = p.where
	if n > 0 {
		r.remember(p)
	}
	cols := make([]arrow.Array, len(r.Fields))
	for i, f := range r.Fields {
		if f < 0 {
			cols[i] = vector.Empty(n)
			continue
		}
		cols[i] = p.cols[f].Array()
	}
	p.name(r.Source)
	out := table.Batch{
		Position: table.Position{Input: r.File, Sequence: int64(b)},
		Source:   r.Source, First: block.Row, Rejects: p.rejects, Changes: p.changes,
		Record: array.NewRecordBatch(r.Schema, cols, int64(n)),
	}
	if len(p.rejects) > 0 {
		out.Rows = p.rows
	}
	return out, nil
}

// name gives what became of records the name of their source.
func (p *parser) name(source string) {
	for i := range p.rejects {
		p.rejects[i].Source = source
	}
	for i := range p.changes {
		p.changes[i].Source = source
	}
}

// remember notes how large the columns of a block were.
func (r *Reader) remember(p *parser) {
	r.widths, r.count = make([]int, len(p.cols)), len(p.rows)
	for i, c := range p.cols {
		r.widths[i] = len(c.Data)
	}
}
