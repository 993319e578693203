package isolation

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestOneRowIsOdd puts one row far from two thousand others.
func TestOneRowIsOdd(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 8))
	x := make([][]float64, 3)
	for k := range x {
		for range 2000 {
			x[k] = append(x[k], rng.NormFloat64())
		}
	}
	for k := range x {
		x[k][77] = 9
	}
	x[1][5] = math.NaN() // a missing value is no sign
	f := New(x, 2000)
	for row := range 2000 {
		if s := f.Score(x, row); (s > 0.72) != (row == 77) || s < 0 || s > 1 {
			t.Errorf("row %d has the score %.2f", row, s)
		}
	}
}

// TestScores pins two scores, which each constant changes.
func TestScores(t *testing.T) {
	x := [][]float64{make([]float64, 600), make([]float64, 600)}
	for row := range 600 {
		x[0][row], x[1][row] = float64(row%37), float64(row%11)
	}
	f := New(x, 600)
	for row, want := range map[int]float64{0: 0.6532953694, 300: 0.5309770227} {
		if got := f.Score(x, row); math.Abs(got-want) > 1e-9 {
			t.Errorf("row %d has the score %.10f, not %.10f", row, got, want)
		}
	}
}

// TestRowsThatAreEqual have no row apart.
func TestRowsThatAreEqual(t *testing.T) {
	x := [][]float64{make([]float64, 500), make([]float64, 500)}
	f := New(x, 500)
	for row := range 500 {
		if s, first := f.Score(x, row), f.Score(x, 0); s != first || math.IsNaN(s) {
			t.Fatalf("row %d has the score %v, the first %v", row, s, first)
		}
	}
}

// TestMeanDepth compares with the mean depth of a binary search tree (Preiss 1999), of
// the paper's equation 1: c(n) = 2H(n-1) - 2(n-1)/n, with H(i) about ln(i) + 0.5772156649.
func TestMeanDepth(t *testing.T) {
	for n, want := range map[int]float64{0: 0, 1: 0, 2: 0.1544, 256: 10.2448} {
		if got := meanDepth(n); math.Abs(got-want) > 1e-4 {
			t.Errorf("of %d rows it is %.4f, not %.4f", n, got, want)
		}
	}
}
