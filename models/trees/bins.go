package trees

import (
	"math"
	"math/bits"
	"slices"
)

// maxBins is the number of bins of a column's values; one more is for missing
// ones.
const maxBins = 254

// column is how the values of a column are cut into bins of about equal counts.
type column struct {
	uppers []float64 // bin b holds values up to uppers[b]; the last is infinity
	absent bool      // some values are missing
}

// missing is the bin of missing values.
func (c *column) missing() uint8 { return uint8(len(c.uppers)) }

// sampled is how many values of a column are looked at to cut it.
const sampled = 1 << 17

// columnOf cuts a column into so many bins at most, by some of its values where they are many: each so-many-th.
func columnOf(x []float64, most int) column {
	known, absent := make([]float64, 0, min(len(x), sampled)), false
	step := (len(x)-1)/sampled + 1
	for i, v := range x {
		switch {
		case math.IsNaN(v):
			absent = true
		case i%step == 0:
			known = append(known, v)
		}
	}
	slices.Sort(known)
	return column{edges(known, most), absent}
}

// bins finds the bin of each value.
func (c *column) bins(x []float64, out []uint8) {
	var upper [256]uint64
	for i := range upper {
		upper[i] = math.MaxUint64 // no value is above it
	}
	for i, u := range c.uppers {
		upper[i] = ordered(u)
	}
	absent := c.missing()
	for i, v := range x {
		key := ordered(v + 0) // the two zeros are one
		k := 0
		for step := 128; step > 0; step >>= 1 { // without a branch that would be guessed
			_, above := bits.Sub64(upper[(k+step-1)&255], key, 0)
			k += step & -int(above)
		}
		if v != v {
			k = int(absent)
		}
		out[i] = uint8(k)
	}
}

// ordered is a number in whose place an unsigned one stands that is ordered alike.
func ordered(v float64) uint64 {
	b := math.Float64bits(v)
	return b ^ (uint64(int64(b)>>63) | 1<<63)
}

// edges returns the upper ends of at most so many bins of sorted values: half way to the
// next value, and infinity for the last. Where there are more values than bins, one that
// fills a bin has it for itself, and the others share what is left by their counts.
func edges(sorted []float64, most int) []float64 {
	values, counts := tallied(sorted)
	var out []float64
	left, bins := len(sorted), most // rows and bins for values that have none of their own
	if len(values) > most {
		for i, n := range counts {
			if n*most >= len(sorted) {
				left, bins = left-n, bins-1
				counts[i] = -n
			}
		}
	}
	held := 0
	for i, n := range counts[:max(len(counts)-1, 0)] {
		held += max(n, 0)
		full := len(values) <= most || n < 0 || counts[i+1] < 0 && 2*held*bins >= left || held*bins >= left
		if !full || len(out) == most-1 {
			continue
		}
		if held > 0 {
			left, bins = left-held, max(bins-1, 1)
		}
		held = 0
		out = append(out, middle(values[i], values[i+1]))
	}
	return append(out, math.Inf(1))
}

// tallied are the values of sorted ones, each once, and how often each is there.
func tallied(sorted []float64) (values []float64, counts []int) {
	for _, v := range sorted {
		if n := len(values); n > 0 && values[n-1] == v {
			counts[n-1]++
			continue
		}
		values, counts = append(values, v), append(counts, 1)
	}
	return values, counts
}

// middle returns a value v with a <= v < b.
func middle(a, b float64) float64 {
	m := a + (b-a)/2
	if m >= b || math.IsInf(m, 0) {
		return a
	}
	return m
}
