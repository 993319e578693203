package pipelines

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	kernel "github.com/beamline-go/beamline/internal/match"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/transforms/match"
	"github.com/beamline-go/beamline/transforms/sink"
	"github.com/beamline-go/beamline/transforms/tableio"
)

func init() { register.Function1x2(matchedResult) }

const matchedKind = "matched"

func matchedResult(found []byte) (sink.Result, error) { return sink.NewResult(matchedKind, found) }

// MatchedTable is a table whose records are matched, and which of its columns
// are those of the model.
type MatchedTable struct {
	tableio.Table
	Compared []int
}

// shuffled is how many bytes of records a job of a local runner, which holds them
// in memory, should shuffle at most; keys beyond that are for further jobs. Some
// half of the records share a key with others.
const shuffled = 192 << 20

// Match compares the records of one table, or of two with each other, that
// share a key of the model. size is the bytes of all records.
func Match(ctx context.Context, r Runner, m *kernel.Model, tables []MatchedTable, dir string, size int64) (match.Found, error) {
	each := len(m.Keys)
	if r.Name == "prism" || r.Name == "direct" {
		each = max(1, min(each, int(shuffled/max(1, size))))
	}
	var all match.Found
	for from := 0; from < len(m.Keys); from += each {
		part := *m
		part.Keys = m.Keys[from:min(from+each, len(m.Keys))]
		found, err := matchBy(ctx, r, &part, tables, store.Join(dir, strconv.Itoa(from)))
		if err != nil {
			return all, err
		}
		all.Merge(found)
	}
	return all, nil
}

// matchBy compares the records that share one of some keys.
func matchBy(ctx context.Context, r Runner, m *kernel.Model, tables []MatchedTable, dir string) (match.Found, error) {
	text, err := json.Marshal(m)
	if err != nil {
		return match.Found{}, err
	}
	if err := store.MakeDir(dir); err != nil {
		return match.Found{}, err
	}
	err = r.Run(ctx, func(s beam.Scope) error {
		var sides []match.Side
		for i, t := range tables {
			side := match.Side{Number: uint8(i), Columns: t.Columns, Compared: t.Compared}
			planned, n := tableio.Plan(s, t.Table), r.branches()
			for b := range n {
				side.Batches = append(side.Batches, tableio.Read(s, planned, t.Table, tableio.Options{Splits: r.Splits, Share: b, Of: n}))
			}
			sides = append(sides, side)
		}
		r.leave(s, dir, beam.ParDo(s, matchedResult, match.Compare(s, beam.Create(s, text), sides...)))
		return nil
	})
	if err != nil {
		return match.Found{}, err
	}
	left, err := sink.ReadResults(ctx, dir)
	if err != nil {
		return match.Found{}, err
	}
	parts, err := sink.All[[]byte](left, matchedKind)
	if err != nil {
		return match.Found{}, err
	}
	var all match.Found
	for _, part := range parts {
		f, err := match.ReadFound(part)
		if err != nil {
			return all, err
		}
		all.Pairs, all.Records = append(all.Pairs, f.Pairs...), append(all.Records, f.Records...)
	}
	return all, nil
}
