package trees

import (
	"math"
	"slices"
)

// maxBins is the number of bins of a column's values; one more is for missing
// ones.
const maxBins = 254

// binned is a column cut into bins of about equal counts.
type binned struct {
	bins    []uint8
	uppers  []float64 // bin b holds values up to uppers[b]
	missing bool      // bin len(uppers) holds missing values
}

// cut bins a column.
func cut(x []float64) binned {
	known := make([]float64, 0, len(x))
	for _, v := range x {
		if !math.IsNaN(v) {
			known = append(known, v)
		}
	}
	slices.Sort(known)
	b := binned{bins: make([]uint8, len(x)), uppers: edges(known), missing: len(known) < len(x)}
	for i, v := range x {
		if math.IsNaN(v) {
			b.bins[i] = uint8(len(b.uppers))
			continue
		}
		k, _ := slices.BinarySearch(b.uppers, v)
		b.bins[i] = uint8(k)
	}
	return b
}

// edges returns the upper ends of the bins of sorted values: half way to the
// next value, and infinity for the last.
func edges(sorted []float64) []float64 {
	distinct := slices.Compact(slices.Clone(sorted))
	var out []float64
	if len(distinct) <= maxBins {
		for i := 0; i+1 < len(distinct); i++ {
			out = append(out, middle(distinct[i], distinct[i+1]))
		}
		return append(out, math.Inf(1))
	}
	for b := 1; b < maxBins; b++ {
		i := b * len(sorted) / maxBins
		if sorted[i-1] < sorted[i] {
			out = append(out, middle(sorted[i-1], sorted[i]))
			continue
		}
		j, _ := slices.BinarySearch(distinct, sorted[i])
		if j+1 < len(distinct) {
			out = append(out, middle(distinct[j], distinct[j+1]))
		}
	}
	return append(slices.Compact(out), math.Inf(1))
}

// middle returns a value v with a <= v < b.
func middle(a, b float64) float64 {
	m := a + (b-a)/2
	if m >= b || math.IsInf(m, 0) {
		return a
	}
	return m
}
