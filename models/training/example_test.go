package training_test

import (
	"fmt"

	"github.com/beamline-go/beamline/models/training"
)

// Records of one group are in one fold, so that no figure comes from a group that was
// learned from.
func ExampleDeal() {
	groups := []string{"a", "a", "b", "b", "c", "c"}
	folds, err := training.Deal(training.Split{Folds: 3, Group: "patient", Seed: 1}, make([]float64, 6), 0, groups, nil, nil)
	if err != nil {
		panic(err)
	}
	for i := 0; i < 6; i += 2 {
		fmt.Println(groups[i], folds.Of[i] == folds.Of[i+1])
	}
	// Output:
	// a true
	// b true
	// c true
}
