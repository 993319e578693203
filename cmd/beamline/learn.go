package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/beamline-go/beamline/internal/anomaly"
	"github.com/beamline-go/beamline/internal/clean"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/format"
	"github.com/beamline-go/beamline/internal/metrics"
	"github.com/beamline-go/beamline/internal/outdir"
	"github.com/beamline-go/beamline/internal/profile"
	"github.com/beamline-go/beamline/internal/sample"
	"github.com/beamline-go/beamline/internal/spec"
	"github.com/beamline-go/beamline/pipelines"
	"github.com/beamline-go/beamline/table"
	"github.com/beamline-go/beamline/transforms/cleaning"
	"github.com/beamline-go/beamline/transforms/tableio"
)

// lesson is a table, and what a first pass over it taught.
type lesson struct {
	table   tableio.Table
	learned pipelines.Learned
	schema  table.Schema
	profile profile.Profile
	plan    clean.Plan      // of its cells
	doubts  []table.Finding // what the plan leaves alone
}

func trainingData(s spec.Spec) spec.Paths { return s.Data.Train }

// learn reads the table once. Its records are counted here only where that ends
// the command; the pass that uses them, cleaned and without repeats, counts them.
func (j *job) learn(ctx context.Context, use bool) (lesson, error) {
	var l lesson
	var err error
	if l.table, err = open(ctx, j.spec, j.data, j.spec.Data.Key); err != nil {
		return l, err
	}
	if err := j.checkTarget(l.table); err != nil {
		return l, err
	}
	o, err := j.cleanOptions(ctx)
	if err != nil {
		return l, err
	}
	err = j.stage("profile", func(dir string) error {
		l.learned, err = pipelines.Learn(ctx, j.runner, &l.table, dir, pipelines.Options{Repeats: use, Sample: j.sampled(use),
			Reading: profile.Reading{Target: j.spec.Goal.Target, Missing: j.spec.Data.Missing}})
		return err
	})
	if err != nil {
		if l.learned.Planned != nil {
			j.run.count(l.learned.Count)
		}
		return l, err
	}
	if l.schema, err = j.schemaOf(l.learned.Profile); err != nil {
		return l, err
	}
	counted, err := j.learnCleaning(&l, o, use)
	if err != nil {
		return l, err
	}
	l.profile = profile.Summarize(counted, l.schema)
	if key, ok := l.schema.ByRole(table.RoleKey); ok && l.table.Key == "" && slices.Contains(l.table.Columns, key.Name) {
		l.table.Key = key.Name // names records in the ledger; repeats are dropped by one that was named only
	}
	return l, j.describe(ctx, l)
}

// lookedAt is the bytes of rows by which the forms of a table are learned that is only
// looked at.
const lookedAt = 2 << 20

// sampled is how many bytes of rows are learned from.
func (j *job) sampled(use bool) int {
	switch {
	case j.spec.Clean.Off:
		return 0
	case use:
		return sample.Budget
	}
	return lookedAt
}

// checkTarget refuses a target, or a column to split or to bound by, that the table does not have.
func (j *job) checkTarget(t tableio.Table) error {
	if _, given := j.given(j.spec.Goal.Target); given && !j.targeted && !slices.Contains(t.Columns, j.spec.Goal.Target) {
		j.spec.Goal.Target = "" // a schema of training, and a table to score
	}
	if bare := strings.TrimSpace(j.spec.Goal.Target); !slices.Contains(t.Columns, j.spec.Goal.Target) && slices.Contains(t.Columns, bare) {
		j.spec.Goal.Target = bare // as names of columns are read
	}
	by := j.spec.Split.By
	for _, c := range []struct{ what, name string }{{"the target", j.spec.Goal.Target}, {"split: the group", by.Group}, {"split: the time", by.Time}, {"interval: the column", j.spec.Interval.By}} {
		if c.name != "" && !slices.Contains(t.Columns, c.name) {
			return fault.Usagef("%s: %s %q is not a column%s", t.Name(), c.what, c.name,
				fault.Hint(c.name, t.Columns, "; the columns are "+fault.Few(t.Columns)))
		}
	}
	return nil
}

// schemaOf is the schema that the columns speak for, with what the user says of them.
func (j *job) schemaOf(t profile.Table) (table.Schema, error) {
	g := j.spec.Goal
	return j.over(profile.Infer(t, profile.Options{Target: g.Target, Key: j.spec.Data.Key, Classes: g.Task == "classification", Numbers: g.Task == "regression"}))
}

// over lays the schema that the user gave, if there is one, over the one that was inferred.
func (j *job) over(inferred table.Schema) (table.Schema, error) {
	if j.schema == nil {
		return inferred, nil
	}
	s, err := j.schema.Over(inferred)
	if err != nil {
		return s, fault.Usagef("%s: %v", j.spec.Data.Schema, err)
	}
	if t := j.spec.Goal.Target; t == "" { // it is no question of this command
		for i := range s.Columns {
			if s.Columns[i].Role == table.RoleTarget && !slices.Contains(inferred.Names(), s.Columns[i].Name) {
				s.Columns = slices.Delete(s.Columns, i, i+1)
				break
			}
		}
	}
	return s, nil
}

// describe writes the schema and the profile.
func (j *job) describe(ctx context.Context, l lesson) error {
	text, err := table.MarshalSchema(l.schema)
	if err != nil {
		return err
	}
	if err := j.write(ctx, outdir.Schema, text); err != nil {
		return err
	}
	body, err := l.profile.JSON()
	if err != nil {
		return err
	}
	return j.write(ctx, outdir.Profile, body)
}

// learnCleaning finds out how the cells of the table are to be repaired, and what
// the columns are then; a schema that the user gave stays. It returns what was counted
// of the table, with cells as they are then. Where the table is only looked at, that is
// what they say in the forms that their columns have.
func (j *job) learnCleaning(l *lesson, o clean.Options, use bool) (_ profile.Table, err error) {
	if o.Off {
		return l.learned.Profile, nil
	}
	if !use {
		o = clean.Options{Rules: clean.Forms}
	}
	rows := clean.NewTable(&l.learned.Sample, l.schema, j.spec.Data.Missing)
	text, _ := l.table.Text()
	rows.Delimiter = text.Dialect.Delimiter
	l.learned.Sample = sample.Rows{} // it is large
	if l.plan, err = clean.Learn(rows, o); err != nil {
		return l.learned.Profile, err
	}
	counted := rows.Profile(l.learned.Profile, l.schema)
	if l.schema, err = j.over(rows.Schema(l.schema, l.plan)); err != nil {
		return counted, err
	}
	if c, given := j.given(j.spec.Goal.Target); !given || c.Type == "" {
		if err := j.learnTarget(l, rows); err != nil {
			return counted, err
		}
	}
	if use {
		l.doubts = rows.Doubts(l.plan)
	}
	return counted, nil
}

// given is what the schema of the user says of a column.
func (j *job) given(column string) (table.Column, bool) {
	if j.schema == nil {
		return table.Column{}, false
	}
	return j.schema.Column(column)
}

// learnTarget finds out whether a target that is written as texts is one of numbers.
func (j *job) learnTarget(l *lesson, rows *clean.Table) error {
	g := j.spec.Goal
	i := l.schema.Index(g.Target)
	if i < 0 || g.Task == "classification" || l.schema.Columns[i].Type != table.Categorical {
		return nil
	}
	if c := l.learned.Profile.Find(g.Target); c == nil || c.Values.NumDistinct() <= 2 {
		return nil
	}
	steps, as, ok, err := rows.LearnTarget(g.Target)
	if ok {
		l.plan.Steps, l.schema.Columns[i] = append(l.plan.Steps, steps...), as
	}
	return err
}

// known is what the next pass has to know of the table.
func (l lesson) known(key string) cleaning.Learned {
	return cleaning.Learned{Schema: l.schema, Plan: l.plan, Duplicates: l.learned.Duplicates(key)}
}

// output says how the cleaned table is written, if the command writes it.
func (j *job) output(t tableio.Table) pipelines.Output {
	if !slices.Contains(j.command.writes, outdir.Cleaned(j.cleanFormat())) {
		return pipelines.Output{}
	}
	first, text := t.Text()
	return pipelines.Output{Format: j.cleanFormat(), All: j.keepRefused, Settings: format.Settings{Dialect: first.Dialect, NoHeader: !first.Header,
		Refused: text && j.keepRefused, Safe: j.safe}}
}

// judgeCleaning notes what cleaning left alone.
func (j *job) judgeCleaning(l lesson) {
	for _, d := range l.doubts {
		d.Source = l.table.Name()
		j.doubts = append(j.doubts, d)
	}
}

// judge notes what is wrong with a table.
func (j *job) judge(t tableio.Table, s table.Schema, c pipelines.Count) {
	rows, _ := c.Total() // count has looked at the error
	j.found = append(j.found, anomaly.List(t.Name(), s, t.Columns, c.Tally, rows.Read)...)
	var others []string
	for _, name := range t.Columns {
		if _, given := j.given(name); j.schema != nil && !given && s.Index(name) >= 0 {
			others = append(others, name)
		}
	}
	if n := len(others); n > 0 && n <= len(t.Columns)/2 {
		j.found = append(j.found, anomaly.Unlisted(t.Name(), others))
	}
}

// judgeFiles notes columns that are of another type in another file.
func (j *job) judgeFiles(l lesson) {
	for i := range l.learned.Profile.Columns {
		c := &l.learned.Profile.Columns[i]
		kinds, files := c.Changes()
		if len(kinds) == 0 {
			continue
		}
		var seen []string
		for k := 1; k < len(kinds); k++ {
			seen = append(seen, fmt.Sprintf("%s in %s", kinds[k], l.table.Sources[files[k]].Name()))
		}
		j.found = append(j.found, anomaly.TypeChange(l.table.Sources[files[0]].Name(), c.Name, kinds[0], strings.Join(seen, ", ")))
	}
}

// judgeRecords notes records that are there twice.
func (j *job) judgeRecords(l lesson) {
	source, found := l.table.Name(), l.learned.Found
	switch key := j.spec.Data.Key; {
	case key == "" && len(found.Duplicates) > 0:
		j.found = append(j.found, anomaly.Repeats(source, int64(len(found.Duplicates)), l.learned.Profile.Rows))
	case found.Conflict:
		j.found = append(j.found, anomaly.SameKey(source, key, fmt.Sprintf("rows %d and %d differ", found.First.Row, found.Second.Row)))
	}
}

// judgeDealing notes the columns by which records hang together.
func (j *job) judgeDealing(t trained) {
	d := t.result.Dealt
	source := t.table.Name()
	if d.Repeats > 0 {
		j.found = append(j.found, anomaly.KeptTogether(source, int64(d.Repeats), int64(t.result.Rows)))
	}
	for _, l := range d.Leaks {
		j.found = append(j.found, anomaly.GivesTarget(source, l.Column, t.job.Goal.Target, l.Share))
	}
	if d.Target.Counts {
		j.found = append(j.found, anomaly.Numbers(source, t.job.Goal.Target))
	}
	for _, c := range d.Target.Rare {
		j.found = append(j.found, anomaly.RareClass(source, t.job.Goal.Target, c.Label, c.Records, float64(c.Records)/float64(t.result.Rows)))
	}
	if s := t.result.Choice.Skill; s.None {
		guess := "always the mean"
		switch {
		case t.job.Goal.Classes() > 0:
			guess = "always the shares of the classes"
		case s.Metric == metrics.MAE:
			guess = "always the median"
		}
		seen := fmt.Sprintf("%s %s over %d folds, and %s of a guess that says %s: no more than chance between them",
			s.Metric, measured(s.Model.Mean, s.Model.SD), len(s.Model.Folds), measured(s.Guess.Mean, metrics.Undefined()), guess)
		j.found = append(j.found, anomaly.NoSkill(source, t.job.Goal.Target, seen))
	}
	if c := t.result.Choice; len(c.Skill.Few) > 0 {
		j.found = append(j.found, anomaly.FewDecide(source, t.job.Goal.Target, len(c.Skill.Few), len(c.Actual), figure(c.Actual[c.Skill.Few[0]])))
	}
	for _, s := range d.Suspects {
		what := fmt.Sprintf("%s names %s things of %.3g records each", s.Column, grouped(int64(s.Things)), float64(t.result.Rows)/float64(s.Things))
		by, new := "group", "things that it has not seen"
		if s.Time {
			what, by, new = s.Column+" drives the target", "time", "times to come"
		}
		seen := fmt.Sprintf("%s: a quick model explains %s by folds of chance, and %s of %s", what, percent(s.Chance), percent(max(s.Apart, 0)), new)
		proposal := fmt.Sprintf("if the model is to predict %s, say split: {by: {%s: %s}}", new, by, s.Column)
		if s.Chosen {
			proposal = fmt.Sprintf("the folds are dealt by it, and the figures are for %s; say split: {by: random} if it is not to predict them", new)
		}
		j.found = append(j.found, anomaly.Dependent(source, s.Column, seen, proposal))
	}
}
