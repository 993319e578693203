package learn

import (
	"math/rand/v2"
	"testing"
)

func grouped(n, of int) Examples {
	e := Examples{Y: make([]float64, n), Seed: 5}
	for i := range n {
		e.Units = append(e.Units, i%of)
	}
	return e
}

// Units are dealt and held as wholes, folds are even, and rows without units are dealt as
// rows that are their own.
func TestUnitsStayTogether(t *testing.T) {
	e := grouped(600, 41)
	fold, sizes, of := e.Deal(5), map[int]int{}, map[int]int{}
	for i, k := range fold {
		sizes[k]++
		if first, ok := of[e.Units[i]]; ok && first != k {
			t.Fatalf("row %d of unit %d is in fold %d, others in %d", i, e.Units[i], k, first)
		}
		of[e.Units[i]] = k
	}
	for k := range 5 {
		if sizes[k] < 100 || sizes[k] > 140 {
			t.Errorf("fold %d has %d rows of 600", k, sizes[k])
		}
	}
	kept, held := e.Hold(0.2, rand.New(rand.NewPCG(1, 2)))
	if len(kept)+len(held) != 600 || len(held) < 110 || len(held) > 150 {
		t.Errorf("%d rows are held and %d kept", len(held), len(kept))
	}
	in := map[int]bool{}
	for _, r := range held {
		in[e.Units[r]] = true
	}
	for _, r := range kept {
		if in[e.Units[r]] {
			t.Fatalf("unit %d is held and kept", e.Units[r])
		}
	}
}

// Rows are dealt as their own where each is a unit, and where units are too few.
func TestRowsAreTheirOwnUnits(t *testing.T) {
	few := grouped(100, 1)
	if kept, held := few.Hold(0.2, rand.New(rand.NewPCG(1, 2))); len(kept) != 80 || len(held) != 20 {
		t.Errorf("of one unit %d rows are held and %d kept", len(held), len(kept))
	}
	e := grouped(100, 100)
	alone := Examples{Y: e.Y, Seed: e.Seed}
	a, b := e.Deal(5), alone.Deal(5)
	sizes := [5]int{}
	for i := range a {
		if sizes[a[i]]++; a[i] != b[i] {
			t.Fatalf("row %d is in fold %d, and %d without units", i, a[i], b[i])
		}
	}
	if sizes != [5]int{20, 20, 20, 20, 20} {
		t.Errorf("folds of %v rows", sizes)
	}
}
