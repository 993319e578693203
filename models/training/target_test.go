package training

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestLookAt tells numbers of records from quantities, and finds the classes that folds
// have none of.
func TestLookAt(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	numbers := make([]float64, 200)
	for i, n := range rng.Perm(len(numbers)) {
		numbers[i] = float64(n + 1000)
	}
	with := func(change func(y []float64)) []float64 {
		y := append([]float64(nil), numbers...)
		change(y)
		return y
	}
	for name, c := range map[string]struct {
		y    []float64
		want bool
	}{
		"numbers of records": {numbers, true},
		"a gap":              {with(func(y []float64) { y[3] = 5000 }), false},
		"one is there twice": {with(func(y []float64) { y[3] = y[4] }), false},
		"no whole numbers":   {with(func(y []float64) { y[3] += .5 }), false},
		"few":                {[]float64{1, 2, 3, 4, 5}, false},
	} {
		if got := lookAt(c.y, Goal{}, 5); got.Counts != c.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
	got := lookAt([]float64{0, 0, 0, 0, 0, 1, 2, 2, 2, 2}, Goal{Labels: []string{"a", "b", "c"}}, 5)
	if fmt.Sprint(got.Rare) != "[{b 1} {c 4}]" {
		t.Errorf("%+v", got)
	}
}
