package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/beamline-go/beamline/internal/clean"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/metrics"
	"github.com/beamline-go/beamline/internal/outdir"
	"github.com/beamline-go/beamline/internal/profile"
	"github.com/beamline-go/beamline/internal/spec"
	"github.com/beamline-go/beamline/internal/tally"
	"github.com/beamline-go/beamline/models/learn"
	"github.com/beamline-go/beamline/models/training"
	"github.com/beamline-go/beamline/pipelines"
	"github.com/beamline-go/beamline/table"
	"github.com/beamline-go/beamline/transforms/conform"
	"github.com/beamline-go/beamline/transforms/csvio"
	"github.com/beamline-go/beamline/transforms/train"
)

// job is what every command begins with.
type job struct {
	spec   spec.Spec
	table  csvio.Table
	runner pipelines.Runner
	folder *outdir.Folder
}

func (o *options) begin(args []string, pick func(spec.Spec) spec.Paths, files []string) (*job, error) {
	s, data, err := o.spec(args)
	if err != nil {
		return nil, err
	}
	if len(data) == 0 {
		data = pick(s)
	}
	j := &job{spec: s}
	if j.runner, err = runner(s, o.splits); err != nil {
		return nil, err
	}
	if j.table, err = open(s, data); err != nil {
		return nil, err
	}
	j.folder, err = outdir.Open(s.Output.Dir, o.force, files)
	return j, err
}

// run is the content of run.json.
type run struct {
	Command  string           `json:"command"`
	Version  string           `json:"version"`
	Runner   string           `json:"runner"`
	Seed     uint64           `json:"seed"`
	Goal     any              `json:"goal,omitempty"`
	Met      *bool            `json:"met,omitempty"`
	Inputs   []input          `json:"inputs"`
	Rows     tally.Rows       `json:"rows"`
	Refused  map[string]int64 `json:"refused_by_rule"`
	Repaired map[string]int64 `json:"repaired_by_rule"`
}

type input struct {
	Source string     `json:"source"`
	Rows   tally.Rows `json:"rows"`
}

func (j *job) run(command string, t tally.Tally) (run, error) {
	total, err := t.Total()
	r := run{Command: command, Version: version, Runner: j.runner.Name, Seed: j.spec.Split.Seed, Rows: total,
		Refused: map[string]int64{}, Repaired: map[string]int64{}}
	for i, f := range j.table.Files {
		r.Inputs = append(r.Inputs, input{string(f.Name), t.Files[i]})
	}
	for rule, n := range t.Refused {
		r.Refused[rule] = n
	}
	for rule, n := range t.Repaired {
		r.Repaired[rule] = n
	}
	return r, err
}

// tooMany is a fault when more records were refused than the spec allows; what
// was refused is then published.
func (j *job) tooMany(command string, t tally.Tally) error {
	r, err := j.run(command, t)
	if err != nil {
		return err
	}
	n := r.Rows.Refused
	if n == 0 || n < r.Rows.Read && (n <= 10 || float64(n) <= j.spec.Limits.Rejects*float64(r.Rows.Read)) {
		return nil
	}
	if err := j.folder.Publish([]string{"rejects.jsonl"}, r); err != nil {
		return err
	}
	return fault.Dataf("%d of %d records were refused, more than limits.rejects allows; see %s", n, r.Rows.Read,
		filepath.Join(j.folder.Dir, "rejects.jsonl"))
}

// learn reads the table once, and stops where too much of it was refused.
func (j *job) learn(ctx context.Context, command string) (pipelines.Learned, error) {
	l, err := pipelines.Learn(ctx, j.runner, j.table, j.spec.Goal.Target, j.folder.Work)
	if err != nil {
		return l, err
	}
	return l, j.tooMany(command, l.Tally)
}

func (j *job) write(name string, data []byte) error {
	return os.WriteFile(filepath.Join(j.folder.Work, name), data, 0o644)
}

// ensure writes files that may not be missing, where no record had anything to
// add to them.
func (j *job) ensure(files map[string]string) error {
	for name, content := range files {
		if _, err := os.Stat(filepath.Join(j.folder.Work, name)); err == nil {
			continue
		}
		if err := j.write(name, []byte(content)); err != nil {
			return err
		}
	}
	return nil
}

func (j *job) describe(l pipelines.Learned, s table.Schema) error {
	body, err := json.MarshalIndent(profile.Summarize(l.Profile, s), "", "  ")
	if err != nil {
		return err
	}
	text, err := table.MarshalSchema(s)
	if err != nil {
		return err
	}
	if err := j.write("schema.yaml", text); err != nil {
		return err
	}
	return j.write("profile.json", append(body, '\n'))
}

var profileFiles = []string{"schema.yaml", "profile.json", "rejects.jsonl"}

func (o *options) profile(c *cobra.Command, args []string) error {
	j, err := o.begin(args, func(s spec.Spec) spec.Paths { return s.Data.Train }, profileFiles)
	if err != nil {
		return err
	}
	defer j.folder.Close()
	l, err := j.learn(c.Context(), "profile")
	if err != nil {
		return err
	}
	s := profile.Infer(l.Profile, profile.Options{Target: j.spec.Goal.Target, Key: j.spec.Data.Key})
	if err := j.describe(l, s); err != nil {
		return err
	}
	if err := j.ensure(map[string]string{"rejects.jsonl": ""}); err != nil {
		return err
	}
	r, err := j.run("profile", l.Tally)
	if err != nil {
		return err
	}
	fmt.Printf("%d records of %d columns, %d refused. See %s.\n", r.Rows.Read, len(s.Columns), r.Rows.Refused, j.folder.Dir)
	return j.folder.Publish(profileFiles, r)
}

var trainFiles = []string{"schema.yaml", "profile.json", "rejects.jsonl", "changes.csv", "metrics.json", "model"}

func (o *options) train(c *cobra.Command, args []string) error {
	j, err := o.begin(args, func(s spec.Spec) spec.Paths { return s.Data.Train }, trainFiles)
	if err != nil {
		return err
	}
	defer j.folder.Close()
	l, err := j.learn(c.Context(), "train")
	if err != nil {
		return err
	}
	tj, err := j.plan(l)
	if err != nil {
		return err
	}
	result, count, err := pipelines.Train(c.Context(), j.runner, j.table,
		conform.Learned{Schema: tj.Schema, Plan: tj.Clean, Duplicates: l.Duplicates}, tj)
	if err != nil {
		return err
	}
	if err := j.tooMany("train", count); err != nil {
		return err
	}
	return j.finish(l, tj, result, count)
}

// plan decides what is to be trained, from what was learned of the table.
func (j *job) plan(l pipelines.Learned) (train.Job, error) {
	g := j.spec.Goal
	if l.Duplicates.Conflict {
		return train.Job{}, fault.Dataf("%s: rows %d and %d have the same key %q and different content",
			j.table.Files[l.Duplicates.Second.File].Name, l.Duplicates.First.Row, l.Duplicates.Second.Row, j.spec.Data.Key)
	}
	s := profile.Infer(l.Profile, profile.Options{Target: g.Target, Key: j.spec.Data.Key, Classes: g.Task == "classification", Numbers: g.Task == "regression"})
	goal, err := goalOf(g, s, l.Profile, j.table)
	if err != nil {
		return train.Job{}, err
	}
	options := clean.Options{Off: j.spec.Clean.Off, Rules: j.spec.Clean.Rules, Maps: j.spec.Clean.Maps}
	if err := options.Validate(); err != nil {
		return train.Job{}, err
	}
	var names []string
	settings := map[string]learn.Settings{}
	for _, m := range j.spec.Models {
		names = append(names, m.Name)
		settings[m.Name] = m.Settings
	}
	candidates, err := training.Candidates(names, settings, int(l.Profile.Rows), goal.Classes())
	return train.Job{Schema: s, Clean: clean.Learn(l.Profile, s, options), Goal: goal, Candidates: candidates,
		Split: training.Split{Folds: j.spec.Split.Folds, Group: j.spec.Split.By.Group, Time: j.spec.Split.By.Time, Seed: j.spec.Split.Seed},
		Seed:  j.spec.Split.Seed, Dir: j.folder.Work}, err
}

func goalOf(g spec.Goal, s table.Schema, t profile.Table, files csvio.Table) (training.Goal, error) {
	out := training.Goal{Question: g.Question, Target: g.Target, Confidence: g.Confidence, Require: g.Require}
	if g.Target == "" {
		return out, fault.Usagef("no target is named: which column is to be predicted? --target COLUMN")
	}
	i := s.Index(g.Target)
	if i < 0 {
		hint := ""
		if near := fault.Nearest(g.Target, s.Names()); near != "" {
			hint = fmt.Sprintf(", did you mean %q?", near)
		}
		return out, fault.Usagef("%s: the target %q is not a column%s", files.Files[0].Name, g.Target, hint)
	}
	values := t.Columns[i].Values
	switch n := values.NumDistinct(); {
	case n == 0:
		return out, fault.Dataf("%s: the target %q has no values", files.Files[0].Name, g.Target)
	case n == 1:
		return out, fault.Dataf("%s: the target %q is the same in every record", files.Files[0].Name, g.Target)
	}
	classes := s.Columns[i].Type == table.Categorical
	if !classes && !s.Columns[i].Type.Numeric() {
		return out, fault.Dataf("%s: the target %q is neither a number nor one of a few classes", files.Files[0].Name, g.Target)
	}
	name := g.Metric
	if name == "" {
		name = string(metrics.RMSE)
	}
	if classes {
		out.Labels = s.Columns[i].Domain
		for k, label := range out.Labels {
			if values.Count(label) < values.Count(out.Labels[out.Positive]) {
				out.Positive = k
			}
			if label == g.Positive {
				out.Positive = k
				break
			}
		}
		if g.Positive != "" && out.Labels[out.Positive] != g.Positive {
			return out, fault.Usagef("goal.positive: %q is not a label of %q", g.Positive, g.Target)
		}
		if g.Metric == "" {
			name = string(metrics.LogLoss)
			if len(out.Labels) == 2 {
				name = string(metrics.AUC)
			}
		}
	}
	var err error
	if out.Metric, err = metrics.Parse(name, classes); err != nil {
		return out, err
	}
	out.Log = out.Metric == metrics.RMSLE
	_, err = training.Met(g.Require, 0)
	return out, err
}

// finish publishes what was trained.
func (j *job) finish(l pipelines.Learned, tj train.Job, result train.Result, count tally.Tally) error {
	if err := j.describe(l, tj.Schema); err != nil {
		return err
	}
	c := result.Choice
	body, err := json.MarshalIndent(map[string]any{
		"task": tj.Goal.Task(), "metric": tj.Goal.Metric, "chosen": c.Name, "mean": c.Chosen.Mean, "sd": c.Chosen.SD,
		"folds": c.Chosen.Folds, "candidates": c.Candidates, "interval": c.Interval, "others": c.Others,
		"holdout": map[string]any{}, "slices": c.Slices, "importance": result.Importance, "confusion": c.Confusion,
	}, "", "  ")
	if err != nil {
		return err
	}
	if err := j.write("metrics.json", append(body, '\n')); err != nil {
		return err
	}
	if err := j.ensure(map[string]string{"rejects.jsonl": "", "changes.csv": clean.LedgerHeader}); err != nil {
		return err
	}
	r, err := j.run("train", count)
	if err != nil {
		return err
	}
	met, err := training.Met(tj.Goal.Require, c.Chosen.Mean)
	if err != nil {
		return err
	}
	r.Goal, r.Met = tj.Goal, &met
	if err := j.folder.Publish(trainFiles, r); err != nil {
		return err
	}
	fmt.Printf("%s predicts %s with %s %.4f ± %.4f over %d folds. See %s.\n", c.Name, tj.Goal.Target, tj.Goal.Metric,
		c.Chosen.Mean, c.Chosen.SD, len(c.Chosen.Folds), j.folder.Dir)
	if !met {
		return &fault.Fault{Code: fault.Unmet, Message: fmt.Sprintf("the model does not meet %s %s", tj.Goal.Metric, tj.Goal.Require)}
	}
	return nil
}

var scoreFiles = []string{"predictions.csv", "rejects.jsonl", "changes.csv"}

func (o *options) score(c *cobra.Command, args []string) error {
	j, err := o.begin(args, func(s spec.Spec) spec.Paths { return s.Data.Score }, scoreFiles)
	if err != nil {
		return err
	}
	defer j.folder.Close()
	model := o.model
	if model == "" {
		model = filepath.Join(j.spec.Output.Dir, "model")
	}
	count, err := pipelines.Score(c.Context(), j.runner, j.table, model, j.folder.Work)
	if err != nil {
		return err
	}
	if err := j.tooMany("score", count); err != nil {
		return err
	}
	if err := j.ensure(map[string]string{"rejects.jsonl": "", "changes.csv": clean.LedgerHeader}); err != nil {
		return err
	}
	r, err := j.run("score", count)
	if err != nil {
		return err
	}
	fmt.Printf("%d records scored, %d refused. See %s.\n", r.Rows.Used, r.Rows.Refused, filepath.Join(j.folder.Dir, "predictions.csv"))
	return j.folder.Publish(scoreFiles, r)
}
