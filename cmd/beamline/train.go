package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/outdir"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/models/learn"
	"github.com/beamline-go/beamline/models/training"
	"github.com/beamline-go/beamline/pipelines"
	"github.com/beamline-go/beamline/table"
	"github.com/beamline-go/beamline/transforms/artifact"
	"github.com/beamline-go/beamline/transforms/train"
)

// trained is what training left.
type trained struct {
	lesson
	job    train.Job
	result train.Result
	count  pipelines.Count
	met    *bool
}

var trainCommand = command{
	name: "train", args: "DATA... --target COLUMN", short: "fit, select and measure a model", reads: trainingData,
	examples: []string{"beamline train houses.csv --target SalePrice", "beamline train houses.csv --target SalePrice --key Id --metric mae --models ridge,gbdt --force", "beamline train houses.csv more.csv --target SalePrice --folds 3 --out small"},
	flags:    slices.Concat(goalFlags, resultFlags),
	more:     slices.Concat([]string{"schema", "signing-key", "fail-on"}, teachFlags, readFlags, runFlags),
	long: `Train reads the table, repairs it, fits every learner that the task allows, and
measures them and their ensemble on folds that they have not seen. The folder
model is the artifact that score and evaluate use.`,
	writes: []string{outdir.Schema, outdir.Profile, outdir.Anomalies, outdir.Rejects, outdir.Changes, outdir.Proposals, outdir.Model,
		outdir.Metrics, outdir.Report},
	body: func(ctx context.Context, j *job) error {
		t, err := j.train(ctx)
		if err != nil {
			return err
		}
		return j.finish(ctx, t, nil)
	},
}

// train selects and fits a model.
func (j *job) train(ctx context.Context) (trained, error) {
	var t trained
	if j.spec.Goal.Target == "" {
		return t, fault.Usagef("no target is named: which column is to be predicted? --target COLUMN")
	}
	err := checkGoal(j.spec)
	if err != nil {
		return t, err
	}
	key, err := j.signer(ctx)
	if err != nil {
		return t, err
	}
	if t.lesson, err = j.learn(ctx, true); err != nil {
		return t, err
	}
	if err = j.fits(t.lesson); err != nil {
		return t, j.counted(t.lesson, err)
	}
	if t.job, err = j.trainJob(t.lesson); err != nil {
		return t, j.counted(t.lesson, err)
	}
	j.run.Goal = goalOf(t.job.Goal)
	err = j.stage("train", func(dir string) error {
		t.job.Dir = dir
		if t.job.Fits, err = j.folder.Fits(); err != nil {
			return err
		}
		t.result, t.count, err = pipelines.Train(ctx, j.runner, t.table, t.known(j.spec.Data.Key), t.job, j.output(t.table))
		if err == nil && key != nil {
			err = artifact.Sign(ctx, store.Join(dir, outdir.Model), key)
		}
		return err
	})
	if errors.Is(err, pipelines.ErrInterrupted) {
		err = &fault.Fault{Code: fault.Interrupted, Message: "interrupted; nothing was written, and the same command finds again what was fitted"}
	}
	if err != nil {
		return t, j.counted(t.lesson, err)
	}
	j.stages = slices.DeleteFunc(j.stages, func(s string) bool { return s == "profile" }) // it saw the same rejects
	if err := j.count(t.table, t.count); err != nil {
		return t, err
	}
	j.judge(t.table, t.schema, t.count)
	j.judgeFiles(t.lesson)
	j.judgeRecords(t.lesson)
	j.judgeCleaning(t.lesson)
	j.judgeDealing(t)
	j.run.Late = t.result.Late
	j.run.Rows.Trained, j.run.ModelID = int64(t.result.Rows), t.result.ModelID
	t.met, err = gate(t.job.Goal.Require, t.result.Choice.Chosen.Mean)
	j.run.Met = t.met
	return t, err
}

// counted notes the records of the first pass, with which the command ends.
func (j *job) counted(l lesson, err error) error {
	if fault.CodeOf(err) == fault.Data {
		if _, cerr := j.run.count(l.learned.Count); cerr != nil {
			return cerr
		}
	}
	return err
}

// trainJob decides what is to be trained, from what was learned of the table.
func (j *job) trainJob(l lesson) (train.Job, error) {
	if f := l.learned.Duplicates(j.spec.Data.Key); f.Conflict {
		return train.Job{}, fault.Dataf("%s: rows %d and %d have the same key %q and different content",
			l.table.Sources[f.Second.File].Name(), f.First.Row, f.Second.Row, j.spec.Data.Key)
	}
	goal, err := l.goal(j.spec.Goal)
	if by := j.spec.Interval.By; by != "" && err == nil {
		goal.IntervalBy, err = by, l.boundBy(by, goal)
	}
	if err != nil {
		return train.Job{}, err
	}
	var names []string
	settings := map[string]learn.Settings{}
	for _, m := range j.spec.Models {
		names = append(names, m.Name)
		settings[m.Name] = m.Settings
	}
	if !slices.ContainsFunc(l.schema.Columns, func(c table.Column) bool { return c.Role.Feature() }) {
		return train.Job{}, fault.Dataf("%s: no column is left to predict %q from", l.table.Name(), goal.Target)
	}
	candidates, err := training.Candidates(names, settings, int(l.learned.Profile.Rows), goal.Classes(), training.Effort(j.effort))
	split := j.spec.Split
	var deadline time.Time
	if j.deadline > 0 {
		deadline = j.begun.Add(j.deadline)
	}
	return train.Job{Goal: goal, Candidates: candidates, Seed: split.Seed, Steps: j.spec.Steps, Inputs: l.table.Inputs, Deadline: deadline,
		Split: training.Split{Folds: split.Folds, Group: split.By.Group, Time: split.By.Time, Seed: split.Seed, Auto: !split.By.Random}}, err
}

// finish writes the metrics and the report, and says what came out. held is the
// labelled hold-out, where there is one.
func (j *job) finish(ctx context.Context, t trained, held *training.Assessment) error {
	m := metricsOf(t, held)
	if err := j.writeJSON(ctx, outdir.Metrics, m); err != nil {
		return err
	}
	j.answer.metrics = &m
	j.page.table(t.lesson)
	j.page.model(t, held)
	j.page.Trust = trust(j.found, t.job.Goal, t.met, &t.result.Choice.Skill)
	j.page.Next = j.next(t.met)
	j.page.records(t)
	if err := j.writeChanges(ctx, "train"); err != nil {
		return err
	}
	if err := j.writePage(ctx); err != nil {
		return err
	}
	j.sayModel(t, held)
	if t.met != nil && !*t.met {
		return &fault.Fault{Code: fault.Unmet, Message: "the model does not meet " + string(t.job.Goal.Metric) + " " + t.job.Goal.Require +
			"; it is kept in " + store.Join(j.folder.Dir, outdir.Model) + ", marked as not released"}
	}
	return nil
}
