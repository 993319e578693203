package learn_test

import (
	"fmt"

	"github.com/beamline-go/beamline/models/learn"
)

// What is set goes over the defaults of a learner.
func ExampleSettings_With() {
	fmt.Println(learn.Settings{"trees": 300, "depth": 6}.With(learn.Settings{"trees": 50}))
	// Output: map[depth:6 trees:50]
}
