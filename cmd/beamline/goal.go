package main

import (
	"strings"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/labels"
	"github.com/beamline-go/beamline/internal/metrics"
	"github.com/beamline-go/beamline/internal/sketch"
	"github.com/beamline-go/beamline/internal/spec"
	"github.com/beamline-go/beamline/models/catalogue"
	"github.com/beamline-go/beamline/models/training"
	"github.com/beamline-go/beamline/table"
)

// goal turns what the spec asks for into what is trained, by what is known of
// the table.
func (l lesson) goal(g spec.Goal) (training.Goal, error) {
	out := training.Goal{Question: g.Question, Target: g.Target, Confidence: g.Confidence, Require: g.Require}
	name := l.table.Name()
	i := l.schema.Index(g.Target)
	if i < 0 {
		return out, fault.Usagef("the target %q is not in the schema", g.Target)
	}
	var values sketch.Values
	if c := l.learned.Profile.Find(g.Target); c != nil {
		values = c.Values
	}
	switch n := values.NumDistinct(); {
	case n == 0:
		return out, fault.Dataf("%s: the target %q has no values", name, g.Target)
	case n == 1:
		return out, fault.Dataf("%s: the target %q is the same in every record", name, g.Target)
	}
	column := l.schema.Columns[i]
	classes := column.Type == table.Categorical
	if !classes && !column.Type.Numeric() {
		return out, fault.Dataf("%s: the target %q is neither a number nor one of a few classes", name, g.Target)
	}
	if classes {
		if err := label(&out, g, column, values); err != nil {
			return out, err
		}
		if n := len(out.Labels); n == 1 {
			return out, fault.Dataf("%s: the target %q is %q in every record, however it is spelled", name, g.Target, out.Labels[0])
		} else if rows := l.learned.Profile.Rows; g.Task != "classification" && (n > mostGuessed || n > 2 && int64(n)*recordsOfAClass > rows) {
			return out, fault.Dataf("%s: the target %q has %s different values in %s records, such as %q: too many to be classes, and not all are numbers; say goal: {task: classification} if they are classes",
				name, g.Target, grouped(values.NumDistinct()), grouped(rows), out.Labels[0])
		}
	}
	metric := g.Metric
	if metric == "" {
		metric = string(usual(len(out.Labels)))
	}
	var err error
	if out.Metric, err = metrics.Parse(metric, classes); err != nil {
		return out, err
	}
	out.Log = out.Metric.Kind().Log
	if out.Log && column.Range != nil && column.Range.Min < 0 {
		return out, fault.Dataf("%s: the metric %s needs a target that is never below 0, and %q is from %s on", name, out.Metric, g.Target, figure(column.Range.Min))
	}
	return out, training.CheckRequire(g.Require, out.Metric)
}

// boundBy refuses a column within which intervals can't hold their level.
func (l lesson) boundBy(column string, g training.Goal) error {
	i := l.schema.Index(column)
	switch {
	case g.Classes() > 0:
		return fault.Usagef("interval: a class has no interval, and %q has %d classes", g.Target, g.Classes())
	case i < 0 || !l.schema.Columns[i].Role.Feature():
		return fault.Usagef("interval: %q is no column that is learned from", column)
	}
	return nil
}

// checkGoal refuses names and comparisons that can't be, before anything is read.
func checkGoal(s spec.Spec) error {
	for _, m := range s.Models {
		if _, err := catalogue.Find(m.Name); err != nil {
			return err
		}
	}
	if m := s.Goal.Metric; m != "" {
		ofClasses := metrics.Metric(m).Kind().Classes != nil
		if _, err := metrics.Parse(m, ofClasses); err != nil {
			return err
		}
		return training.CheckRequire(s.Goal.Require, metrics.Metric(m))
	}
	return training.ParseRequire(s.Goal.Require)
}

// gate is whether a score meets what is required, nil where nothing is, or where that
// can't be told.
func gate(require string, score metrics.Value) (*bool, error) {
	if require == "" {
		return nil, nil
	}
	met, decided, err := training.Met(require, score)
	if err != nil || !decided {
		return nil, err
	}
	return &met, nil
}

// Bounds of classes that nobody said are some.
const (
	mostGuessed     = 100
	recordsOfAClass = 10 // for each class
)

// metricNames are the metrics of a quantity, and those of classes.
func metricNames() string {
	var tasks [2][]string
	for i, ofClasses := range []bool{false, true} {
		for _, m := range metrics.For(ofClasses) {
			tasks[i] = append(tasks[i], string(m))
		}
	}
	return strings.Join(tasks[0], ", ") + "; " + strings.Join(tasks[1], ", ")
}

// usual is the metric of a task when none is named.
func usual(classes int) metrics.Metric {
	switch classes {
	case 0:
		return metrics.RMSE
	case 2:
		return metrics.AUC
	}
	return metrics.LogLoss
}

// label finds the classes and, of two, the positive one: the rarer when none is
// named.
func label(out *training.Goal, g spec.Goal, column table.Column, values sketch.Values) error {
	out.Labels = column.Domain
	for k, label := range out.Labels {
		if g.Positive != "" && labels.Key(label) == labels.Key(g.Positive) {
			out.Positive = k
			return nil
		}
		if values.Count(label) < values.Count(out.Labels[out.Positive]) {
			out.Positive = k
		}
	}
	if g.Positive == "" {
		return nil
	}
	return fault.Usagef("goal.positive: %q is not a label of %q%s", g.Positive, g.Target, fault.Hint(g.Positive, out.Labels, ""))
}
