package linear_test

import (
	"fmt"

	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/models/learn"
	"github.com/beamline-go/beamline/models/linear"
)

// A line through points is found again.
func Example() {
	x := func(values ...float64) *features.Frame {
		return &features.Frame{N: len(values), Columns: []features.Column{{Name: "x", Num: values}}}
	}
	learner := linear.New(linear.Ridge)
	e := learn.Examples{Frame: x(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), Y: []float64{3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25}}
	p, err := learner.Fit(e, learner.Defaults(len(e.Y), 0))
	if err != nil {
		panic(err)
	}
	out := make([]float64, 2)
	if err := p.Predict(x(0, 20), out); err != nil {
		panic(err)
	}
	fmt.Printf("%.1f\n", out)
	// Output: [1.0 41.0]
}
