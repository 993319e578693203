package main

import (
	"context"
	"slices"

	"github.com/beamline-go/beamline/internal/anomaly"
	"github.com/beamline-go/beamline/internal/drift"
	"github.com/beamline-go/beamline/internal/outdir"
	"github.com/beamline-go/beamline/internal/spec"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/models"
	"github.com/beamline-go/beamline/pipelines"
	"github.com/beamline-go/beamline/transforms/tableio"
)

var scoreCommand = command{
	name: "score", model: true, args: "DATA... --model DIR", short: "predictions with intervals, and rejects",
	reads:    func(s spec.Spec) spec.Paths { return s.Data.Score },
	examples: []string{"beamline score new.csv --model out/model", "beamline score new.csv --key Id", "beamline score new.csv --to 'sqlite:scores.db?table=prices' --out scored --model out/model"},
	flags:    slices.Concat([]string{"model", "key", "format", "shards", "to", "date", "resume", "keep", "fail-on"}, resultFlags),
	more:     slices.Concat([]string{"trust"}, readFlags, runFlags),
	long: `Score predicts each record of the table with the artifact that train wrote. The
lines of predictions.csv are in the order of the input; a record that can't be
used has an empty line there, and its reason in rejects.jsonl. With --to they go
to a table of a database instead, all of them in one transaction: a row of the
same key is replaced, so that a run that is repeated changes nothing.`,
	writes: inAnyFormat(outdir.Predicted, outdir.Rejects, outdir.Changes, outdir.Anomalies, outdir.Report),
	body: func(ctx context.Context, j *job) error {
		m, err := loadModel(ctx, j.spec, j.modelDir())
		if err != nil {
			return err
		}
		if err := j.score(ctx, j.data, m, j.modelDir()); err != nil {
			return err
		}
		return j.sayScored(ctx)
	},
}

// modelDir is the artifact that is used.
func (j *job) modelDir() string {
	if j.options.model != "" {
		return j.options.model
	}
	return store.Join(j.spec.Output.Dir, outdir.Model)
}

// openFor opens data that the artifact is used on. The key may be absent there.
func (j *job) openFor(ctx context.Context, data []string) (tableio.Table, error) {
	t, err := open(ctx, j.spec, data, "")
	if key := j.spec.Data.Key; err == nil && slices.Contains(t.Columns, key) {
		t.Key = key
	}
	return t, err
}

// follow takes from the artifact what the spec does not say: which column names a record,
// and what is done to the columns of the files.
func (j *job) follow(m *models.Model) {
	if j.spec.Data.Key == "" {
		j.spec.Data.Key = m.Key()
	}
	if j.spec.Steps == nil {
		j.spec.Steps = m.Steps
	}
}

// score predicts the data with an artifact, which is in the folder model.
func (j *job) score(ctx context.Context, data []string, m *models.Model, model string) error {
	j.follow(m)
	t, err := j.openFor(ctx, data)
	if err != nil {
		return err
	}
	if err := j.aim(ctx, t, m); err != nil {
		return err
	}
	var c pipelines.Count
	err = j.stage("score", func(dir string) error {
		c, err = pipelines.Score(ctx, j.runner, t, m, model, dir, j.scoreFormat())
		return err
	})
	if err != nil {
		return err
	}
	return j.scored(t, m, c)
}

// scored notes what scoring left.
func (j *job) scored(t tableio.Table, m *models.Model, c pipelines.Count) error {
	if err := j.count(t, c); err != nil {
		return err
	}
	rows, err := c.Total()
	j.run.Rows.Scored, j.run.ModelID = rows.Used, m.ID
	j.judge(t, m.Schema, c)
	j.judgeShifts(t, drift.Find(m.Seen, c.Seen))
	j.page.scored(t.Name(), m, c)
	return err
}

// judgeShifts notes columns that hold other things than in training; that one is gone is
// said elsewhere.
func (j *job) judgeShifts(t tableio.Table, shifts []drift.Shift) {
	for _, s := range shifts {
		if slices.Contains(t.Columns, s.Column) {
			j.found = append(j.found, anomaly.Shifted(t.Name(), s))
		}
	}
}

// sayScored says what scoring left, in the summary and on a page.
func (j *job) sayScored(ctx context.Context) error {
	j.say("%s records scored, %s refused.", grouped(j.run.Rows.Scored), grouped(j.run.Rows.Refused))
	j.sayFound()
	j.say("%s", j.scoredTo())
	if err := j.writePage(ctx); err != nil {
		return err
	}
	j.sayReport()
	return nil
}
