package main

import (
	"context"
	"slices"
	"strings"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/outdir"
	"github.com/beamline-go/beamline/internal/spec"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/models/training"
	"github.com/beamline-go/beamline/pipelines"
	"github.com/beamline-go/beamline/transforms/artifact"
	"github.com/beamline-go/beamline/transforms/tableio"
)

var runCommand = command{
	name: "run", args: "beamline.yaml", short: "profile, clean, train, measure, predict and report", reads: trainingData,
	also:     func(s spec.Spec) spec.Paths { return append(append(spec.Paths{}, s.Data.Labelled...), s.Data.Score...) },
	examples: []string{"beamline run beamline.yaml", "beamline run beamline.yaml --out tonight --seed 7", "beamline run beamline.yaml --models ridge --force"},
	flags:    slices.Concat([]string{"models", "metric", "require", "format", "shards", "seed"}, resultFlags),
	more:     slices.Concat([]string{"target", "key", "task", "positive", "folds", "confidence", "effort", "deadline", "schema", "signing-key", "keep-refused", "to", "date", "resume", "fail-on", "splits", "runner", "runner-option"}, teachFlags, readFlags),
	long: `Run does it all: it reads data.train, repairs it, trains and selects a model,
measures it once on data.labelled, predicts data.score, and writes a report that
a business owner can read.`,
	writes: inAnyFormat(outdir.Cleaned, inAnyFormat(outdir.Predicted, outdir.Schema, outdir.Profile, outdir.Anomalies, outdir.Rejects,
		outdir.Changes, outdir.Proposals, outdir.Model, outdir.Metrics, outdir.Report)...),
	body: runAll,
}

func runAll(ctx context.Context, j *job) error {
	if err := j.foresee(ctx); err != nil {
		return err
	}
	t, err := j.train(ctx)
	if err != nil {
		return err
	}
	held, failed := j.use(ctx, store.Join(t.job.Dir, outdir.Model))
	if failed != nil {
		j.writes = slices.DeleteFunc(j.writes, func(name string) bool { return strings.HasPrefix(name, outdir.Predicted("")) })
		j.keeps = true
	}
	if err := j.finish(ctx, t, held); failed == nil || fault.CodeOf(err) != fault.Unmet && err != nil {
		return err
	}
	return &fault.Fault{Code: fault.CodeOf(failed), Message: fault.From(failed).Error() + "; the model is kept in " + store.Join(j.folder.Dir, outdir.Model)}
}

// use measures a model on the labelled data of the spec, and predicts the data to score.
func (j *job) use(ctx context.Context, model string) (held *training.Assessment, err error) {
	m, err := artifact.Load(ctx, model)
	if err != nil {
		return nil, err
	}
	if data := j.spec.Data.Labelled; len(data) > 0 {
		a, err := j.evaluate(ctx, data, model, m)
		if err != nil {
			return nil, err
		}
		held = &a
	}
	if data := j.spec.Data.Score; len(data) > 0 {
		err = j.score(ctx, data, m, model)
	}
	return held, err
}

// foreseen is a table that is read once the model is there.
type foreseen struct {
	tableio.Table
	measured bool // by its target
}

// foresee opens the tables that are read once the model is there, so that what is wrong
// with them is said before anything is learned.
func (j *job) foresee(ctx context.Context) error {
	for _, x := range []struct {
		data     spec.Paths
		measured bool
	}{{j.spec.Data.Labelled, true}, {j.spec.Data.Score, false}} {
		if len(x.data) == 0 {
			continue
		}
		t, err := j.openFor(ctx, x.data)
		if err != nil {
			return err
		}
		j.foreseen = append(j.foreseen, foreseen{t, x.measured})
	}
	return nil
}

// fits finds out whether the tables that are read later have the columns that a table
// taught to need.
func (j *job) fits(l lesson) error {
	for _, x := range j.foreseen {
		if err := pipelines.Fits(x.Table, l.known(""), x.measured); err != nil {
			return err
		}
	}
	return nil
}
