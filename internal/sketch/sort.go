package sketch

import (
	"math"
	"slices"
)

// lowBits are not looked at when a long slice is sorted: values that agree in
// the other bits differ by less than one part in 2^24, which is nothing to a
// quantile.
const lowBits = 28

// digitBits are looked at in a pass of the sort.
const (
	digitBits = 9
	digits    = (64 - lowBits) / digitBits
)

// digit is the number that stands in a key's bits of a pass.
func digit(key uint64, pass int) int { return int(key>>(lowBits+digitBits*pass)) & (1<<digitBits - 1) }

// sortFloats sorts values that hold no NaN: long slices digit by digit, but for the
// lowest bits, passing over digits that all have in common, as whole numbers do.
func sortFloats(x []float64) {
	if len(x) < 256 || len(x) > rawSize {
		slices.Sort(x)
		return
	}
	var from, to [rawSize]uint64
	var counts [digits][1 << digitBits]uint16
	for i, v := range x {
		k := sortable(v)
		from[i] = k
		counts[0][digit(k, 0)]++
		counts[1][digit(k, 1)]++
		counts[2][digit(k, 2)]++
		counts[3][digit(k, 3)]++
	}
	src, dst := from[:len(x)], to[:len(x)]
	for d := range counts {
		c, shift := &counts[d], lowBits+digitBits*d
		if int(c[digit(src[0], d)]) == len(x) {
			continue
		}
		at := uint16(0)
		for i, n := range c {
			c[i], at = at, at+n
		}
		for _, k := range src {
			p := &c[k>>shift&(1<<digitBits-1)]
			dst[*p] = k
			*p++
		}
		src, dst = dst, src
	}
	for i, k := range src {
		x[i] = unsortable(k)
	}
}

// sortable returns bits whose order as a whole number is the order of v.
func sortable(v float64) uint64 {
	k := math.Float64bits(v)
	if k>>63 == 1 {
		return ^k
	}
	return k | 1<<63
}

func unsortable(k uint64) float64 {
	if k>>63 == 1 {
		return math.Float64frombits(k &^ (1 << 63))
	}
	return math.Float64frombits(^k)
}
