// Package conform reads batches of text as a schema says, as a Beam pipeline: a
// thin layer over internal/conform.
package conform

import (
	"context"
	"fmt"
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/beamline-go/beamline/internal/clean"
	"github.com/beamline-go/beamline/internal/conform"
	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/internal/tally"
	"github.com/beamline-go/beamline/table"
	"github.com/beamline-go/beamline/transforms/beamtable"
	"github.com/beamline-go/beamline/transforms/dedupe"
	"github.com/beamline-go/beamline/transforms/sink"
)

func init() {
	beam.RegisterDoFn(&rowsFn{})
	beam.RegisterDoFn(&tallyFn{})
	beam.RegisterCoder(reflect.TypeFor[tally.Tally](), encodeTally, decodeTally)
	register.Emitter1[table.Batch]()
	register.Emitter1[sink.Fragment]()
	register.Emitter1[tally.Tally]()
	register.Combiner1[tally.Tally](&mergeFn{})
}

// The outputs that fragments are of.
const (
	Changes   = "changes.csv"
	Proposals = "proposals.csv"
	Rejects   = "rejects.jsonl"
	CSV       = "clean.csv"
)

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
	data, err := beamtable.Encode(l)
	if err != nil {
		return fmt.Errorf("conform: %w", err)
	}
	return store.WriteFile(ctx, store.Join(dir, learnedFile), data, store.Condition{})
}

const maxLearned = 4 << 30 // bytes; most of it are the places of duplicates

// Load reads what Save left in dir.
func Load(ctx context.Context, dir string) (Learned, error) {
	data, err := store.ReadFile(ctx, store.Join(dir, learnedFile), maxLearned)
	if err != nil {
		return Learned{}, fmt.Errorf("conform: %w", err)
	}
	return beamtable.Decode[Learned](data)
}

// Options of Rows.
type Options struct {
	Dir        string   // where Learned.Save left what was learned
	Columns    []string // of the batches
	Key        string   // column that names records in the ledger
	NeedTarget bool     // the records are learned from or measured by
	// Format is that of the cleaned table; none is written where it is empty. CSV
	// asks for fragments of clean.csv in that dialect, with every record;
	// NoHeader says that the input has no line of names.
	Format   sink.Format
	Dialect  csv.Dialect
	NoHeader bool
	// Refused asks for the records that can't be read in it too, as they are.
	Refused bool
}

// Header is the first line of clean.csv.
func (o Options) Header(columns []string) string {
	if o.NoHeader {
		return ""
	}
	return csv.Header(columns, o.Dialect)
}

// Rows reads batches of text. Schematically:
//
//	Rows(PCollection<table.Batch>) (PCollection<table.Batch>, PCollection<sink.Fragment>, PCollection<tally.Tally>)
//
// The batches that come out are typed, without duplicates and refused records;
// the fragments are the ledger, the rejects and, if asked for, the cleaned text.
// There is one tally a bundle: not every runner adds them up before it shuffles
// them. What was learned is read from a file: a graph holds no more than a few
// megabytes, and prism keeps a processor busy as long as a stage with a side
// input runs.
func Rows(s beam.Scope, batches beam.PCollection, o Options) (typed, fragments, tallies beam.PCollection) {
	return beam.ParDo3(s.Scope("Clean"), &rowsFn{Options: o}, batches)
}

type rowsFn struct {
	Options Options

	reader  *conform.Reader
	learned Learned
	sum     tally.Tally // of the bundle
}

func (f *rowsFn) StartBundle(_ func(table.Batch), _ func(sink.Fragment), _ func(tally.Tally)) {
	f.sum = tally.Tally{}
}

func (f *rowsFn) FinishBundle(ctx context.Context, _ func(table.Batch), _ func(sink.Fragment), tallies func(tally.Tally)) {
	Show(ctx, f.sum)
	tallies(f.sum)
}

func (f *rowsFn) ProcessElement(ctx context.Context, b table.Batch, typed func(table.Batch), fragments func(sink.Fragment), tallies func(tally.Tally)) error {
	if err := f.prepare(ctx); err != nil {
		return fault.Carry(err)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	f.sum.Batch(b)
	r := f.reader.Batch(b, &f.sum)
	f.sum.Move(b.File, int64(len(r.Batch.Rejects)-len(b.Rejects)))
	typed(f.withoutDuplicates(r.Batch, &f.sum))
	return f.write(b, r, fragments)
}

// prepare compiles what was learned, once.
func (f *rowsFn) prepare(ctx context.Context) (err error) {
	if f.reader != nil {
		return nil
	}
	if f.learned, err = Load(ctx, f.Options.Dir); err != nil {
		return err
	}
	f.reader, err = conform.New(f.learned.Schema, f.learned.Plan, f.Options.Columns,
		conform.Options{NeedTarget: f.Options.NeedTarget, Key: f.Options.Key})
	return err
}

func (f *rowsFn) withoutDuplicates(b table.Batch, t *tally.Tally) table.Batch {
	if len(f.learned.Duplicates.Duplicates) == 0 {
		return b
	}
	keep, dropped := make([]bool, b.Len()), int64(0)
	for i := range keep {
		keep[i] = !f.learned.Duplicates.Has(dedupe.Row{File: b.File, Row: b.Row(i)})
		if !keep[i] {
			dropped++
		}
	}
	t.Duplicates(b.File, dropped)
	return b.Select(keep)
}

// write emits the fragments of a batch.
func (f *rowsFn) write(in table.Batch, r conform.Result, emit func(sink.Fragment)) error {
	if err := WriteRejects(r.Batch, emit); err != nil {
		return err
	}
	WriteChanges(in.Position, r.Changes, emit)
	writeLines(in.Position, Proposals, r.Proposals, clean.Change.AppendProposal, emit)
	if f.Options.Format == sink.CSV {
		if !f.Options.Refused {
			in.Rejects = nil
		}
		emit(sink.Fragment{Output: CSV, At: in.Position, Data: cleanedText(in, r.Changes, f.Options.Dialect)})
	}
	return nil
}

// WriteRejects emits the rejects of a batch.
func WriteRejects(b table.Batch, emit func(sink.Fragment)) error {
	var lines []byte
	for _, r := range b.Rejects {
		var err error
		if lines, err = r.AppendJSON(lines); err != nil {
			return err
		}
	}
	if len(lines) > 0 {
		emit(sink.Fragment{Output: Rejects, At: b.Position, Data: lines})
	}
	return nil
}

// WriteChanges emits the ledger of a batch.
func WriteChanges(at table.Position, changes []conform.Change, emit func(sink.Fragment)) {
	writeLines(at, Changes, changes, clean.Change.AppendCSV, emit)
}

// writeLines emits changes as lines of an output.
func writeLines(at table.Position, output string, changes []conform.Change, line func(clean.Change, []byte) []byte, emit func(sink.Fragment)) {
	var lines []byte
	for _, c := range changes {
		lines = line(c.Change, lines)
	}
	if len(lines) > 0 {
		emit(sink.Fragment{Output: output, At: at, Data: lines})
	}
}

// cleanedText writes every record of a batch in the order of the input, with
// the changes made; a record that can't be read is written as it was.
func cleanedText(in table.Batch, changes []conform.Change, d csv.Dialect) []byte {
	var out []byte
	cells := make([]string, in.Record.NumCols())
	rejects := in.Rejects
	for i := range in.Len() {
		for len(rejects) > 0 && rejects[0].Row < in.Row(i) {
			out = append(append(out, rejects[0].Input...), '\n')
			rejects = rejects[1:]
		}
		for c := range cells {
			cells[c] = in.Text(c).Value(i)
		}
		for ; len(changes) > 0 && changes[0].Index == i; changes = changes[1:] {
			if c := changes[0]; c.Field >= 0 {
				cells[c.Field] = c.New
			}
		}
		out = csv.AppendRecord(out, cells, d)
	}
	for _, r := range rejects {
		out = append(append(out, r.Input...), '\n')
	}
	return out
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
//	Count(PCollection<table.Batch>) (PCollection<tally.Tally>, PCollection<sink.Fragment>)
//
// The fragments are the rejects.
func Count(s beam.Scope, batches beam.PCollection) (tallies, fragments beam.PCollection) {
	return beam.ParDo2(s.Scope("Count what is read"), &tallyFn{}, batches)
}

type tallyFn struct {
	sum tally.Tally // of the bundle
}

func (f *tallyFn) StartBundle(_ func(tally.Tally), _ func(sink.Fragment)) { f.sum = tally.Tally{} }

func (f *tallyFn) ProcessElement(b table.Batch, _ func(tally.Tally), fragments func(sink.Fragment)) error {
	f.sum.Batch(b)
	for _, r := range b.Repairs {
		f.sum.Repair(r.Rule, 1)
	}
	return WriteRejects(b, fragments)
}

func (f *tallyFn) FinishBundle(ctx context.Context, tallies func(tally.Tally), _ func(sink.Fragment)) {
	Show(ctx, f.sum)
	tallies(f.sum)
}
