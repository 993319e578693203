package pipelines

import (
	"context"
	"fmt"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/beamline-go/beamline/internal/format"
	"github.com/beamline-go/beamline/internal/match"
	"github.com/beamline-go/beamline/internal/outdir"
	"github.com/beamline-go/beamline/internal/sink"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/transforms/matching"
	"github.com/beamline-go/beamline/transforms/result"
	"github.com/beamline-go/beamline/transforms/tableio"
)

func init() {
	register.Function1x2(matchedResult)
	register.Function1x2(sharedResult)
}

const (
	matchedKind = "matched"
	sharedKind  = "shared"
)

func matchedResult(found []byte) (result.Item, error) { return result.New(matchedKind, found) }
func sharedResult(key int) (result.Item, error)       { return result.New(sharedKind, key) }

// MatchedTable is a table whose records are matched.
type MatchedTable struct {
	tableio.Table
	Compared []int // the columns that are those of the model
	Records  int64
	Size     int64 // of the records, in bytes
}

// comparison compares the records of tables.
type comparison struct {
	runner Launcher
	keys   int
	tables []MatchedTable
	dir    string // of the jobs
}

// Match compares the records of one table, or of two with each other, that
// share a key of the model.
func Match(ctx context.Context, r Launcher, m *match.Model, tables []MatchedTable, dir string) (all matching.Found, err error) {
	if err := matching.SaveModel(ctx, dir, m); err != nil {
		return all, err
	}
	x := comparison{runner: r, keys: len(m.Blocking), tables: tables, dir: dir}
	if err := x.share(ctx); err != nil {
		return all, err
	}
	for _, o := range x.jobs() {
		found, err := x.compare(ctx, o)
		if err != nil {
			return all, err
		}
		all.Merge(found)
	}
	return all, nil
}

// shuffledSize is the bytes of records, for a key, that a job of a local runner is
// given, since it holds all that it shuffles several times in memory. Tests change
// it.
var shuffledSize = int64(96 << 20)

// mostRanges is how many jobs share a key, since each reads the table again.
const mostRanges = 8

// jobs cuts the comparisons into jobs.
func (x *comparison) jobs() (out []matching.Options) {
	if !x.runner.local() {
		return []matching.Options{{Share: matching.Share{To: x.keys, Ranges: 1}}}
	}
	size := int64(1)
	for _, t := range x.tables {
		size += t.Size
	}
	each := int(min(int64(x.keys), max(1, shuffledSize/size)))
	ranges := int(min(mostRanges, max(1, (size+shuffledSize-1)/shuffledSize)))
	for from := 0; from < x.keys; from += each {
		for r := range ranges {
			share := matching.Share{From: from, To: min(from+each, x.keys), Range: r, Ranges: ranges}
			out = append(out, matching.Options{Share: share, Stages: x.runner.Runner.Branches()})
		}
	}
	return out
}

// read reads the tables.
func (x *comparison) read(s beam.Scope) (sides []matching.Side) {
	for i, t := range x.tables {
		_, batches := x.runner.read(s, t.Table)
		sides = append(sides, matching.Side{Batches: batches, Number: uint8(i), Columns: t.Columns, Compared: t.Compared})
	}
	return sides
}

// share finds the values of the keys that several records have.
func (x *comparison) share(ctx context.Context) error {
	records := int64(0)
	for _, t := range x.tables {
		records += t.Records
	}
	_, err := x.run(ctx, "shared", func(s beam.Scope, sides []matching.Side) beam.PCollection {
		return beam.ParDo(s, sharedResult, matching.Shared(s, x.dir, x.keys, records, sides...))
	})
	return err
}

// compare compares the records of a share.
func (x *comparison) compare(ctx context.Context, o matching.Options) (all matching.Found, err error) {
	left, err := x.run(ctx, fmt.Sprintf("match-%d-%d", o.From, o.Range), func(s beam.Scope, sides []matching.Side) beam.PCollection {
		return beam.ParDo(s, matchedResult, matching.Compare(s, x.dir, o, sides...))
	})
	if err != nil {
		return all, err
	}
	parts, err := result.All[[]byte](left, matchedKind)
	if err != nil {
		return all, err
	}
	found := make([]matching.Found, len(parts))
	for i, part := range parts {
		if found[i], err = matching.ReadFound(part); err != nil {
			return all, err
		}
	}
	all.Merge(found...)
	return all, nil
}

// Things writes down which records are of one thing, by what was decided: one record for
// each thing, in a format, and a row for each record. Of two tables the columns are those that
// are compared, by their names in the first.
func Things(ctx context.Context, r Launcher, tables []MatchedTable, keys [2]string, d matching.Decided, dir, of string) error {
	f, err := format.Find(of)
	if err != nil {
		return err
	}
	if err := d.Save(ctx, dir); err != nil {
		return err
	}
	return r.Run(ctx, func(s beam.Scope) error {
		var things, rows []beam.PCollection
		input := 0
		for i, t := range tables {
			_, batches := r.read(s, t.Table)
			for _, b := range batches {
				pick, columns := Surviving(tables, i)
				side := matching.Side{Number: uint8(i), Columns: t.Columns, Compared: t.Compared}
				one, all := matching.Things(s, dir, side, pick, columns, slices.Index(t.Columns, keys[i]), input, b)
				things, rows = append(things, one), append(rows, all)
			}
			input += len(t.Sources)
		}
		w := writer{scope: s}
		w.write(things, sink.File(dir, outdir.Survived(f.Name), f, r.Shards))
		w.write(rows, sink.File(dir, outdir.Clusters, format.Delimited, 0))
		r.leave(s, dir, result.Done(s, w.made...)...)
		return w.err
	})
}

// Surviving are the columns of table i that a table of things has, and their names.
func Surviving(tables []MatchedTable, i int) (pick []int, names []string) {
	if len(tables) == 1 {
		for k := range tables[0].Columns {
			pick = append(pick, k)
		}
		return pick, tables[0].Columns
	}
	for _, k := range tables[0].Compared {
		names = append(names, tables[0].Columns[k])
	}
	return tables[i].Compared, names
}

// run runs a job and reads what it left.
func (x *comparison) run(ctx context.Context, name string, build func(beam.Scope, []matching.Side) beam.PCollection) (result.Left, error) {
	dir := store.Join(x.dir, name)
	if err := store.MakeDir(dir); err != nil {
		return nil, err
	}
	err := x.runner.Run(ctx, func(s beam.Scope) error {
		x.runner.leave(s, dir, build(s, x.read(s)))
		return nil
	})
	matching.Forget()
	if err != nil {
		return nil, err
	}
	return result.Read(ctx, dir)
}
