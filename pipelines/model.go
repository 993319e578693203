package pipelines

import (
	"context"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/beamline-go/beamline/internal/clean"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/models"
	"github.com/beamline-go/beamline/models/training"
	"github.com/beamline-go/beamline/transforms/conform"
	"github.com/beamline-go/beamline/transforms/evaluate"
	"github.com/beamline-go/beamline/transforms/score"
	"github.com/beamline-go/beamline/transforms/sink"
	"github.com/beamline-go/beamline/transforms/tableio"
	"github.com/beamline-go/beamline/transforms/train"
)

// The outputs of a table that was read as its schema says.
const (
	stagedRows = "rows"
	scoredText = "scored.csv" // the predictions, on their way to another format
)

// Cleaned is the name of the cleaned table in a format.
func Cleaned(f sink.Format) string { return "clean." + string(f) }

// Predicted is the name of the predictions in a format.
func Predicted(f sink.Format) string { return "predictions." + string(f) }

// conformed reads a table as what was learned and saved in dir says, and stages
// its rows. The ledger, the rejects and, where o asks for it, the cleaned text are
// left in dir.
func conformed(s beam.Scope, r Runner, t tableio.Table, dir string, o conform.Options) (staged beam.PCollection, results []beam.PCollection) {
	planned, all := r.read(s, t)
	o.Dir, o.Columns, o.Key = dir, t.Columns, t.Key
	var tallies, rows, text []beam.PCollection
	for _, batches := range all {
		typed, fragments, tallied := conform.Rows(s, batches, o)
		rows = append(rows, sink.Parts(s, dir, sink.Stage(s, stagedRows, typed)))
		text = append(text, sink.Parts(s, dir, fragments))
		tallies = append(tallies, tallied)
	}
	out := sink.Options{Headers: map[string]string{conform.Changes: clean.LedgerHeader, conform.Proposals: clean.ProposalsHeader}, Shards: map[string]int{conform.CSV: r.Shards}}
	if o.Format == sink.CSV {
		out.Headers[conform.CSV] = o.Header(t.Columns)
	}
	staged = sink.Join(s, dir, sink.Options{}, rows...)
	written := []beam.PCollection{staged, sink.Join(s, dir, out, text...)}
	if o.Format != "" && o.Format != sink.CSV {
		written = append(written, sink.Table(s, dir, Cleaned(o.Format), o.Format, r.Shards, staged))
	}
	return staged, append(counted(s, planned, tallies), sink.Done(s, written...)...)
}

// Clean reads a table again, by what was learned of it, and writes it cleaned, in the
// format that o asks for.
func Clean(ctx context.Context, r Runner, t tableio.Table, l conform.Learned, dir string, o conform.Options) (Count, error) {
	if err := l.Save(ctx, dir); err != nil {
		return Count{}, err
	}
	err := r.Run(ctx, func(s beam.Scope) error {
		_, results := conformed(s, r, t, dir, o)
		r.leave(s, dir, results...)
		return nil
	})
	if err != nil {
		return Count{}, err
	}
	_, c, err := left(ctx, dir)
	return c, err
}

// left reads what a job left in dir.
func left(ctx context.Context, dir string) (sink.Left, Count, error) {
	l, err := sink.ReadResults(ctx, dir)
	if err != nil {
		return nil, Count{}, err
	}
	c, err := readCount(l)
	return l, c, err
}

// Train reads a table again, by what was learned of it, stages its rows and
// trains. The artifact, the cleaned rows, the ledger and the rejects are left in
// j.Dir.
func Train(ctx context.Context, r Runner, t tableio.Table, l conform.Learned, j train.Job, o conform.Options) (train.Result, Count, error) {
	if err := l.Save(ctx, j.Dir); err != nil {
		return train.Result{}, Count{}, err
	}
	o.NeedTarget = true
	err := r.Run(ctx, func(s beam.Scope) error {
		staged, results := conformed(s, r, t, j.Dir, o)
		trained, err := train.Run(s, staged, j, r.branches())
		if err != nil {
			return err
		}
		r.leave(s, j.Dir, append(results, trained)...)
		return nil
	})
	train.Forget()
	if err != nil {
		return train.Result{}, Count{}, err
	}
	found, c, err := left(ctx, j.Dir)
	if err != nil {
		return train.Result{}, c, err
	}
	result, err := sink.One[train.Result](found, train.ResultKind)
	return result, c, err
}

// Evaluate measures the artifact m, which is in the folder model, on labelled
// records. The ledger and the rejects are left in dir. The assessment is empty
// where no record could be read.
func Evaluate(ctx context.Context, r Runner, t tableio.Table, m *models.Model, model, dir string, seed uint64) (training.Assessment, Count, error) {
	path, err := store.Abs(model) // where any worker finds it
	if err != nil {
		return training.Assessment{}, Count{}, err
	}
	if err := (conform.Learned{Schema: m.Schema, Plan: m.Clean}).Save(ctx, dir); err != nil {
		return training.Assessment{}, Count{}, err
	}
	err = r.Run(ctx, func(s beam.Scope) error {
		staged, results := conformed(s, r, t, dir, conform.Options{NeedTarget: true})
		r.leave(s, dir, append(results, evaluate.Model(s, staged, evaluate.Options{Model: path, Seed: seed}))...)
		return nil
	})
	if err != nil {
		return training.Assessment{}, Count{}, err
	}
	found, c, err := left(ctx, dir)
	if err != nil {
		return training.Assessment{}, c, err
	}
	if len(found[evaluate.ResultKind]) == 0 {
		return training.Assessment{}, c, nil
	}
	a, err := sink.One[training.Assessment](found, evaluate.ResultKind)
	return a, c, err
}

// Score predicts a table with the artifact m, which is in the folder model. The
// predictions, in format f, the ledger and the rejects are left in dir.
func Score(ctx context.Context, r Runner, t tableio.Table, m *models.Model, model, dir string, f sink.Format) (Count, error) {
	path, err := store.Abs(model) // where any worker finds it
	if err != nil {
		return Count{}, err
	}
	t.Columns = needed(t, m)
	err = r.Run(ctx, func(s beam.Scope) error {
		planned, all := r.read(s, t)
		var tallies, text []beam.PCollection
		output := score.Predictions
		if f != sink.CSV {
			output = scoredText
		}
		for _, batches := range all {
			fragments, tallied := score.Rows(s, batches, score.Options{Model: path, Key: t.Key, Output: output})
			text = append(text, sink.Parts(s, dir, fragments))
			tallies = append(tallies, tallied)
		}
		written := sink.Join(s, dir, sink.Options{
			Headers: map[string]string{output: score.Header(m.Goal, t.Key), conform.Changes: clean.LedgerHeader},
			Shards:  map[string]int{output: r.Shards},
		}, text...)
		if f != sink.CSV {
			written = sink.Convert(s, output, Predicted(f), f, score.Columns(m.Goal, t.Key), written)
		}
		done := r.leave(s, dir, append(counted(s, planned, tallies), sink.Done(s, written)...)...)
		if r.Then != "" {
			// Done again, it must find the same results.
			beam.ParDo0(s.Scope("Finish"), &finishFn{Then: r.Then}, beam.Reshuffle(s, done))
		}
		return nil
	})
	score.Forget()
	if err != nil || r.Then != "" {
		return Count{}, err
	}
	return Counted(ctx, dir)
}

// needed are the columns of a table that a model looks at, where the others need not be
// read: Parquet files have each column by itself. A record that is refused is then
// written with these columns only.
func needed(t tableio.Table, m *models.Model) []string {
	if t.Later != nil || slices.ContainsFunc(t.Files, func(f tableio.File) bool { return f.Kind != tableio.Parquet }) {
		return t.Columns
	}
	return slices.DeleteFunc(slices.Clone(t.Columns), func(name string) bool {
		c, known := m.Schema.Column(name)
		return name != t.Key && (!known || !c.Role.Feature())
	})
}

// Counted returns what became of the records of a job that left its results in
// dir.
func Counted(ctx context.Context, dir string) (Count, error) {
	_, c, err := left(ctx, dir)
	return c, err
}

// Finish is what a job that no process waits for ends with: it is told the
// runner's Then.
var Finish func(ctx context.Context, then string) error

type finishFn struct{ Then string }

func (f *finishFn) ProcessElement(ctx context.Context, _ string) error {
	return fault.Carry(Finish(ctx, f.Then))
}

func init() { register.DoFn2x1[context.Context, string, error](&finishFn{}) }
