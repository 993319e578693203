// Package learn is what all learners have in common.
//
// A Learner fits examples and gives a Predictor, which is data: it is written to
// the artifact and read back by a Loader, and predicts each row by itself, so that a
// batch and a single row give the same bits.
//
// To add a learner: implement Learner and Loader in a package of its own, run
// modeltest.Conform on it, and add it to the list in models/catalogue.
package learn

import (
	"maps"

	"github.com/beamline-go/beamline/internal/features"
)

// Examples are rows with what they are to teach.
type Examples struct {
	Frame *features.Frame
	// Y is the target: a quantity, or the number of a class below Classes.
	Y       []float64
	Classes int // 0 for a quantity
	Seed    uint64
	// Units holds the unit of each row, where rows have such: those of one customer, or that
	// are one record twice, stay together where a learner holds rows out. Nil where each row
	// is its own.
	Units []int
}

// Outputs is the number of values that a prediction has: one for a quantity,
// and a probability for each class.
func Outputs(classes int) int { return max(classes, 1) }

// Target returns the target as encoders take it.
func (e Examples) Target() features.Target {
	return features.Target{Classes: e.Classes, Y: e.Y}
}

// Pick returns what stands at some places, in their order.
func Pick[T any](of []T, at []int) []T {
	out := make([]T, len(at))
	for i, k := range at {
		out[i] = of[k]
	}
	return out
}

// Settings are the numbers that tune a learner, by name.
type Settings map[string]float64

// With returns the settings with those of o over them.
func (s Settings) With(o Settings) Settings {
	out := maps.Clone(s)
	maps.Copy(out, o)
	return out
}

// Learner is a way to learn from examples.
type Learner interface {
	// Name is the learner's name in specs and reports.
	Name() string
	// Fits reports whether it can predict that many classes, 0 for a quantity.
	Fits(classes int) bool
	// Defaults are its settings for that many rows and classes. Settings that
	// are not among them do not exist.
	Defaults(rows, classes int) Settings
	// Fit learns. The same examples and settings give the same bits. The predictor is
	// read back by the Loader of the learner's name.
	Fit(e Examples, s Settings) (Predictor, error)
}

// Loader reads predictors of one kind from an artifact. A learner has one of its name; a
// model that was fitted elsewhere, and is only imported, has a Loader and no Learner.
type Loader interface {
	// Name is that under which artifacts have the predictors.
	Name() string
	// Load reads what Save wrote. What can't be a predictor is refused.
	Load(text, binary []byte) (Predictor, error)
}

// Predictor answers for rows.
type Predictor interface {
	// Predict fills out with Outputs values a row, row after row. It is safe
	// for use by several goroutines.
	Predict(f *features.Frame, out []float64) error
	// Save writes the predictor: JSON, and numbers in bulk where there are
	// many, nil otherwise.
	Save() (text, binary []byte, err error)
	// Cost says what it keeps, and what a prediction costs.
	Cost() Cost
}

// Encoded is a predictor that says how rows become its columns. Values that training has not
// seen are told of by it.
type Encoded interface{ Encoding() *features.Encoder }

// Cost is what a predictor keeps, and about how many steps a prediction takes: a
// step is a comparison, or a multiplication and an addition.
type Cost struct {
	Keeps string `json:"keeps"`
	Steps int    `json:"steps"`
}
