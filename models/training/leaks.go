package training

import (
	"cmp"
	"math"
	"slices"

	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/models/learn"
)

// Leak is a column that gives the target alone: it may be known only after the target
// is, or be the target in other words.
type Leak struct {
	Column string
	Share  float64 // of the records whose target it gives, or of the variance
}

// Bounds of leaks.
const (
	leakRows     = 5000
	givenClasses = 0.995 // of the records
	givenShare   = 0.999 // of the variance
	leastRare    = 0.02  // records of other classes than the most frequent one
	fewestGiven  = 30    // records
)

// leaks finds the columns that give the target alone, judged by other records: of equal
// values, or with numbers next to one's own. same is the first of the rows that are one
// record.
func leaks(f *features.Frame, y []float64, g Goal, same []int) (out []Leak) {
	rows := make([]int, 0, leakRows)
	step := max(1, (f.N+leakRows-1)/leakRows)
	for i := 0; i < f.N; i += step {
		if same[i] == i {
			rows = append(rows, i)
		}
	}
	target := learn.Pick(g.Learned(y), rows)
	if len(rows) < fewestGiven {
		return nil
	}
	k := g.Classes()
	if k > 0 {
		if mean, _ := meanAndSD(against(target, k)); mean > 1-leastRare {
			return nil
		}
	}
	part := f.Select(rows)
	for i := range part.Columns {
		c := &part.Columns[i]
		guess, known := neighbours(c, target, k)
		if len(known) < len(rows)/2 || len(known) < fewestGiven {
			continue
		}
		own := learn.Pick(target, known)
		share := agreement(own, learn.Pick(guess, known), k)
		if k > 0 && share >= givenClasses || k == 0 && share >= givenShare {
			out = append(out, Leak{c.Name, share})
		}
	}
	return out
}

// agreement is the share of classes that are guessed, or of the variance of a quantity.
func agreement(y, guess []float64, k int) float64 {
	if k > 0 {
		right := 0.0
		for i := range y {
			if y[i] == guess[i] {
				right++
			}
		}
		return right / float64(len(y))
	}
	mean, left, all := 0.0, 0.0, 0.0
	for _, v := range y {
		mean += v / float64(len(y))
	}
	for i, v := range y {
		left += (v - guess[i]) * (v - guess[i])
		all += (v - mean) * (v - mean)
	}
	if all == 0 {
		return 0
	}
	return 1 - left/all
}

// neighbours guesses the target of each row from others: the mean, or the most frequent
// class, of those with the same value; of numbers that are there once, from the one below
// and the one above. known are the rows of which there is a guess.
func neighbours(c *features.Column, y []float64, k int) (guess []float64, known []int) {
	guess = make([]float64, len(y))
	groups := map[uint64][]int{}
	var order []int
	for i := range y {
		if c.Missing(i) {
			continue
		}
		h := cellHash(c, i)
		if len(groups[h]) == 0 {
			order = append(order, i)
		}
		groups[h] = append(groups[h], i)
	}
	number := c.Num != nil
	if number {
		slices.SortFunc(order, func(a, b int) int { return cmp.Compare(c.Num[a], c.Num[b]) })
	}
	for at, first := range order {
		same := groups[cellHash(c, first)]
		if len(same) > 1 {
			for _, i := range same {
				guess[i] = without(y, same, i, k)
			}
			known = append(known, same...)
			continue
		}
		if !number || at == 0 || at+1 == len(order) {
			continue
		}
		lower, upper := order[at-1], order[at+1]
		switch {
		case k == 0:
			span := c.Num[upper] - c.Num[lower]
			guess[first] = y[lower] + (y[upper]-y[lower])*(c.Num[first]-c.Num[lower])/span
		default:
			guess[first] = y[lower]
		}
		if !math.IsNaN(guess[first]) {
			known = append(known, first)
		}
	}
	slices.Sort(known)
	return guess, known
}

// without is the mean of the rows but one, or their most frequent class.
func without(y []float64, rows []int, but, k int) float64 {
	if k == 0 {
		sum := 0.0
		for _, i := range rows {
			sum += y[i]
		}
		return (sum - y[but]) / float64(len(rows)-1)
	}
	counts := make([]int, k)
	for _, i := range rows {
		if i != but {
			counts[int(y[i])]++
		}
	}
	return float64(slices.Index(counts, slices.Max(counts)))
}
