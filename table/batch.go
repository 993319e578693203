package table

import (
	"cmp"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Position orders batches: by the file's place among the sources of a table,
// then by the block within that file. It does not depend on how a runner cuts
// the work.
type Position struct {
	Input    int   // index of the source among all sources of the table
	Sequence int64 // number of the block in that source, from 0
}

// Compare orders positions as the input orders its rows.
func (p Position) Compare(q Position) int {
	return cmp.Or(cmp.Compare(p.Input, q.Input), cmp.Compare(p.Sequence, q.Sequence))
}

// Batch is the element of Beamline's collections: the rows of one block of one
// source.
type Batch struct {
	Position
	Source string            // as the user named it
	First  int64             // 1-based number of the first data record of the block
	Rows   []int64           // number of each row; nil when they are First, First+1, ...
	Record arrow.RecordBatch // the rows; raw batches hold every cell as text
	// Rejects are the records of the block that could not be used. They
	// travel with the batch, so that a sink can answer each record of the
	// input in its order.
	Rejects []Reject
	// Changes are the repairs that were made to the rows, in their order, and
	// Proposals those that are likely, and were not made.
	Changes, Proposals []Change
	// Odd are cells of a typed batch that could not be read as their column's
	// type; they are null in it.
	Odd []Odd
	// Late counts cells by columns that the table does not have, since they
	// appear only behind what its columns were found in.
	Late map[string]int64
	// Unjoined are rows whose key a table that is joined does not have.
	Unjoined []Unjoined
}

// Unjoined counts rows whose key a table that is joined does not have.
type Unjoined struct {
	Column  string // of the key
	Rows    int64
	Example string // one of the keys
}

// Len returns the number of usable rows.
func (b Batch) Len() int {
	if b.Record == nil {
		return 0
	}
	return int(b.Record.NumRows())
}

// Row returns the 1-based number, in its source, of row i of the batch.
func (b Batch) Row(i int) int64 {
	if b.Rows == nil {
		return b.First + int64(i)
	}
	return b.Rows[i]
}

// Text returns column i of a raw batch.
func (b Batch) Text(i int) *array.String { return b.Record.Column(i).(*array.String) }

// Index returns the position of the column of that name, or -1.
func (b Batch) Index(name string) int {
	for i, f := range b.Record.Schema().Fields() {
		if f.Name == name {
			return i
		}
	}
	return -1
}

// Select returns the batch with only the rows for which keep is true. It
// returns b itself when all are kept.
func (b Batch) Select(keep []bool) Batch {
	n := 0
	for _, k := range keep {
		if k {
			n++
		}
	}
	if n == len(keep) {
		return b
	}
	out := b
	out.Rows = make([]int64, 0, n)
	for i, k := range keep {
		if k {
			out.Rows = append(out.Rows, b.Row(i))
		}
	}
	cols := make([]arrow.Array, b.Record.NumCols())
	for c := range cols {
		cols[c] = take(b.Record.Column(c), keep)
	}
	out.Record = array.NewRecordBatch(b.Record.Schema(), cols, int64(n))
	return out
}

// RowsOf returns the rows of the batch that another one, in the same order, has too.
func (b Batch) RowsOf(other Batch) Batch {
	keep, at := make([]bool, b.Len()), 0
	for i := range keep {
		for at < other.Len() && other.Row(at) < b.Row(i) {
			at++
		}
		keep[i] = at < other.Len() && other.Row(at) == b.Row(i)
	}
	return b.Select(keep)
}

// Columns returns the batch with the columns of those names alone, in that order. Of a raw
// batch, one that it lacks has empty cells.
func (b Batch) Columns(names []string) Batch {
	columns, fields := make([]arrow.Array, len(names)), make([]arrow.Field, len(names))
	for i, name := range names {
		fields[i] = arrow.Field{Name: name, Type: arrow.BinaryTypes.String}
		if at := b.Index(name); at >= 0 {
			columns[i], fields[i] = b.Record.Column(at), b.Record.Schema().Field(at)
			continue
		}
		empty := array.NewStringBuilder(memory.DefaultAllocator)
		empty.AppendValues(make([]string, b.Len()), nil)
		columns[i] = empty.NewArray()
	}
	b.Record = array.NewRecordBatch(arrow.NewSchema(fields, nil), columns, int64(b.Len()))
	return b
}
