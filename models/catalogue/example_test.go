package catalogue_test

import (
	"fmt"

	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/models/catalogue"
	"github.com/beamline-go/beamline/models/learn"
)

// Any learner of the catalogue fits examples and predicts rows; a tree finds the step at
// 5.
func Example() {
	x := &features.Frame{N: 10, Columns: []features.Column{{Name: "x", Num: []float64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}}}}
	y := []float64{0, 0, 0, 0, 0, 1, 1, 1, 1, 1}
	tree, err := catalogue.Find("tree")
	if err != nil {
		panic(err)
	}
	p, err := tree.Fit(learn.Examples{Frame: x, Y: y}, tree.Defaults(10, 0).With(learn.Settings{"min_leaf": 1}))
	if err != nil {
		panic(err)
	}
	out := make([]float64, 2)
	if err := p.Predict(&features.Frame{N: 2, Columns: []features.Column{{Name: "x", Num: []float64{2.5, 7.5}}}}, out); err != nil {
		panic(err)
	}
	fmt.Println(out, p.Cost().Keeps)
	// Output: [0 1] 1 trees with 3 nodes
}
