package pipelines

import (
	"context"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/outdir"
	"github.com/beamline-go/beamline/internal/profile"
	"github.com/beamline-go/beamline/internal/sample"
	"github.com/beamline-go/beamline/internal/sink"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/internal/tally"
	"github.com/beamline-go/beamline/transforms/cleaning"
	"github.com/beamline-go/beamline/transforms/dedupe"
	"github.com/beamline-go/beamline/transforms/profiling"
	"github.com/beamline-go/beamline/transforms/result"
	"github.com/beamline-go/beamline/transforms/sampling"
	"github.com/beamline-go/beamline/transforms/tableio"
)

func init() {
	register.Function1x2(plannedResult)
	register.Function1x2(tableResult)
	register.Function1x2(tallyResult)
	register.Function1x2(foundResult)
	register.Function1x2(seenResult)
	register.Function1x2(sampleResult)
}

// The kinds of results that a job hands to the process that launched it.
const (
	plannedKind = "planned"
	tableKind   = "table"
	tallyKind   = "tally"
	foundKind   = "found"
	sampleKind  = "sample"
	seenKind    = "seen"
)

func plannedResult(p tableio.Planned) (result.Item, error) { return result.New(plannedKind, p) }
func tableResult(t profile.Table) (result.Item, error)     { return result.New(tableKind, t) }
func tallyResult(t tally.Tally) (result.Item, error)       { return result.New(tallyKind, t) }
func sampleResult(r sample.Rows) (result.Item, error)      { return result.New(sampleKind, r) }
func foundResult(f dedupe.Found) (result.Item, error)      { return result.New(foundKind, f) }
func seenResult(dir string) (result.Item, error)           { return result.New(seenKind, dir) }

// Count is what became of the records of a table, and which files they are of.
type Count struct {
	tally.Tally
	Planned []tableio.Planned // in the order of the files
}

// counted is the results that readCount reads.
func counted(s beam.Scope, planned beam.PCollection, tallies []beam.PCollection) []beam.PCollection {
	return []beam.PCollection{beam.ParDo(s, plannedResult, tableio.Digest(s, planned)), beam.ParDo(s, tallyResult, cleaning.Tally(s, tallies...))}
}

func readCount(l result.Left) (Count, error) {
	var c Count
	tallies, err := result.All[tally.Tally](l, tallyKind)
	if err != nil {
		return c, err
	}
	for _, x := range tallies {
		c.Merge(x)
	}
	c.Planned, err = result.All[tableio.Planned](l, plannedKind)
	slices.SortFunc(c.Planned, func(a, b tableio.Planned) int { return a.Input - b.Input })
	for _, p := range c.Planned {
		if err == nil {
			err = fault.Parse(p.Fault)
		}
	}
	return c, err
}

// Learned is what one pass over a table tells.
type Learned struct {
	Count
	Profile profile.Table
	// Found are records with the same key, or, where the table has no key,
	// records that equal an earlier one.
	Found dedupe.Found
	// Sample is rows of the table, all of them where they are few.
	Sample sample.Rows
}

// Duplicates are the records that are left out. Without a key, repeats are kept.
func (l Learned) Duplicates(key string) dedupe.Found {
	if key == "" {
		return dedupe.Found{}
	}
	return l.Found
}

// Options of Learn.
type Options struct {
	profile.Reading
	// Repeats asks for the records that are there twice.
	Repeats bool
	// Sample asks for rows, of at most so many bytes.
	Sample int
}

// Learn reads a table once and learns its columns, its counts, and the records
// that are there twice. Rejects are joined in dir. The plans of its sources are kept in
// dir too, for the later jobs of t.
func Learn(ctx context.Context, r Launcher, t *tableio.Table, dir string, o Options) (Learned, error) {
	records := int64(0) // where repeats are found by a job of their own
	if o.Repeats && r.local() {
		if n := size(ctx, *t); n >= largeSize {
			records = n / leastRecord
		}
	}
	err := r.Run(ctx, func(s beam.Scope) error {
		planned, all := r.read(s, *t)
		n := len(all)
		parts, tallies := make([]beam.PCollection, n), make([]beam.PCollection, n)
		for b := range n {
			parts[b] = profiling.Learn(s, all[b], o.Reading)
			tallies[b] = cleaning.Count(s, all[b])
		}
		results := append(counted(s, planned, tallies),
			beam.ParDo(s, tableResult, profiling.Merge(s, beam.Flatten(s, parts...))))
		w := writer{scope: s}
		w.write(all, lines(dir, outdir.Rejects, sink.Rejects))
		results = append(results, result.Done(s, w.made...)...)
		switch {
		case records > 0:
			results = append(results, beam.ParDo(s, seenResult, dedupe.Seen(s, dir, t.Key, records, all...)))
		case o.Repeats:
			results = append(results, beam.ParDo(s, foundResult, dedupe.Exact(s, t.Key, all...)))
		}
		if o.Sample > 0 {
			results = append(results, beam.ParDo(s, sampleResult, sampling.Take(s, o.Sample, all...)))
		}
		r.leave(s, dir, results...)
		return w.err
	})
	if err != nil {
		return Learned{}, err
	}
	l, err := readLearned(ctx, *t, dir)
	if err == nil {
		err = t.Keep(ctx, dir, l.Planned)
	}
	if err == nil && records > 0 {
		l.Found, err = repeats(ctx, r, *t, dir, records)
	}
	return l, err
}

// largeSize is the bytes of a table of which a local runner, which holds all that
// is shuffled several times in memory, does not shuffle a hash of each record.
// Tests change it.
var largeSize = int64(64 << 20)

// leastRecord is the bytes of a record, to tell how many there may be.
const leastRecord = 32

// size is the bytes of the sources of this machine.
func size(ctx context.Context, t tableio.Table) (n int64) {
	for _, x := range t.Sources {
		if local, ok := source.As[source.Local](x); ok {
			if bytes, err := local.Size(ctx); err == nil {
				n += bytes
			}
		}
	}
	return n
}

// repeats finds the records that are there twice, among those that dedupe.Seen
// left in dir.
func repeats(ctx context.Context, r Launcher, t tableio.Table, dir string, records int64) (found dedupe.Found, err error) {
	again := store.Join(dir, "repeats")
	if err := store.MakeDir(again); err != nil {
		return found, err
	}
	err = r.Run(ctx, func(s beam.Scope) error {
		_, all := r.read(s, t)
		r.leave(s, again, beam.ParDo(s, foundResult, dedupe.Again(s, t.Key, dir, records, all...)))
		return nil
	})
	if err != nil {
		return found, err
	}
	left, err := result.Read(ctx, again)
	if err != nil {
		return found, err
	}
	return allFound(left)
}

func allFound(left result.Left) (all dedupe.Found, err error) {
	found, err := result.All[dedupe.Found](left, foundKind)
	for _, f := range found {
		all.Merge(f)
	}
	return all, err
}

func readLearned(ctx context.Context, t tableio.Table, dir string) (Learned, error) {
	var l Learned
	left, err := result.Read(ctx, dir)
	if err != nil {
		return l, err
	}
	if l.Count, err = readCount(left); err != nil {
		return l, err
	}
	tables, err := result.All[profile.Table](left, tableKind)
	if err != nil {
		return l, err
	}
	if len(tables) == 1 { // there is none of no rows
		l.Profile = tables[0]
	}
	if l.Found, err = allFound(left); err != nil {
		return l, err
	}
	samples, err := result.All[sample.Rows](left, sampleKind)
	if err != nil {
		return l, err
	}
	for _, s := range samples {
		l.Sample.Merge(s)
	}
	rows, err := l.Total()
	if err != nil {
		return l, err
	}
	if rows.Used == 0 {
		return l, fault.Dataf("%s: none of %d records can be used", t.Name(), rows.Read)
	}
	return l, nil
}
