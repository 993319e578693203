// Package cleaning reads batches of text as a schema says, as a Beam pipeline: a
// thin layer over internal/conform.
package cleaning

import (
	"context"
	"fmt"
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/beamline-go/beamline/internal/clean"
	"github.com/beamline-go/beamline/internal/conform"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/parallel"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/internal/tally"
	"github.com/beamline-go/beamline/internal/wire"
	"github.com/beamline-go/beamline/table"
	_ "github.com/beamline-go/beamline/transforms/beamtable" // carries batches
	"github.com/beamline-go/beamline/transforms/dedupe"
)

func init() {
	beam.RegisterDoFn(&rowsFn{})
	beam.RegisterDoFn(&tallyFn{})
	beam.RegisterCoder(reflect.TypeFor[tally.Tally](), encodeTally, decodeTally)
	register.Emitter1[table.Batch]()
	register.Emitter1[tally.Tally]()
	register.Combiner1[tally.Tally](&mergeFn{})
}

// Learned is what has to be known of a table before its rows are read.
type Learned struct {
	Schema     table.Schema
	Plan       clean.Plan
	Duplicates dedupe.Found
}

// learnedFile is where it is left for the workers.
const learnedFile = "learned"

// Save leaves what was learned in dir, for the workers.
func (l Learned) Save(ctx context.Context, dir string) error {
	data, err := wire.Encode(l)
	if err != nil {
		return fmt.Errorf("conform: %w", err)
	}
	return store.WriteFile(ctx, store.Join(dir, learnedFile), data, store.Condition{})
}

// Check finds out whether batches with those columns can be read by it, before a job is
// launched.
func (l Learned) Check(columns []string, needTarget bool) error {
	_, err := conform.New(l.Schema, l.Plan, columns, conform.Options{NeedTarget: needTarget})
	return err
}

const maxLearned = 4 << 30 // bytes; most of it are the places of duplicates

// Load reads what Save left in dir.
func Load(ctx context.Context, dir string) (Learned, error) {
	data, err := store.ReadFile(ctx, store.Join(dir, learnedFile), maxLearned)
	if err != nil {
		return Learned{}, fmt.Errorf("conform: %w", err)
	}
	return wire.Decode[Learned](data)
}

// Options of Rows.
type Options struct {
	Dir        string   // where Learned.Save left what was learned
	Columns    []string // of the batches
	Key        string   // column that names records in the ledger
	NeedTarget bool     // the records are learned from or measured by
	// Texts asks for the batches of text too, as they are with the changes: the records of
	// the others or, with All, those that are refused or there twice as well.
	Texts, All bool
}

// Rows reads batches of text. Schematically:
//
//	Rows(PCollection<table.Batch>) (PCollection<table.Batch>, PCollection<table.Batch>, PCollection<tally.Tally>)
//
// The batches that come out first are typed, without duplicates and refused records;
// with them travel the rejects, the changes and the proposals. The second, if asked for,
// are those that came in, with every record, and with the changes made. There is one
// tally a bundle: not every runner adds them up before it shuffles them. What was
// learned is read from a file: a graph holds no more than a few megabytes, and prism
// keeps a processor busy as long as a stage with a side input runs.
func Rows(s beam.Scope, batches beam.PCollection, o Options) (typed, texts, tallies beam.PCollection) {
	return beam.ParDo3(s.Scope("Clean"), &rowsFn{Options: o}, batches)
}

type rowsFn struct {
	Options Options

	learned *Learned
	crew    parallel.Crew[worker, answer]
}

// worker reads batches and counts what becomes of them.
type worker struct {
	reader *conform.Reader
	sum    tally.Tally
}

// answer is what becomes of a batch.
type answer struct{ typed, texts table.Batch }

func (f *rowsFn) StartBundle(_, _ func(table.Batch), _ func(tally.Tally)) {
	f.crew.Disband()
	f.crew.New = f.worker
}

func (f *rowsFn) ProcessElement(ctx context.Context, b table.Batch, typed, texts func(table.Batch), _ func(tally.Tally)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if f.learned == nil {
		l, err := Load(ctx, f.Options.Dir)
		if err != nil {
			return fault.Carry(err)
		}
		f.learned = &l
	}
	return fault.Carry(f.crew.Do(func(w *worker) (answer, error) { return f.read(b, w), nil }, f.emit(typed, texts)))
}

func (f *rowsFn) FinishBundle(ctx context.Context, typed, texts func(table.Batch), tallies func(tally.Tally)) error {
	if err := f.crew.Wait(f.emit(typed, texts)); err != nil {
		return fault.Carry(err)
	}
	var sum tally.Tally
	for _, w := range f.crew.Disband() {
		sum.Merge(w.sum)
	}
	Show(ctx, sum)
	tallies(sum)
	return nil
}

func (f *rowsFn) emit(typed, texts func(table.Batch)) func(answer) error {
	return func(a answer) error {
		if f.Options.Texts {
			texts(a.texts)
		}
		typed(a.typed)
		return nil
	}
}

// worker compiles what was learned.
func (f *rowsFn) worker() (w worker, err error) {
	w.reader, err = conform.New(f.learned.Schema, f.learned.Plan, f.Options.Columns,
		conform.Options{NeedTarget: f.Options.NeedTarget, Key: f.Options.Key})
	return w, err
}

func (f *rowsFn) read(b table.Batch, w *worker) (a answer) {
	w.sum.Batch(b)
	r := w.reader.Batch(b, &w.sum)
	w.sum.Move(b.Input, int64(len(r.Rejects)-len(b.Rejects)))
	a.typed = f.withoutDuplicates(r, &w.sum)
	if f.Options.Texts {
		a.texts = conform.Mended(b, r.Changes)
	}
	if f.Options.Texts && !f.Options.All {
		a.texts = a.texts.RowsOf(a.typed)
	}
	return a
}

func (f *rowsFn) withoutDuplicates(b table.Batch, t *tally.Tally) table.Batch {
	if len(f.learned.Duplicates.Duplicates) == 0 {
		return b
	}
	keep, dropped := make([]bool, b.Len()), int64(0)
	for i := range keep {
		keep[i] = !f.learned.Duplicates.Has(dedupe.Row{File: b.Input, Row: b.Row(i)})
		if !keep[i] {
			dropped++
		}
	}
	t.Duplicates(b.Input, dropped)
	return b.Select(keep)
}

// Tally adds tallies up. Schematically:
//
//	Tally(PCollection<tally.Tally>...) PCollection<tally.Tally>
func Tally(s beam.Scope, tallies ...beam.PCollection) beam.PCollection {
	s = s.Scope("Count records")
	return beam.Combine(s, &mergeFn{}, beam.Flatten(s, tallies...))
}

type mergeFn struct{}

func (*mergeFn) CreateAccumulator() tally.Tally { return tally.Tally{} }

func (*mergeFn) AddInput(acc, t tally.Tally) tally.Tally { acc.Merge(t); return acc }

func (*mergeFn) MergeAccumulators(a, b tally.Tally) tally.Tally { a.Merge(b); return a }

// Count tallies batches of text as they were read. Schematically:
//
//	Count(PCollection<table.Batch>) PCollection<tally.Tally>
func Count(s beam.Scope, batches beam.PCollection) (tallies beam.PCollection) {
	return beam.ParDo(s.Scope("Count what is read"), &tallyFn{}, batches)
}

type tallyFn struct {
	sum tally.Tally // of the bundle
}

func (f *tallyFn) StartBundle(_ func(tally.Tally)) { f.sum = tally.Tally{} }

func (f *tallyFn) ProcessElement(b table.Batch, _ func(tally.Tally)) {
	f.sum.Batch(b)
	for _, c := range b.Changes {
		f.sum.Repair(c.Rule, 1)
	}
}

func (f *tallyFn) FinishBundle(ctx context.Context, tallies func(tally.Tally)) {
	Show(ctx, f.sum)
	tallies(f.sum)
}
