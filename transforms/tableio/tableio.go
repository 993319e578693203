// Package tableio reads tables into batches, and writes batches as tables.
//
// Read and Write are all that most pipelines need:
//
//	rows, err := tableio.Read(s, "gs://lake/orders/*.csv", tableio.ReadOptions{Key: "id"})
//	...
//	written, err := tableio.Write(s, "gs://lake/scored.parquet", predictions)
//
// Underneath, Plan asks each source for its grid of blocks, and ReadPlanned is a
// splittable DoFn over the numbers of the blocks. Runners may cut the work where they
// like: a batch is always one block, and its rows do not depend on the cut. WriteTo
// writes to any sinks; their output does not depend on who wrote which batch when.
package tableio

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/format"
	"github.com/beamline-go/beamline/internal/place"
	"github.com/beamline-go/beamline/internal/sink"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/internal/systems"
)

func init() {
	beam.RegisterDoFn(&tidyFn{})
	beam.RegisterDoFn(&clearFn{})
}

// ReadOptions say how a table is read. The zero value finds everything out.
type ReadOptions struct {
	Key       string   // the column that names a record; may be empty
	Columns   []string // names that replace those of the header
	NoHeader  bool     // the first record of a text names no columns
	Delimiter string   // the character between fields of a text
	Quote     string   // the character around fields of a text, or none
	Splits    int      // pieces that each file is cut in at first; 0 leaves it to the runner
}

// Read reads a table. Schematically:
//
//	Read(string) PCollection<table.Batch>
//
// files names a file, a folder of data files or a pattern, here, in a bucket (gs://,
// s3://) or on a web server, or a table of a database (postgres://user@host/db?table=t,
// sqlite:file?table=t); all that it stands for is read as one table. The format,
// the encoding and the columns are found when the pipeline is built; each cell of a
// batch is a text. Records that can't be read travel in the batches, as their Rejects.
// Where Read fails nothing was added to the pipeline.
func Read(s beam.Scope, files string, o ReadOptions) (batches beam.PCollection, err error) {
	settings := csv.Settings{Delimiter: o.Delimiter, Quote: o.Quote, Columns: o.Columns}
	if o.NoHeader {
		header := false
		settings.Header = &header
	}
	t, err := Open(context.Background(), []string{files}, settings, nil, o.Key)
	if err != nil {
		return batches, err
	}
	s = s.Scope("tableio.Read")
	return ReadPlanned(s, Plan(s, t), t, Cut{Splits: o.Splits}), nil
}

// Write writes batches as one file, in the order of the input. Schematically:
//
//	Write(PCollection<table.Batch>) PCollection<string>
//
// The ending of the name says the format: csv, jsonl, parquet, avro or arrow. The one
// element that comes out is the name, once the file is there as a whole; until then
// its parts are in a folder beside it. No file is written of no batches.
//
// A table of a database is written where the name is one, such as
// postgres://user@host/db?table=scores&key=id: all rows in one transaction, which
// replaces rows of the same key. Until then they are staged in the folder of the option
// staging, which all workers see, or in a temporary one of this machine.
func Write(s beam.Scope, name string, batches beam.PCollection) (written beam.PCollection, err error) {
	if systems.IsTarget(name) {
		return load(s, name, batches)
	}
	f, err := format.Find(strings.TrimPrefix(path.Ext(name), "."))
	if err != nil {
		return written, err
	}
	name, err = store.Abs(name)
	if err != nil {
		return written, fmt.Errorf("tableio: %w", err)
	}
	parts := name + ".parts"
	if err := store.MakeDir(parts); err != nil {
		return written, fmt.Errorf("tableio: %w", err)
	}
	s = s.Scope("tableio.Write")
	made, err := WriteTo(s, []sink.Sink{sink.File(parts, store.Base(name), f, 1)}, batches)
	return beam.ParDo(s, &tidyFn{Parts: parts, Name: name}, made), err
}

// load writes batches to a table of a database.
func load(s beam.Scope, name string, batches beam.PCollection) (written beam.PCollection, err error) {
	if _, err := systems.Target(name); err != nil {
		return written, err
	}
	p, err := place.Parse(name)
	if err != nil {
		return written, err
	}
	dir, err := store.MakeTemp(p.Staging)
	if err != nil {
		return written, fmt.Errorf("tableio: %w", err)
	}
	s = s.Scope("tableio.Write")
	made, err := WriteTo(s, []sink.Sink{systems.NewLoad(name, dir)}, batches)
	return beam.ParDo(s, &clearFn{dir}, made), err
}

// clearFn lets go of rows that have been written.
type clearFn struct{ Staged string }

func (f *clearFn) ProcessElement(ctx context.Context, m sink.Made, emit func(string)) error {
	if err := store.RemoveAll(ctx, f.Staged); err != nil {
		return fmt.Errorf("tableio: %w", err)
	}
	emit(m.Path)
	return nil
}

// tidyFn moves a file that is whole to its place, and lets go of its parts.
type tidyFn struct{ Parts, Name string }

func (f *tidyFn) ProcessElement(ctx context.Context, m sink.Made, emit func(string)) error {
	there, err := store.Exists(ctx, m.Path)
	if err == nil && there { // an attempt before this one may have moved it
		err = store.Move(ctx, m.Path, f.Name)
	}
	if err != nil {
		return fmt.Errorf("tableio: %w", err)
	}
	if err := store.RemoveAll(ctx, f.Parts); err != nil {
		return fmt.Errorf("tableio: %w", err)
	}
	emit(f.Name)
	return nil
}
