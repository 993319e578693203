package main

import (
	"context"
	"slices"

	"github.com/beamline-go/beamline/internal/outdir"
	"github.com/beamline-go/beamline/internal/spec"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/models/training"
	"github.com/beamline-go/beamline/transforms/artifact"
)

var runCommand = command{
	name: "run", args: "beamline.yaml", short: "profile, clean, train, measure, predict and report", reads: trainingData,
	also:     func(s spec.Spec) spec.Paths { return append(append(spec.Paths{}, s.Data.Labelled...), s.Data.Score...) },
	examples: []string{"beamline run beamline.yaml", "beamline run beamline.yaml --out tonight --seed 7", "beamline run beamline.yaml --models ridge --force"},
	flags:    slices.Concat([]string{"models", "metric", "require", "format", "shards", "seed"}, resultFlags),
	more:     slices.Concat([]string{"target", "key", "task", "positive", "folds", "confidence", "effort", "deadline", "schema", "to", "date", "resume", "splits", "runner", "runner-option"}, teachFlags, readFlags),
	long: `Run does it all: it reads data.train, repairs it, trains and selects a model,
measures it once on data.labelled, predicts data.score, and writes a report that
a business owner can read.`,
	writes: inAnyFormat(outdir.Cleaned, inAnyFormat(outdir.Predicted, outdir.Schema, outdir.Profile, outdir.Anomalies, outdir.Rejects,
		outdir.Changes, outdir.Proposals, outdir.Model, outdir.Metrics, outdir.Report)...),
	body: runAll,
}

func runAll(ctx context.Context, j *job) error {
	t, err := j.train(ctx)
	if err != nil {
		return err
	}
	model := store.Join(t.job.Dir, outdir.Model)
	var held *training.Assessment
	if data := j.spec.Data.Labelled; len(data) > 0 {
		m, err := artifact.Load(ctx, model)
		if err != nil {
			return err
		}
		a, err := j.evaluate(ctx, data, model, m)
		if err != nil {
			return err
		}
		held = &a
	}
	if data := j.spec.Data.Score; len(data) > 0 {
		if err := j.score(ctx, data, model); err != nil {
			return err
		}
	}
	return j.finish(ctx, t, held)
}
