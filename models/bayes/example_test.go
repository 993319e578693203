package bayes_test

import (
	"fmt"

	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/models/bayes"
	"github.com/beamline-go/beamline/models/learn"
)

// Naive Bayes gives each class a probability.
func Example() {
	x := func(values ...float64) *features.Frame {
		return &features.Frame{N: len(values), Columns: []features.Column{{Name: "x", Num: values}}}
	}
	learner := bayes.Learner{}
	e := learn.Examples{Frame: x(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), Y: []float64{0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1}, Classes: 2}
	p, err := learner.Fit(e, learner.Defaults(len(e.Y), 2))
	if err != nil {
		panic(err)
	}
	out := make([]float64, 4)
	if err := p.Predict(x(1, 12), out); err != nil {
		panic(err)
	}
	fmt.Printf("%.1f\n", out)
	// Output: [1.0 0.0 0.0 1.0]
}
