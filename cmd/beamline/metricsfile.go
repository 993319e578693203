package main

import (
	"github.com/beamline-go/beamline/internal/metrics"
	"github.com/beamline-go/beamline/models"
	"github.com/beamline-go/beamline/models/training"
)

// metricsFile is the content of metrics.json.
type metricsFile struct {
	Task       string                            `json:"task"`                 // regression or classification
	Metric     metrics.Metric                    `json:"metric"`               // what the model was chosen by
	Chosen     string                            `json:"chosen"`               // the name of what was chosen
	Mean       metrics.Value                     `json:"mean"`                 // of the metric over the folds
	SD         metrics.Value                     `json:"sd"`                   // standard deviation over the folds
	Folds      []metrics.Value                   `json:"folds"`                // the metric in each
	Why        string                            `json:"why,omitempty"`        // the metric is not defined, at least in some folds
	Candidates []training.Measured               `json:"candidates"`           // what was tried
	Interval   *training.Interval                `json:"interval,omitempty"`   // how wide intervals are, of a quantity
	Others     map[metrics.Metric]training.Score `json:"others,omitempty"`     // the metrics that were not asked for
	Labels     []string                          `json:"labels,omitempty"`     // of the classes, in the order of confusion
	Confusion  [][]int                           `json:"confusion,omitempty"`  // rows are true classes
	Costs      []models.Cost                     `json:"costs,omitempty"`      // of a prediction
	Importance []training.Importance             `json:"importance,omitempty"` // of the columns; of more than 500, of those that tell most by themselves
	Holdout    holdout                           `json:"holdout"`              // on labelled records that no part of the model saw
	Slices     []training.Slice                  `json:"slices"`               // parts of the records in which it does worse or better
}

// holdout is how the model does on labelled records that no part of it saw. It
// is empty where there are none.
type holdout struct {
	Rows     int                                 `json:"rows,omitempty"`     // labelled records
	Metrics  map[metrics.Metric]training.Measure `json:"metrics,omitempty"`  // each with its spread
	Level    float64                             `json:"level,omitempty"`    // of the intervals
	Coverage float64                             `json:"coverage,omitempty"` // share of the records that lie in their interval
}

func holdoutOf(a training.Assessment) holdout {
	return holdout{a.Rows, a.Metrics, a.Level, a.Coverage}
}

func metricsOf(t trained, held *training.Assessment) metricsFile {
	c := t.result.Choice
	m := metricsFile{Task: t.job.Goal.Task(), Metric: t.job.Goal.Metric, Chosen: c.Name, Mean: c.Chosen.Mean, SD: c.Chosen.SD,
		Folds: c.Chosen.Folds, Why: c.Chosen.Why, Candidates: c.Candidates, Interval: c.Interval, Others: c.Others, Labels: t.job.Goal.Labels,
		Confusion: c.Confusion, Costs: t.result.Costs, Importance: t.result.Importance, Slices: c.Slices}
	if m.Slices == nil {
		m.Slices = []training.Slice{}
	}
	if held != nil {
		m.Holdout = holdoutOf(*held)
	}
	return m
}

// assessed is metrics.json of an artifact that was measured on labelled data:
// there were no folds.
func assessed(g training.Goal, name string, a training.Assessment) metricsFile {
	own := a.Metrics[g.Metric]
	return metricsFile{Task: g.Task(), Metric: g.Metric, Chosen: name, Mean: own.Value, SD: own.SD, Why: own.Why, Folds: []metrics.Value{},
		Candidates: []training.Measured{}, Labels: g.Labels, Confusion: a.Confusion, Holdout: holdoutOf(a), Slices: a.Slices}
}
