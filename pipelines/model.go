package pipelines

import (
	"context"
	"path/filepath"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"github.com/beamline-go/beamline/internal/clean"
	"github.com/beamline-go/beamline/internal/tally"
	"github.com/beamline-go/beamline/models"
	"github.com/beamline-go/beamline/transforms/conform"
	"github.com/beamline-go/beamline/transforms/csvio"
	"github.com/beamline-go/beamline/transforms/score"
	"github.com/beamline-go/beamline/transforms/sink"
	"github.com/beamline-go/beamline/transforms/train"
)

// stagedRows is the output in which the training rows are staged.
const stagedRows = "rows"

// Train reads a table again, by what was learned of it, stages its rows and
// trains. The artifact, the ledger and the rejects are left in j.Dir.
func Train(ctx context.Context, r Runner, t csvio.Table, l conform.Learned, j train.Job) (train.Result, tally.Tally, error) {
	err := r.run(ctx, func(s beam.Scope) error {
		planned, n := csvio.Plan(s, t), r.branches()
		var tallies, rows, text []beam.PCollection
		learned := beam.Create(s, l)
		for b := range n {
			batches := csvio.Read(s, planned, t, csvio.Options{Splits: r.Splits, Share: b, Of: n})
			typed, fragments, tallied := conform.Rows(s, batches, learned, conform.Options{Columns: t.Columns, Key: t.Key, NeedTarget: true})
			rows = append(rows, sink.Parts(s, j.Dir, sink.Stage(s, stagedRows, typed)))
			text = append(text, sink.Parts(s, j.Dir, fragments))
			tallies = append(tallies, tallied)
		}
		sink.Join(s, j.Dir, map[string]string{conform.Changes: clean.LedgerHeader}, text...)
		sink.Save(s, filepath.Join(j.Dir, tallyFile), beam.ParDo(s, encodeTally, conform.Tally(s, tallies...)))
		return train.Run(s, sink.Join(s, j.Dir, nil, rows...), j, n)
	})
	train.Forget()
	if err != nil {
		return train.Result{}, tally.Tally{}, err
	}
	count, err := readTally(j.Dir)
	if err != nil {
		return train.Result{}, count, err
	}
	result, err := train.ReadResult(j.Dir)
	return result, count, err
}

func readTally(dir string) (tally.Tally, error) {
	var out tally.Tally
	all, err := sink.Saved[tally.Tally](filepath.Join(dir, tallyFile))
	for _, t := range all {
		out.Merge(t)
	}
	return out, err
}

// Score predicts a table with the artifact in a folder. The predictions, the
// ledger and the rejects are left in dir.
func Score(ctx context.Context, r Runner, t csvio.Table, model, dir string) (tally.Tally, error) {
	m, err := models.Load(model)
	if err != nil {
		return tally.Tally{}, err
	}
	err = r.run(ctx, func(s beam.Scope) error {
		planned, n := csvio.Plan(s, t), r.branches()
		var tallies, text []beam.PCollection
		for b := range n {
			batches := csvio.Read(s, planned, t, csvio.Options{Splits: r.Splits, Share: b, Of: n})
			_, fragments, tallied := score.Rows(s, batches, score.Options{Model: model, Columns: t.Columns, Key: t.Key})
			text = append(text, sink.Parts(s, dir, fragments))
			tallies = append(tallies, tallied)
		}
		sink.Join(s, dir, map[string]string{
			score.Predictions: score.Header(m.Goal, t.Key),
			conform.Changes:   clean.LedgerHeader,
		}, text...)
		sink.Save(s, filepath.Join(dir, tallyFile), beam.ParDo(s, encodeTally, conform.Tally(s, tallies...)))
		return nil
	})
	score.Forget()
	if err != nil {
		return tally.Tally{}, err
	}
	return readTally(dir)
}
