package main

import (
	"context"
	"slices"

	"github.com/beamline-go/beamline/internal/anomaly"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/outdir"
	"github.com/beamline-go/beamline/internal/spec"
	"github.com/beamline-go/beamline/models"
	"github.com/beamline-go/beamline/models/training"
	"github.com/beamline-go/beamline/pipelines"
)

var evaluateCommand = command{
	name: "evaluate", model: true, args: "DATA... --model DIR", short: "measure an artifact on labelled data, overall and by slice",
	reads:    func(s spec.Spec) spec.Paths { return s.Data.Labelled },
	examples: []string{"beamline evaluate more.csv --model out/model", "beamline evaluate more.csv", "beamline evaluate more.csv --require \"<= 200000\" --out measured --model out/model"},
	flags:    slices.Concat([]string{"model", "key", "require", "fail-on"}, resultFlags),
	more:     slices.Concat([]string{"trust"}, readFlags, runFlags),
	long: `Evaluate predicts labelled records with the artifact that train wrote, and
measures the predictions, overall and where they err most. The spread of a metric
is by the bootstrap.`,
	writes: []string{outdir.Metrics, outdir.Rejects, outdir.Changes, outdir.Anomalies, outdir.Report},
	body:   evaluateModel,
}

func evaluateModel(ctx context.Context, j *job) error {
	m, err := loadModel(ctx, j.spec, j.modelDir())
	if err != nil {
		return err
	}
	if r := j.spec.Goal.Require; r != "" {
		m.Goal.Require = r
		if err := training.CheckRequire(r, m.Goal.Metric); err != nil {
			return err
		}
	}
	a, err := j.evaluate(ctx, j.data, j.modelDir(), m)
	if err != nil {
		return err
	}
	j.run.ModelID, j.run.Goal = m.ID, goalOf(m.Goal)
	doc := assessed(m.Goal, m.Name(), a)
	if err := j.writeJSON(ctx, outdir.Metrics, doc); err != nil {
		return err
	}
	j.answer.metrics = &doc
	j.page.assessment(m, a)
	if err := j.writePage(ctx); err != nil {
		return err
	}
	if a.Known > 0 {
		j.say("Beware: about %s of these records are among those that the model was trained on; its figures for new ones are worse.", percent(a.Known))
	}
	j.sayAssessment("On this data", m.Goal, a)
	j.say("%s", j.rowsLine())
	j.sayFound()
	j.sayReport()
	if j.run.Met, err = gate(m.Goal.Require, a.Metrics[m.Goal.Metric].Value); err != nil {
		return err
	}
	switch {
	case m.Goal.Require == "":
	case j.run.Met == nil:
		return fault.Dataf("whether the model meets %s %s can't be told: %s", m.Goal.Metric, m.Goal.Require, a.Metrics[m.Goal.Metric].Why)
	case !*j.run.Met:
		return &fault.Fault{Code: fault.Unmet, Message: "on this data the model does not meet " + string(m.Goal.Metric) + " " + m.Goal.Require}
	}
	return nil
}

// evaluate measures the artifact in dir, m, on labelled data.
func (j *job) evaluate(ctx context.Context, data []string, dir string, m *models.Model) (training.Assessment, error) {
	var a training.Assessment
	j.follow(m)
	t, err := j.openFor(ctx, data)
	if err != nil {
		return a, err
	}
	var c pipelines.Count
	err = j.stage("evaluate", func(work string) error {
		a, c, err = pipelines.Evaluate(ctx, j.runner, t, m, dir, work, j.spec.Split.Seed)
		return err
	})
	if err != nil {
		return a, err
	}
	if err := j.count(t, c); err != nil {
		return a, err
	}
	j.judge(t, m.Schema, c)
	if a.Metrics == nil {
		return a, fault.Dataf("no record is left to measure by: all were refused")
	}
	j.judgeShifts(t, a.Shifts)
	if a.Known > 0 {
		j.found = append(j.found, anomaly.TrainedOn(t.Name(), a.Known))
	}
	return a, nil
}
