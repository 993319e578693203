package compare

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// put puts rows of both sides, in some order that mixes them.
func put(t *testing.T, p *Predictions, a, b [][2]string, rng *rand.Rand) Result {
	t.Helper()
	for len(a)+len(b) > 0 {
		side, rows := A, &a
		if len(a) == 0 || len(b) > 0 && rng.IntN(2) > 0 {
			side, rows = B, &b
		}
		if err := p.Put(side, (*rows)[0][0], (*rows)[0][1]); err != nil {
			t.Fatal(err)
		}
		*rows = (*rows)[1:]
	}
	return p.Result()
}

// TestQuantities holds what is said of quantities to sums made by hand.
func TestQuantities(t *testing.T) {
	a := [][2]string{{"1", "10"}, {"2", "20"}, {"3", ""}, {"4", "40"}, {"4", "41"}, {"5", "50"}, {"9", "90"}}
	b := [][2]string{{"4", "44"}, {"1", "10"}, {"5", ""}, {"2", "18"}, {"4", "41"}, {"3", "30"}, {"7", "70"}, {"8", "80"}}
	for seed := range uint64(20) {
		r := put(t, New(true), slices.Clone(a), slices.Clone(b), rand.New(rand.NewPCG(seed, 1)))
		if r.Both != 6 || r.OnlyA != 1 || r.OnlyB != 2 || r.Changed != 2 || r.Lost != 1 || r.Gained != 1 {
			t.Errorf("%+v", r)
		}
		// The changes are 0, -2, 4 and 0: their mean is 0.5, their standard deviation 2.5166.
		if s := r.Shift; s.Rows != 4 || s.Mean != 0.5 || math.Abs(s.Off-1.959964*2.516611/2) > 1e-5 || !s.Chance() {
			t.Errorf("the shift is %+v", s)
		}
		if r.MeanA.Rows != 6 || math.Abs(r.MeanA.Mean-251.0/6) > 1e-12 || r.MeanB.Rows != 7 {
			t.Errorf("the means are %+v, %+v", r.MeanA, r.MeanB)
		}
		if fmt.Sprint(r.Largest) != "[{4 40 44 4} {2 20 18 2}]" {
			t.Errorf("the largest are %v", r.Largest)
		}
	}
}

// TestLargest keeps the largest of many.
func TestLargest(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	var a, b [][2]string
	for i := range 500 {
		key := fmt.Sprint(i)
		a, b = append(a, [2]string{key, "0"}), append(b, [2]string{key, fmt.Sprint(i * 7 % 500)})
	}
	rng.Shuffle(len(b), func(i, j int) { b[i], b[j] = b[j], b[i] })
	r := put(t, New(true), a, b, rng)
	for i, c := range r.Largest {
		if c.B != fmt.Sprint(499-i) {
			t.Errorf("%d is %+v", i, c)
		}
	}
	if len(r.Largest) != largest || r.Shift.Chance() {
		t.Errorf("%d changes, %+v", len(r.Largest), r.Shift)
	}
}

// TestLabels counts labels that changed.
func TestLabels(t *testing.T) {
	a := [][2]string{{"1", "yes"}, {"2", "yes"}, {"3", "no"}, {"4", "no"}, {"5", "no"}}
	b := [][2]string{{"1", "no"}, {"2", "no"}, {"3", "no"}, {"4", "yes"}, {"5", "no"}}
	r := put(t, New(false), a, b, rand.New(rand.NewPCG(1, 1)))
	if fmt.Sprint(r.Labels) != "[{yes no 2} {no yes 1}]" || r.Changed != 3 || r.Shift != nil {
		t.Errorf("%+v", r)
	}
}

func TestFaults(t *testing.T) {
	if err := New(true).Put(A, "1", "many"); err == nil {
		t.Error("a text is a quantity")
	}
	p := New(false)
	p.held = maxWaiting
	if err := p.Put(A, "1", "x"); !errors.Is(err, ErrOrder) {
		t.Error(err)
	}
}
