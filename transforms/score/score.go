// Package score applies an artifact to batches of text as a Beam pipeline. The
// artifact is read once a process.
package score

import (
	"context"
	"fmt"
	"sync"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/parallel"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/internal/tally"
	"github.com/beamline-go/beamline/models"
	"github.com/beamline-go/beamline/models/predictions"
	"github.com/beamline-go/beamline/table"
	"github.com/beamline-go/beamline/transforms/artifact"
	_ "github.com/beamline-go/beamline/transforms/beamtable" // carries batches
	"github.com/beamline-go/beamline/transforms/cleaning"
)

func init() {
	beam.RegisterDoFn(&rowsFn{})
	register.Emitter1[table.Batch]()
	register.Emitter1[tally.Tally]()
}

// Options of Rows.
type Options struct {
	Model string // folder of the artifact, here or in a bucket
	// Digest is that of the artifact that must be there, as its Digest says; any may be
	// where it is empty.
	Digest string
	// Key names the column whose cells come first among the predictions; the numbers
	// of the rows do where it is empty.
	Key string
	// WholeKeys has the cells of the key as whole numbers, as predictions.New says.
	WholeKeys bool
}

// Rows predicts batches of text. Schematically:
//
//	Rows(PCollection<table.Batch>) (PCollection<table.Batch>, PCollection<tally.Tally>)
//
// The batches that come out have the columns that predictions.Columns names, and a row for each
// record of the input, in its order; where a record was refused there is no value but
// the key. With them travel the rejects and the changes.
// How many records were read, refused and repaired, by rule, is in the tallies, which
// pipelines that don't ask leave alone.
func Rows(s beam.Scope, batches beam.PCollection, o Options) (predictions, tallies beam.PCollection, err error) {
	if o.Model == "" {
		return predictions, tallies, fault.Usagef("score: the folder of a model is needed")
	}
	if o.Model, err = store.Abs(o.Model); err != nil { // where any worker finds it
		return predictions, tallies, fmt.Errorf("score: %w", err)
	}
	predictions, tallies = beam.ParDo2(s.Scope("Score"), &rowsFn{Options: o}, batches)
	return predictions, tallies, nil
}

var (
	loading sync.Mutex
	loaded  = map[string]*models.Model{}
)

// load reads an artifact once a process.
func load(ctx context.Context, dir string) (*models.Model, error) {
	loading.Lock()
	defer loading.Unlock()
	if m := loaded[dir]; m != nil {
		return m, nil
	}
	m, err := artifact.Load(ctx, dir)
	if err == nil {
		loaded[dir] = m
	}
	return m, err
}

// Forget lets go of all artifacts, so that one that was trained again is read
// again.
func Forget() {
	loading.Lock()
	defer loading.Unlock()
	clear(loaded)
}

type rowsFn struct {
	Options Options

	model   *models.Model
	answers *predictions.Table
	crew    parallel.Crew[worker, table.Batch]
}

// worker predicts batches and counts what becomes of them.
type worker struct {
	scorer *models.Scorer
	sum    tally.Tally
}

func (f *rowsFn) Setup(ctx context.Context) error {
	var err error
	if f.model, err = load(ctx, f.Options.Model); err == nil {
		err = artifact.Same(f.model, f.Options.Model, f.Options.Digest)
	}
	if err == nil {
		f.answers, err = predictions.New(f.model, f.Options.Key, f.Options.WholeKeys)
	}
	return fault.Carry(err)
}

func (f *rowsFn) StartBundle(_ func(table.Batch), _ func(tally.Tally)) { f.crew.Disband() }

func (f *rowsFn) ProcessElement(ctx context.Context, b table.Batch, predictions func(table.Batch), _ func(tally.Tally)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if f.crew.New == nil { // all batches of a table have the same columns
		var columns []string
		for _, c := range b.Record.Schema().Fields() {
			columns = append(columns, c.Name)
		}
		f.crew.New = func() (worker, error) { return f.worker(columns) }
	}
	return fault.Carry(f.crew.Do(func(w *worker) (table.Batch, error) { return f.score(b, w) }, send(predictions)))
}

func (f *rowsFn) FinishBundle(ctx context.Context, predictions func(table.Batch), tallies func(tally.Tally)) error {
	if err := f.crew.Wait(send(predictions)); err != nil {
		return fault.Carry(err)
	}
	var sum tally.Tally
	for _, w := range f.crew.Disband() {
		sum.Merge(w.sum)
	}
	cleaning.Show(ctx, sum)
	for _, r := range sum.Files {
		cleaning.Scored(ctx, r.Used)
	}
	tallies(sum)
	return nil
}

func send(emit func(table.Batch)) func(table.Batch) error {
	return func(b table.Batch) error { emit(b); return nil }
}

// worker makes a scorer for those columns.
func (f *rowsFn) worker(columns []string) (w worker, err error) {
	if w.scorer, err = f.model.Scorer(columns, f.Options.Key); err == nil {
		w.scorer.Watch()
	}
	return w, err
}

func (f *rowsFn) score(b table.Batch, w *worker) (table.Batch, error) {
	w.sum.Batch(b)
	r, err := w.scorer.Score(b, &w.sum)
	if err != nil {
		return table.Batch{}, err
	}
	w.sum.Move(b.Input, int64(len(r.Rejects)-len(b.Rejects)))
	return f.answers.Batch(b, r, &w.sum), nil
}
