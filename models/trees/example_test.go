package trees_test

import (
	"fmt"

	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/models/learn"
	"github.com/beamline-go/beamline/models/trees"
)

// A tree cuts a column where its rows differ the most.
func Example() {
	x := func(values ...float64) *features.Frame {
		return &features.Frame{N: len(values), Columns: []features.Column{{Name: "x", Num: values}}}
	}
	learner := trees.Single{}
	e := learn.Examples{Frame: x(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), Y: []float64{1, 1, 1, 1, 1, 1, 9, 9, 9, 9, 9, 9}}
	p, err := learner.Fit(e, learner.Defaults(len(e.Y), 0))
	if err != nil {
		panic(err)
	}
	out := make([]float64, 2)
	if err := p.Predict(x(2, 11), out); err != nil {
		panic(err)
	}
	fmt.Printf("%.1f\n", out)
	// Output: [1.0 9.0]
}
