package sink

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/beamline-go/beamline/internal/format"
	"github.com/beamline-go/beamline/internal/outdir"
	"github.com/beamline-go/beamline/internal/parallel"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/table"
)

// Table is a file of a format that one writer has to write, or several such files: rows
// are staged, and a commit writes them.
type Table struct {
	Dir    string
	File   string // name of the output
	Format string
	// Numbered asks for a column in front with the number of each row in its source,
	// and, where there are several sources, one with their names.
	Numbered bool
	Shards   int // files, each of about as many batches; one where it is 0
}

// File returns the sink of a file of a format, or of several such files.
func File(dir, name string, f format.Out, shards int) Sink {
	if f.Append != nil {
		return &Lines{Dir: dir, File: name, Of: f.Name, Shards: shards}
	}
	return &Table{Dir: dir, File: name, Format: f.Name, Shards: shards}
}

// SourceColumn is the column of a table of several sources that says which a row is of.
const SourceColumn = "_source"

// Name implements Sink.
func (t *Table) Name() string { return t.File }

// Part implements Sink.
func (t *Table) Part(ctx context.Context) (Part, error) {
	return newPart(ctx, t.Dir, t.File, stagedBatches{}), nil
}

// Commit implements Sink.
func (t *Table) Commit(ctx context.Context, parts []Written) ([]Made, error) {
	return t.Encode(ctx, rowsOf(parts))
}

// Encode writes rows that were staged. Each batch is decoded once.
func (t *Table) Encode(ctx context.Context, rows Rows) ([]Made, error) {
	f, err := format.Find(t.Format)
	if err != nil {
		return nil, err
	}
	several := false
	for _, p := range rows.Pieces {
		several = several || p.At.Input != rows.Pieces[0].At.Input
	}
	shards, n := max(t.Shards, 1), len(rows.Pieces)
	made, errs := make([]Made, shards), make([]error, shards)
	parallel.Each(shards, func(k int) {
		made[k] = Made{Output: t.File, Path: store.Join(t.Dir, outdir.Part(t.File, k, shards))}
		w := tableWriter{f, t.Numbered, several, rows.Slice(n*k/shards, n*(k+1)/shards)}
		errs[k] = store.Write(ctx, made[k].Path, func(out io.Writer) error { return w.write(ctx, out) })
	})
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("sink: %s: %w", t.File, err)
	}
	return made, nil
}

// tableWriter writes one file.
type tableWriter struct {
	format          format.Out
	numbered, named bool
	rows            Rows
}

func (t tableWriter) write(ctx context.Context, out io.Writer) error {
	var w format.Writer
	err := t.rows.Each(ctx, func(b table.Batch) error {
		if t.numbered {
			b.Record = numbered(b, t.named)
		}
		if w == nil {
			var err error
			if w, err = t.format.Create(out, b.Record.Schema(), format.Settings{}); err != nil {
				return err
			}
		}
		return w.Write(b.Record)
	})
	if err != nil || w == nil {
		return err
	}
	return w.Close()
}

// numbered returns the record with the numbers of its rows, and the name of
// their source where that is asked for, in front.
func numbered(b table.Batch, source bool) arrow.RecordBatch {
	fields := []arrow.Field{{Name: format.RowColumn, Type: arrow.PrimitiveTypes.Int64}}
	rows := array.NewInt64Builder(memory.DefaultAllocator)
	for i := range b.Len() {
		rows.Append(b.Row(i))
	}
	columns := []arrow.Array{rows.NewArray()}
	if source {
		names := array.NewStringBuilder(memory.DefaultAllocator)
		for range b.Len() {
			names.Append(b.Source)
		}
		fields = append(fields, arrow.Field{Name: SourceColumn, Type: arrow.BinaryTypes.String})
		columns = append(columns, names.NewArray())
	}
	fields = append(fields, b.Record.Schema().Fields()...)
	columns = append(columns, b.Record.Columns()...)
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), columns, int64(b.Len()))
}
