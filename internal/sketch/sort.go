package sketch

import (
	"math"
	"slices"
)

// lowBytes are not looked at when a long slice is sorted: values that agree in
// the other bytes differ by less than one part in 2^28, which is nothing to a
// quantile.
const lowBytes = 3

// sortFloats sorts values that hold no NaN: long slices byte by byte, but for the
// lowest bytes, passing over bytes that all have in common, as whole numbers do.
func sortFloats(x []float64) {
	if len(x) < 256 || len(x) > rawSize {
		slices.Sort(x)
		return
	}
	var from, to [rawSize]uint64
	var counts [8][256]uint16
	for i, v := range x {
		k := sortable(v)
		from[i] = k
		for b := lowBytes; b < 8; b++ {
			counts[b][byte(k>>(8*b))]++
		}
	}
	src, dst := from[:len(x)], to[:len(x)]
	for b := lowBytes; b < 8; b++ {
		c := &counts[b]
		if int(c[byte(src[0]>>(8*b))]) == len(x) {
			continue
		}
		at := uint16(0)
		for i, n := range c {
			c[i], at = at, at+n
		}
		for _, k := range src {
			p := &c[byte(k>>(8*b))]
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
