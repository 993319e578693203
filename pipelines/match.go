package pipelines

import (
	"context"
	"encoding/json"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	kernel "github.com/beamline-go/beamline/internal/match"
	"github.com/beamline-go/beamline/transforms/match"
	"github.com/beamline-go/beamline/transforms/sink"
	"github.com/beamline-go/beamline/transforms/tableio"
)

func init() { register.Function1x2(matchedResult) }

const matchedKind = "matched"

func matchedResult(f match.Found) (sink.Result, error) { return sink.NewResult(matchedKind, f) }

// MatchedTable is a table whose records are matched, and which of its columns
// are those of the model.
type MatchedTable struct {
	tableio.Table
	Compared []int
}

// Match compares the records of one table, or of two with each other, that
// share a key of the model.
func Match(ctx context.Context, r Runner, m *kernel.Model, tables []MatchedTable, dir string) (match.Found, error) {
	text, err := json.Marshal(m)
	if err != nil {
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
	parts, err := sink.All[match.Found](left, matchedKind)
	if err != nil {
		return match.Found{}, err
	}
	var all match.Found
	for _, f := range parts {
		all.Pairs = append(all.Pairs, f.Pairs...)
		all.Records = append(all.Records, f.Records...)
	}
	return all, nil
}
