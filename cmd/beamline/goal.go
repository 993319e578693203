package main

import (
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/metrics"
	"github.com/beamline-go/beamline/internal/sketch"
	"github.com/beamline-go/beamline/internal/spec"
	"github.com/beamline-go/beamline/models/training"
	"github.com/beamline-go/beamline/table"
)

// goal turns what the spec asks for into what is trained, by what is known of
// the table.
func (l lesson) goal(g spec.Goal) (training.Goal, error) {
	out := training.Goal{Question: g.Question, Target: g.Target, Confidence: g.Confidence, Require: g.Require}
	name := l.table.Files[0].Name
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
	}
	metric := g.Metric
	if metric == "" {
		metric = string(usual(len(out.Labels)))
	}
	var err error
	if out.Metric, err = metrics.Parse(metric, classes); err != nil {
		return out, err
	}
	out.Log = out.Metric == metrics.RMSLE
	return out, training.CheckRequire(g.Require, out.Metric)
}

// gate is whether a score meets what is required, nil where that can't be told.
func gate(require string, score metrics.Value) (*bool, error) {
	met, decided, err := training.Met(require, score)
	if err != nil || !decided {
		return nil, err
	}
	return &met, nil
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
		if label == g.Positive {
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
