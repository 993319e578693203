package metrics

import (
	"fmt"
	"math"
	"slices"
)

// medianError is the metric of this example. It stands for a file of its own, with one
// word in Kinds.
var medianError = Kind{Name: "median_error", About: "median absolute error", Needs: records,
	Quantity: func(y, p []float64) float64 {
		errors := make([]float64, len(y))
		for i := range y {
			errors[i] = math.Abs(y[i] - p[i])
		}
		slices.Sort(errors)
		return (errors[(len(errors)-1)/2] + errors[len(errors)/2]) / 2
	}}

func ExampleKind() {
	defer func(all []Kind) { Kinds = all }(Kinds)
	Kinds = append(Kinds, medianError)

	m, err := Parse("median_error", false)
	fmt.Println(Quantity(m, []float64{1, 2, 3, 4}, []float64{1, 3, 3, 9}), m.Better(1, 2), err)
	// Output: 0.5 true <nil>
}
