// Package tableio reads files of records into batches.
//
// Plan makes one pass over each file and notes its grid of blocks; Read is a
// splittable DoFn over the numbers of the blocks. Runners may cut the work where
// they like: a batch is always one block, and its rows do not depend on the cut.
package tableio

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/sdf"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/rtrackers/offsetrange"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/log"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/parallel"
	"github.com/beamline-go/beamline/internal/progress"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/internal/systems"
	"github.com/beamline-go/beamline/internal/wire"
	"github.com/beamline-go/beamline/table"
)

func init() {
	beam.RegisterDoFn(&planFn{})
	beam.RegisterDoFn(&readFn{})
	register.Function1x1(own)
	register.Function3x1(findSources)
	register.Emitter1[string]()
	register.Emitter1[table.Batch]()
	register.Emitter1[Planned]()
	beam.RegisterCoder(reflect.TypeFor[Planned](), encodePlanned, decodePlanned)
}

// Table is the sources that are read as one table.
type Table struct {
	Sources []source.Source
	Columns []string // of the table: those of the first source, then new ones of later ones
	Key     string   // the column that names a record; may be empty
	// Plans, if not nil, are the files in which Keep left the plans of the sources.
	Plans []string
	// Later, if not nil, is what the sources are found by when the job runs, as a job
	// does that is launched again and again. Sources are then an example.
	Later *Later
}

// Later finds the sources of a table.
type Later struct {
	Args     []string // files, folders and globs
	Settings csv.Settings
	Key      string
}

// Open finds the sources that arguments name, and the columns of the table they make.
func Open(ctx context.Context, args []string, s csv.Settings, key string) (Table, error) {
	sources, err := systems.Find(ctx, args, s)
	if err != nil {
		return Table{}, err
	}
	t := Table{Sources: sources, Key: key}
	known := map[string]bool{}
	for _, x := range sources {
		t.know(known, x.Columns())
	}
	// The columns of places are behind those of what is in them.
	for _, x := range sources {
		if p, ok := x.(source.Partitioned); ok {
			t.know(known, p.Partition())
		}
	}
	if key != "" && !known[key] {
		return Table{}, fault.Usagef("the key %q is not a column of %s%s", key, args[0], fault.Hint(key, t.Columns, ""))
	}
	return t, nil
}

// know adds the columns that are not known yet.
func (t *Table) know(known map[string]bool, names []string) {
	for _, c := range names {
		if !known[c] {
			known[c] = true
			t.Columns = append(t.Columns, c)
		}
	}
}

// Name is that of the first source.
func (t Table) Name() string { return t.Sources[0].Name() }

// Text is how the first source is read, if it is delimited text.
func (t Table) Text() (csv.Format, bool) {
	if x, ok := t.Sources[0].(interface{ Text() (csv.Format, bool) }); ok {
		return x.Text()
	}
	return csv.Format{Dialect: csv.Default, Header: true}, false
}

// Planned is a source with its plan.
type Planned struct {
	Input     int    // index of the source in its table
	Name, How string // what it is called, and how it is read
	Spec      systems.Spec
	Columns   []string // of the table, where they are found with the source
	Plan      source.Plan
	// Fault, if not empty, is why it can't be read, as fault.Text has it: a result, since
	// no other attempt would end better.
	Fault string
}

// Source is the source that was planned.
func (p Planned) Source() (source.Source, error) { return p.Spec.Source() }

// Plan plans each source. Schematically:
//
//	Plan(Table) PCollection<Planned>
func Plan(s beam.Scope, t Table) beam.PCollection {
	s = s.Scope("Plan sources")
	if t.Later != nil {
		return beam.ParDo(s, &planFn{}, beam.Reshuffle(s, beam.ParDo(s, findSources, beam.Create(s, text(t.Later)))))
	}
	all := make([]string, len(t.Sources))
	for i, x := range t.Sources {
		spec, err := systems.Describe(x)
		if err != nil {
			panic(err) // it came from one
		}
		f := toPlan{Input: i, Spec: spec}
		if t.Plans != nil {
			f = toPlan{Kept: t.Plans[i]}
		}
		all[i] = text(f)
	}
	return beam.ParDo(s, &planFn{}, beam.CreateList(s, all))
}

// toPlan is a source that is to be planned, or one of which the plan is kept in a file.
type toPlan struct {
	Input   int
	Spec    systems.Spec
	Columns []string
	Kept    string
}

func text(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // it holds only texts and numbers
	}
	return string(data)
}

// findSources finds the sources of a table.
func findSources(ctx context.Context, later string, emit func(string)) error {
	var l Later
	if err := json.Unmarshal([]byte(later), &l); err != nil {
		return err
	}
	t, err := Open(ctx, l.Args, l.Settings, l.Key)
	if err != nil {
		return fault.Carry(err)
	}
	for i, x := range t.Sources {
		spec, err := systems.Describe(x)
		if err != nil {
			return err
		}
		emit(text(toPlan{Input: i, Spec: spec, Columns: t.Columns}))
	}
	return nil
}

type planFn struct{}

func (*planFn) ProcessElement(ctx context.Context, element string, emit func(Planned)) error {
	var f toPlan
	if err := json.Unmarshal([]byte(element), &f); err != nil {
		return err
	}
	p, err := f.plan(ctx)
	if p.Fault = fault.Text(err); err != nil && p.Fault == "" {
		return err
	}
	progress.Expect(p.Plan.Grid.Size - p.Plan.Grid.Start)
	emit(p)
	return nil
}

func (f toPlan) plan(ctx context.Context) (Planned, error) {
	if f.Kept != "" {
		return readPlan(ctx, f.Kept)
	}
	p := Planned{Input: f.Input, Spec: f.Spec, Columns: f.Columns}
	x, err := f.Spec.Source()
	if err != nil {
		return p, err
	}
	p.Name, p.How = x.Name(), x.String()
	p.Plan, err = x.Plan(ctx)
	log.Infof(ctx, "%s has %d records in %d blocks", x.Name(), p.Plan.Grid.Records, len(p.Plan.Grid.Blocks))
	return p, err
}

// maxPlan bounds a plan that is kept.
const maxPlan = 4 << 30

// Keep leaves the plans of the table's sources in dir, for the later jobs of a run: they
// need not be made again.
func (t *Table) Keep(ctx context.Context, dir string, planned []Planned) error {
	plans := make([]string, len(t.Sources))
	for _, p := range planned {
		body, err := wire.Encode(p)
		if err != nil {
			return err
		}
		plans[p.Input] = store.Join(dir, fmt.Sprint("plan-", p.Input))
		if err := store.WriteFile(ctx, plans[p.Input], body, store.Condition{}); err != nil {
			return fmt.Errorf("tableio: %w", err)
		}
	}
	if !slices.Contains(plans, "") {
		t.Plans = plans
	}
	return nil
}

func readPlan(ctx context.Context, path string) (Planned, error) {
	data, err := store.ReadFile(ctx, path, maxPlan)
	if err != nil {
		return Planned{}, fmt.Errorf("tableio: %w", err)
	}
	return wire.Decode[Planned](data)
}

// Options of Read.
type Options struct {
	// Splits is how many pieces a file is cut in at first; 0 leaves it to the
	// runner. Results do not depend on it.
	Splits int
	// Share and Of read only the Share-th of Of equal ranges of each file's
	// blocks, for runners that work on one bundle of a stage at a time.
	Share, Of int
}

// Read reads the blocks of planned files. Schematically:
//
//	Read(PCollection<Planned>) PCollection<table.Batch>
//
// Batches are of text, with the columns of t; rejects travel in them.
func Read(s beam.Scope, planned beam.PCollection, t Table, o Options) (batches beam.PCollection) {
	s = s.Scope("Read")
	if o.Of > 1 { // Flink takes two readers of one collection for one
		planned = beam.ParDo(s, own, planned)
	}
	return beam.ParDo(s, &readFn{Columns: t.Columns, Key: t.Key, Splits: max(o.Splits, 1), Share: o.Share, Of: max(o.Of, 1)}, planned)
}

// ReadTyped reads columns of planned files as values. Schematically:
//
//	ReadTyped(PCollection<Planned>) PCollection<table.Batch>
//
// The batches have the columns that are named and no others; what is read of the
// files is as little as their format allows. Cells that are not of the type of their
// column are null, and in Odd. The memory of a batch is used again once emitting it
// has returned, so whoever keeps some of it copies that; categorical columns of
// delimited text are dictionaries.
func ReadTyped(s beam.Scope, planned beam.PCollection, columns []table.Column, o Options) (batches beam.PCollection) {
	s = s.Scope("Read values")
	if o.Of > 1 {
		planned = beam.ParDo(s, own, planned)
	}
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	return beam.ParDo(s, &readFn{Columns: names, Typed: columns, Splits: max(o.Splits, 1), Share: o.Share, Of: max(o.Of, 1)}, planned)
}

// own gives a branch a collection of its own.
func own(p Planned) Planned { return p }

type readFn struct {
	Columns   []string
	Typed     []table.Column // where values are asked for
	Key       string
	Splits    int
	Share, Of int
}

// CreateInitialRestriction returns the blocks of this share. A source that is read in
// the order of its blocks is one block of work, done by the first share.
func (f *readFn) CreateInitialRestriction(p Planned) offsetrange.Restriction {
	n := int64(len(p.Plan.Grid.Blocks))
	if p.Fault != "" {
		return offsetrange.Restriction{}
	}
	if p.Plan.Serial {
		if f.Share > 0 {
			return offsetrange.Restriction{}
		}
		return offsetrange.Restriction{End: 1}
	}
	return offsetrange.Restriction{Start: n * int64(f.Share) / int64(f.Of), End: n * int64(f.Share+1) / int64(f.Of)}
}

// SplitRestriction cuts the blocks into Splits ranges.
func (f *readFn) SplitRestriction(_ Planned, r offsetrange.Restriction) []offsetrange.Restriction {
	if r.Size() == 0 {
		return []offsetrange.Restriction{r}
	}
	return r.EvenSplits(int64(f.Splits))
}

// RestrictionSize is the number of blocks.
func (f *readFn) RestrictionSize(_ Planned, r offsetrange.Restriction) float64 { return r.Size() }

// CreateTracker tracks block numbers.
func (f *readFn) CreateTracker(r offsetrange.Restriction) *sdf.LockRTracker {
	return sdf.NewLockRTracker(offsetrange.NewTracker(r))
}

func (f *readFn) ProcessElement(ctx context.Context, rt *sdf.LockRTracker, p Planned, emit func(table.Batch)) error {
	x, err := p.Source()
	if err != nil || p.Fault != "" {
		return err
	}
	open := func() (source.Blocks, error) { return x.Open(ctx, p.Plan, f.wanted(p)) }
	if p.Plan.Serial || f.Typed != nil { // the memory of values is used again for the next
		return fault.Carry(f.serial(ctx, rt, p, open, emit))
	}
	crew := parallel.Crew[source.Blocks, table.Batch]{New: open}
	defer func() {
		for _, blocks := range crew.Disband() {
			(*blocks).Close()
		}
	}()
	use := func(b table.Batch) error {
		read(p, b)
		emit(b)
		return nil
	}
	for b := rt.GetRestriction().(offsetrange.Restriction).Start; rt.TryClaim(b); b++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := crew.Do(func(blocks *source.Blocks) (table.Batch, error) { return (*blocks).Read(ctx, int(b)) }, use)
		if err != nil {
			return fault.Carry(err)
		}
	}
	return fault.Carry(crew.Wait(use))
}

// read shows that a batch was read.
func read(p Planned, b table.Batch) {
	grid, block := p.Plan.Grid, int(b.Sequence)
	progress.Add(int64(b.Len()), grid.End(block)-grid.End(block-1))
}

// serial reads one block after the other; of a source that can only be read so the one
// block of work is all of them.
func (f *readFn) serial(ctx context.Context, rt *sdf.LockRTracker, p Planned, open func() (source.Blocks, error), emit func(table.Batch)) error {
	blocks, err := open()
	if err != nil {
		return err
	}
	defer blocks.Close()
	for at := rt.GetRestriction().(offsetrange.Restriction).Start; rt.TryClaim(at); at++ {
		from, to := int(at), int(at)+1
		if p.Plan.Serial {
			from, to = 0, len(p.Plan.Grid.Blocks)
		}
		for b := from; b < to; b++ {
			if err := ctx.Err(); err != nil {
				return err
			}
			batch, err := blocks.Read(ctx, b)
			if err != nil {
				return err
			}
			read(p, batch)
			emit(batch)
		}
	}
	return nil
}

func (f *readFn) wanted(p Planned) source.Wanted {
	w := source.Wanted{Columns: f.Columns, Typed: f.Typed, Key: f.Key, Input: p.Input}
	if p.Columns != nil {
		w.Columns = p.Columns
	}
	return w
}
