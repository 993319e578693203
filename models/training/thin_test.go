package training

import (
	"slices"
	"testing"
)

// TestThin leaves about as many rows in folds as are asked for, those of one record
// together, the folds as even as they were, and all rows to learn from in the end.
func TestThin(t *testing.T) {
	const n, most = 30000, 9000
	y, times, same := make([]float64, n), make([]float64, n), make([]int, n)
	for i := range y {
		y[i], times[i], same[i] = float64(i%2), float64(i), i/3*3 // each three times
	}
	for _, split := range []Split{{Folds: 5, Seed: 1}, {Folds: 5, Seed: 1, Time: "t"}} {
		f, err := Deal(split, y, 2, nil, times, same)
		if err != nil {
			t.Fatal(err)
		}
		was := slices.Clone(f.Of)
		left := f.thin(most, 1, same)
		if left < most*9/10 || left > most*11/10 {
			t.Errorf("%d rows are left", left)
		}
		counts := make([]int, f.K)
		for i, k := range f.Of {
			if (k < 0) != (f.Of[same[i]] < 0) {
				t.Fatalf("row %d is in fold %d, the first of its record in %d", i, k, f.Of[same[i]])
			}
			if k >= 0 {
				if counts[k]++; k != was[i] {
					t.Fatalf("row %d went from fold %d to %d", i, was[i], k)
				}
			}
		}
		for k, c := range counts {
			if c < left/f.K*4/5 || c > left/f.K*6/5 {
				t.Errorf("fold %d has %d of %d rows", k, c, left)
			}
		}
		if got := len(f.Train(nil)); got != n {
			t.Errorf("%d rows to learn from in the end", got)
		}
		if learned, held := f.Train([]int{1}), f.Test([]int{1}); len(held) != counts[1] || !f.Time && len(learned) != left-counts[1] || f.Time && len(learned) != counts[0] {
			t.Errorf("%d rows to learn from for %d held", len(learned), len(held))
		}
		if again := f; again.thin(n, 1, same) != n {
			t.Error("it is thinned where there is room")
		}
	}
}
