package match

import (
	"cmp"
	"math"
	"slices"
)

// MostCompared is how many columns records are compared by: the keys that are looked at are
// pairs of columns, and a record of so many differs in the first few.
const MostCompared = 100

// toldBy is how many records what a column tells is judged by.
const toldBy = 2000

// MostTelling returns the places of the n columns that tell records apart the most, in
// their order, of the cells of each.
func MostTelling(columns [][]string, n int) []int {
	told, order := make([]float64, len(columns)), make([]int, len(columns))
	for k, cells := range columns {
		told[k], order[k] = entropy(cells), k
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(told[b], told[a]) })
	order = order[:min(n, len(order))]
	slices.Sort(order)
	return order
}

// entropy is how many bits a cell tells of a record, where an empty one tells nothing.
func entropy(cells []string) float64 {
	cells = cells[:min(len(cells), toldBy)]
	counts, filled := map[string]float64{}, 0.0
	for _, c := range cells {
		if c != "" {
			counts[c]++
			filled++
		}
	}
	var sizes []float64
	for _, n := range counts {
		sizes = append(sizes, n)
	}
	slices.Sort(sizes) // sums don't depend on the order of a map
	bits := 0.0
	for _, n := range sizes {
		bits -= n / filled * math.Log2(n/filled)
	}
	return bits * filled / float64(max(len(cells), 1))
}
