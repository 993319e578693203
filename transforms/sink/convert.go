package sink

import (
	"context"
	"fmt"
	"io"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/internal/vector"
	"github.com/beamline-go/beamline/table"
)

func init() { beam.RegisterDoFn(&convertFn{}) }

// Convert writes an output of delimited text, which has a header and those columns,
// in another format: a file for each part that it has. Schematically:
//
//	Convert(PCollection<Joined>) PCollection<Joined>
//
// Other outputs are passed on.
func Convert(s beam.Scope, output, name string, f Format, columns []table.Column, joined beam.PCollection) (converted beam.PCollection) {
	return beam.ParDo(s.Scope("Write "+string(f)), &convertFn{Output: output, Name: name, Format: f, Columns: columns}, joined)
}

type convertFn struct {
	Output, Name string
	Format       Format
	Columns      []table.Column
}

func (f *convertFn) ProcessElement(ctx context.Context, j Joined, emit func(Joined)) error {
	if j.Output != f.Output {
		emit(j)
		return nil
	}
	// A part keeps its number: predictions-1-of-2 of one name, and of the other.
	path := store.Join(store.Dir(j.Path), partName(store.Base(j.Path), f.Output, f.Name))
	err := store.Write(ctx, path, func(w io.Writer) error { return f.convert(ctx, j.Path, w) })
	if err != nil {
		return fmt.Errorf("sink: %s: %w", f.Name, err)
	}
	emit(Joined{Output: f.Name, Path: path})
	return nil
}

func (f *convertFn) convert(ctx context.Context, path string, out io.Writer) error {
	src, err := store.Open(ctx, path)
	if err != nil {
		return err
	}
	defer src.Close()
	names := make([]string, len(f.Columns))
	fields := make([]int, len(f.Columns))
	for i, c := range f.Columns {
		names[i], fields[i] = c.Name, i
	}
	start := int64(len(csv.Header(names, csv.Default)))
	plan, err := csv.NewPlan(src.Reader(), csv.Default, grid.BlockSize(src.Size), start, 2)
	if err != nil {
		return err
	}
	typer, err := vector.NewTyper(f.Columns)
	if err != nil {
		return err
	}
	w, err := newEncoder(f.Format, typer.Schema, out)
	if err != nil {
		return err
	}
	r := csv.TypedReader{Reader: csv.Reader{Dialect: csv.Default, Plan: plan, Width: len(names), KeyCol: -1, Fields: fields}, Columns: f.Columns}
	for b := range plan.Blocks {
		batch, err := r.Block(src, b)
		if err != nil {
			return err
		}
		if len(batch.Rejects)+len(batch.Odd) > 0 {
			return fmt.Errorf("sink: %s can't be read back", path)
		}
		if err := w.WriteBuffered(batch.Record); err != nil {
			return err
		}
	}
	return w.Close()
}
