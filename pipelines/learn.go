package pipelines

import (
	"context"
	"path/filepath"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/profile"
	"github.com/beamline-go/beamline/internal/tally"
	"github.com/beamline-go/beamline/transforms/conform"
	"github.com/beamline-go/beamline/transforms/csvio"
	"github.com/beamline-go/beamline/transforms/dedupe"
	learn "github.com/beamline-go/beamline/transforms/profile"
	"github.com/beamline-go/beamline/transforms/sink"
)

func init() {
	register.Function1x2(encodePlanned)
	register.Function1x2(encodeTable)
	register.Function1x2(encodeTally)
	register.Function1x2(encodeFound)
}

func encodePlanned(p csvio.Planned) ([]byte, error) { return sink.Encode(p) }
func encodeTable(t profile.Table) ([]byte, error)   { return sink.Encode(t) }
func encodeTally(t tally.Tally) ([]byte, error)     { return sink.Encode(t) }
func encodeFound(f dedupe.Found) ([]byte, error)    { return sink.Encode(f) }

// The files by which a job hands its results to the process that launched it.
const (
	plannedFile = "planned"
	tableFile   = "table"
	tallyFile   = "tally"
	foundFile   = "found"
)

// Count is what became of the records of a table, and which files they are of.
type Count struct {
	tally.Tally
	Planned []csvio.Planned // in the order of the files
}

// plan makes the grid of the files, and leaves it for readCount.
func plan(s beam.Scope, t csvio.Table, dir string) (planned beam.PCollection) {
	planned = csvio.Plan(s, t)
	sink.Save(s, filepath.Join(dir, plannedFile), beam.ParDo(s, encodePlanned, planned))
	return planned
}

// count adds tallies up, and leaves the sum for readCount.
func count(s beam.Scope, dir string, tallies []beam.PCollection) {
	sink.Save(s, filepath.Join(dir, tallyFile), beam.ParDo(s, encodeTally, conform.Tally(s, tallies...)))
}

func readCount(t csvio.Table, dir string) (Count, error) {
	c := Count{Planned: make([]csvio.Planned, len(t.Files))}
	tallies, err := sink.Saved[tally.Tally](filepath.Join(dir, tallyFile))
	if err != nil {
		return c, err
	}
	for _, x := range tallies {
		c.Merge(x)
	}
	planned, err := sink.Saved[csvio.Planned](filepath.Join(dir, plannedFile))
	if err != nil {
		return c, err
	}
	for _, p := range planned {
		c.Planned[p.File.Index] = p
	}
	return c, nil
}

// Learned is what one pass over a table tells.
type Learned struct {
	Count
	Profile profile.Table
	// Found are records with the same key, or, where the table has no key,
	// records that equal an earlier one.
	Found dedupe.Found
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
}

// Learn reads a table once and learns its columns, its counts, and the records
// that are there twice. Rejects are joined in dir.
func Learn(ctx context.Context, r Runner, t csvio.Table, dir string, o Options) (Learned, error) {
	err := r.run(ctx, func(s beam.Scope) error {
		planned, n := plan(s, t, dir), r.branches()
		parts, tallies, indexes := make([]beam.PCollection, n), make([]beam.PCollection, n), make([]beam.PCollection, n)
		all := make([]beam.PCollection, n)
		for b := range n {
			all[b] = csvio.Read(s, planned, t, csvio.Options{Splits: r.Splits, Share: b, Of: n})
			parts[b] = learn.Learn(s, all[b], o.Reading)
			var rejects beam.PCollection
			tallies[b], rejects = conform.Count(s, all[b])
			indexes[b] = sink.Parts(s, dir, rejects)
		}
		sink.Save(s, filepath.Join(dir, tableFile), beam.ParDo(s, encodeTable, learn.Merge(s, beam.Flatten(s, parts...))))
		count(s, dir, tallies)
		sink.Join(s, dir, nil, indexes...)
		if o.Repeats {
			sink.Save(s, filepath.Join(dir, foundFile), beam.ParDo(s, encodeFound, dedupe.Exact(s, t.Key, all...)))
		}
		return nil
	})
	if err != nil {
		return Learned{}, err
	}
	return readLearned(t, dir, o.Repeats)
}

func readLearned(t csvio.Table, dir string, repeats bool) (Learned, error) {
	var l Learned
	tables, err := sink.Saved[profile.Table](filepath.Join(dir, tableFile))
	if err != nil {
		return l, err
	}
	if len(tables) == 1 {
		l.Profile = tables[0]
	}
	if l.Count, err = readCount(t, dir); err != nil {
		return l, err
	}
	if repeats {
		found, err := sink.Saved[dedupe.Found](filepath.Join(dir, foundFile))
		if err != nil {
			return l, err
		}
		for _, f := range found {
			l.Found.Merge(f)
		}
	}
	rows, err := l.Total()
	if err != nil {
		return l, err
	}
	if rows.Used == 0 {
		return l, fault.Dataf("%s: none of %d records can be used", t.Files[0].Name, rows.Read)
	}
	return l, nil
}
