package sink

import (
	"context"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/table"
)

func init() {
	beam.RegisterDoFn(&tableFn{})
}

// RowColumn is the column of a Parquet file that says which record of its
// source a row was, and SourceColumn, where there are several, which source.
const (
	RowColumn    = "_row"
	SourceColumn = "_source"
)

// groupRows is how many rows a group of a Parquet file has.
const groupRows = 128 << 10

// Table writes staged batches as one file, in the order of the input, with the
// number of each row in front. Schematically:
//
//	Table(PCollection<Joined>) PCollection<Joined>
//
// A Parquet file is compressed with Snappy, and a group of its rows is held in
// memory; an Avro file is compressed with deflate. The file is cut in that many
// shards, each of whole batches.
func Table(s beam.Scope, dir, name string, f Format, shards int, staged beam.PCollection) (written beam.PCollection) {
	return beam.ParDo(s.Scope("Write "+string(f)), &tableFn{Dir: dir, Name: name, Format: f, Shards: max(shards, 1)}, staged)
}

type tableFn struct {
	Dir, Name string
	Format    Format
	Shards    int
}

func (f *tableFn) ProcessElement(ctx context.Context, staged Joined, emit func(Joined)) error {
	sources, total := map[int]bool{}, 0
	err := ReadStaged(ctx, staged.Path, func(b table.Batch) error {
		sources[b.File] = true
		total++
		return nil
	})
	if err != nil {
		return err
	}
	for k := range f.Shards {
		path := store.Join(f.Dir, ShardName(f.Name, k, f.Shards))
		p := piecesOf{staged.Path, total * k / f.Shards, total * (k + 1) / f.Shards, len(sources) > 1, f.Format}
		if err := store.Write(ctx, path, func(w io.Writer) error { return p.write(ctx, w) }); err != nil {
			return fmt.Errorf("sink: %s: %w", f.Name, err)
		}
		emit(Joined{Output: f.Name, Path: path})
	}
	return nil
}

// piecesOf are the batches [from, to) of a staged output; named says that their
// rows need the name of their source.
type piecesOf struct {
	staged   string
	from, to int
	named    bool
	format   Format
}

func (p piecesOf) write(ctx context.Context, out io.Writer) error {
	var w encoder
	at := -1
	err := ReadStaged(ctx, p.staged, func(b table.Batch) error {
		if at++; at < p.from || at >= p.to {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		record := numbered(b, p.named)
		if w == nil {
			var err error
			if w, err = newEncoder(p.format, record.Schema(), out); err != nil {
				return err
			}
		}
		return w.WriteBuffered(record)
	})
	if err != nil || w == nil {
		return err
	}
	return w.Close()
}

func newParquet(s *arrow.Schema, out io.Writer) (*pqarrow.FileWriter, error) {
	return pqarrow.NewFileWriter(s, out, parquet.NewWriterProperties(
		parquet.WithCompression(compress.Codecs.Snappy), parquet.WithMaxRowGroupLength(groupRows),
		parquet.WithDictionaryFor(RowColumn, false), // no number is there twice
		parquet.WithCreatedBy("beamline"),
	), pqarrow.NewArrowWriterProperties(pqarrow.WithStoreSchema()))
}

// numbered returns the record with the numbers of its rows, and the name of
// their source where that is asked for, in front.
func numbered(b table.Batch, source bool) arrow.RecordBatch {
	fields := []arrow.Field{{Name: RowColumn, Type: arrow.PrimitiveTypes.Int64}}
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
