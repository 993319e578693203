package training

import (
	"math"

	"github.com/beamline-go/beamline/internal/metrics"
	"github.com/beamline-go/beamline/models/learn"
)

// Goal is what is to be predicted, and how it is measured.
type Goal struct {
	Question string         `json:"question,omitempty"`
	Target   string         `json:"target"`
	Metric   metrics.Metric `json:"metric"`
	Labels   []string       `json:"labels,omitempty"`   // of the classes, sorted; none for a quantity
	Positive int            `json:"positive,omitempty"` // the class that a metric of two classes is about
	// Threshold is the probability from which on the positive of two classes is called,
	// learned where the metric depends on it; 0 calls the most probable one.
	Threshold  float64 `json:"threshold,omitempty"`
	Confidence float64 `json:"confidence"` // coverage that intervals must reach
	// IntervalBy is a column within whose values intervals hold the level too.
	IntervalBy string `json:"interval_by,omitempty"`
	Require    string `json:"require,omitempty"`
	// Log says that the logarithm of 1 + the quantity is learned.
	Log bool `json:"log,omitempty"`
}

// Task is regression or classification.
func (g Goal) Task() string {
	if len(g.Labels) > 0 {
		return "classification"
	}
	return "regression"
}

func (g Goal) cut() metrics.Cut { return metrics.Cut{Positive: g.Positive, Threshold: g.Threshold} }

// Call returns the classes that rows are called by their probabilities.
func (g Goal) Call(p []float64) []int { return g.cut().Labels(p, g.Classes()) }

// Classes is the number of classes, 0 for a quantity.
func (g Goal) Classes() int { return len(g.Labels) }

// Outputs is the number of values of a prediction.
func (g Goal) Outputs() int { return learn.Outputs(g.Classes()) }

// Learned returns the target as it is learned.
func (g Goal) Learned(y []float64) []float64 {
	if !g.Log {
		return y
	}
	out := make([]float64, len(y))
	for i, v := range y {
		out[i] = math.Log1p(max(v, 0))
	}
	return out
}

// Original turns a learned quantity into the target's own scale.
func (g Goal) Original(v float64) float64 {
	if g.Log {
		return math.Expm1(v)
	}
	return v
}

// Measure measures predictions on the learned scale.
func (g Goal) Measure(m metrics.Metric, y, p []float64) float64 {
	if g.Classes() > 0 {
		return g.own(m, y, p)
	}
	own := make([]float64, len(p))
	for i, v := range p {
		own[i] = g.Original(v)
	}
	return g.own(m, y, own)
}

// own measures predictions on the target's own scale.
func (g Goal) own(m metrics.Metric, y, p []float64) float64 {
	if g.Classes() > 0 {
		return metrics.Classes(m, y, p, g.Classes(), g.cut())
	}
	return metrics.Quantity(m, y, p)
}
