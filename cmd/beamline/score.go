package main

import (
	"context"
	"path/filepath"
	"slices"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/spec"
	"github.com/beamline-go/beamline/models"
	"github.com/beamline-go/beamline/models/training"
	"github.com/beamline-go/beamline/pipelines"
	"github.com/beamline-go/beamline/transforms/csvio"
	"github.com/beamline-go/beamline/transforms/score"
	"github.com/beamline-go/beamline/transforms/train"
)

var scoreCommand = command{
	name: "score", args: "DATA... --model DIR", short: "predictions with intervals, and rejects",
	reads: func(s spec.Spec) spec.Paths { return s.Data.Score },
	long: `Score predicts each record of the table with the artifact that train wrote. The
lines of predictions.csv are in the order of the input; a record that can't be
used has an empty line there, and its reason in rejects.jsonl.`,
	writes: []string{score.Predictions, "rejects.jsonl", "changes.csv", "anomalies.jsonl"},
	body: func(ctx context.Context, j *job) error {
		if err := j.score(ctx, j.data, j.modelDir()); err != nil {
			return err
		}
		j.say("%s records scored, %s refused.", grouped(j.run.Rows.Scored), grouped(j.run.Rows.Refused))
		j.sayFound()
		j.say("The predictions are in %s.", filepath.Join(j.folder.Dir, score.Predictions))
		return nil
	},
}

// modelDir is the artifact that is used.
func (j *job) modelDir() string {
	if j.options.model != "" {
		return j.options.model
	}
	return filepath.Join(j.spec.Output.Dir, train.ModelDir)
}

// openFor opens data that the artifact is used on. The key may be absent there.
func (j *job) openFor(data []string) (csvio.Table, error) {
	t, err := open(j.spec, data, "")
	if key := j.spec.Data.Key; err == nil && slices.Contains(t.Columns, key) {
		t.Key = key
	}
	return t, err
}

// score predicts the data with the artifact in model.
func (j *job) score(ctx context.Context, data []string, model string) error {
	m, err := models.Load(model)
	if err != nil {
		return err
	}
	if j.spec.Data.Key == "" {
		j.spec.Data.Key = m.Key()
	}
	t, err := j.openFor(data)
	if err != nil {
		return err
	}
	var c pipelines.Count
	err = j.stage("score", func(dir string) error {
		c, err = pipelines.Score(ctx, j.runner, t, model, dir)
		return err
	})
	if err != nil {
		return err
	}
	if err := j.count(t, c); err != nil {
		return err
	}
	rows, err := c.Total()
	j.run.Rows.Scored, j.run.ModelID = rows.Used, m.ID
	j.judge(t, m.Schema, c)
	return err
}

var evaluateCommand = command{
	name: "evaluate", args: "DATA... --model DIR", short: "measure an artifact on labelled data, overall and by slice",
	reads: func(s spec.Spec) spec.Paths { return s.Data.Labelled },
	long: `Evaluate predicts labelled records with the artifact that train wrote, and
measures the predictions, overall and where they err most. The spread of a metric
is by the bootstrap.`,
	writes: []string{"metrics.json", "rejects.jsonl", "changes.csv", "anomalies.jsonl", "report.html"},
	body:   evaluateModel,
}

func evaluateModel(ctx context.Context, j *job) error {
	m, err := models.Load(j.modelDir())
	if err != nil {
		return err
	}
	if r := j.spec.Goal.Require; r != "" {
		m.Goal.Require = r
	}
	a, err := j.evaluate(ctx, j.data, j.modelDir(), m)
	if err != nil {
		return err
	}
	j.run.ModelID, j.run.Goal = m.ID, goalOf(m.Goal)
	doc := assessed(m.Goal, m.Name(), a)
	if err := j.writeJSON("metrics.json", doc); err != nil {
		return err
	}
	j.answer.metrics = &doc
	j.page.assessment(m, a)
	if err := j.writePage(); err != nil {
		return err
	}
	j.sayAssessment("On this data", m.Goal, a)
	j.say("%s", j.rowsLine())
	j.sayFound()
	met, err := training.Met(m.Goal.Require, a.Metrics[m.Goal.Metric].Value)
	if err != nil {
		return err
	}
	j.run.Met = &met
	if !met {
		return &fault.Fault{Code: fault.Unmet, Message: "on this data the model does not meet " + string(m.Goal.Metric) + " " + m.Goal.Require}
	}
	return nil
}

// evaluate measures the artifact in dir, m, on labelled data.
func (j *job) evaluate(ctx context.Context, data []string, dir string, m *models.Model) (training.Assessment, error) {
	var a training.Assessment
	if j.spec.Data.Key == "" {
		j.spec.Data.Key = m.Key()
	}
	t, err := j.openFor(data)
	if err != nil {
		return a, err
	}
	var c pipelines.Count
	err = j.stage("evaluate", func(work string) error {
		a, c, err = pipelines.Evaluate(ctx, j.runner, t, dir, work, j.spec.Split.Seed)
		return err
	})
	if err != nil {
		return a, err
	}
	if err := j.count(t, c); err != nil {
		return a, err
	}
	j.judge(t, m.Schema, c)
	return a, nil
}
