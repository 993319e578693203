package tableio

import (
	"context"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/sdf"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/rtrackers/offsetrange"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/parallel"
	"github.com/beamline-go/beamline/internal/progress"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/table"
)

func init() {
	beam.RegisterDoFn(&readFn{})
	register.Function1x1(own)
	register.Emitter1[table.Batch]()
}

// Cut says how the blocks of sources are cut into work. The zero value is one piece.
type Cut struct {
	// Splits is how many pieces a file is cut in at first; 0 leaves it to the
	// runner. Results do not depend on it.
	Splits int
	// Share and Of read only the Share-th of Of equal ranges of each file's
	// blocks, for runners that work on one bundle of a stage at a time.
	Share, Of int
}

// ReadPlanned reads the blocks of planned sources. Schematically:
//
//	ReadPlanned(PCollection<Planned>) PCollection<table.Batch>
//
// Batches are of text, with the columns of t; rejects travel in them.
func ReadPlanned(s beam.Scope, planned beam.PCollection, t Table, o Cut) (batches beam.PCollection) {
	s = s.Scope("Read")
	if o.Of > 1 { // Flink takes two readers of one collection for one
		planned = beam.ParDo(s, own, planned)
	}
	return beam.ParDo(s, &readFn{Columns: t.Columns, Key: t.Key, Splits: max(o.Splits, 1), Share: o.Share, Of: max(o.Of, 1)}, planned)
}

// ReadValues reads columns of planned files as values. Schematically:
//
//	ReadValues(PCollection<Planned>) PCollection<table.Batch>
//
// The batches have the columns that are named and no others; what is read of the
// files is as little as their format allows. Cells that are not of the type of their
// column are null, and in Odd. The memory of a batch is used again once emitting it
// has returned, so whoever keeps some of it copies that; categorical columns of
// delimited text are dictionaries.
func ReadValues(s beam.Scope, planned beam.PCollection, columns []table.Column, o Cut) (batches beam.PCollection) {
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
