package neighbours_test

import (
	"fmt"

	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/models/learn"
	"github.com/beamline-go/beamline/models/neighbours"
)

// What is predicted is what the most similar rows have.
func Example() {
	x := func(values ...float64) *features.Frame {
		return &features.Frame{N: len(values), Columns: []features.Column{{Name: "x", Num: values}}}
	}
	learner := neighbours.Learner{}
	e := learn.Examples{Frame: x(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), Y: []float64{1, 1, 1, 1, 1, 1, 9, 9, 9, 9, 9, 9}}
	p, err := learner.Fit(e, learner.Defaults(len(e.Y), 0))
	if err != nil {
		panic(err)
	}
	out := make([]float64, 2)
	if err := p.Predict(x(1, 12), out); err != nil {
		panic(err)
	}
	fmt.Printf("%.1f\n", out)
	// Output: [1.0 9.0]
}
