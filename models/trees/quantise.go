package trees

import "math"

// scale is how many quanta a gradient of one has: what is added up is whole numbers, whose
// sums are exact, and so do not depend on how the rows are cut among threads.
type scale struct{ g, h float64 }

// quantise rounds the gradients of rows, nil for all, up or down by chance, so that their
// sums are not off to one side. The chance is that of the row and of the tree.
func quantise(g, h []float64, rows []int32, tree uint64, out []gradient) scale {
	n := len(g)
	if rows != nil {
		n = len(rows)
	}
	row := func(i int) int {
		if rows != nil {
			return int(rows[i])
		}
		return i
	}
	maxG, maxH := 0.0, 0.0
	for i := range n {
		r := row(i)
		if a := math.Abs(g[r]); a > maxG && a <= math.MaxFloat64 {
			maxG = a
		}
		if a := h[r]; a > maxH && a <= math.MaxFloat64 {
			maxH = a
		}
	}
	if maxG == 0 || maxH == 0 {
		maxG, maxH = max(maxG, 1), max(maxH, 1)
	}
	s := scale{math.Floor(min(math.MaxInt16, math.MaxInt32/float64(n))) / maxG, math.Floor(min(math.MaxUint16, math.MaxUint32/float64(n))) / maxH}
	for i := range n {
		r := row(i)
		out[r] = s.gradient(g[r], h[r], chance(uint64(r), tree))
	}
	return s
}

// gradient is a gradient in quanta. One that is no number counts as none.
func (s scale) gradient(g, h float64, by uint64) gradient {
	if !(math.Abs(g) <= math.MaxFloat64 && h <= math.MaxFloat64) {
		return 0
	}
	const unit = 1.0 / (1 << 16)
	a := int32(math.Floor(float64(g*s.g) + float64(float64(by>>48)*unit)))
	b := int32(math.Floor(float64(h*s.h) + float64(float64(by>>32&0xffff)*unit)))
	a, b = min(max(a, math.MinInt16), math.MaxInt16), min(max(b, 0), math.MaxUint16)
	return gradient(uint32(a)<<16 | uint32(b))
}

// chance is a number of 64 bits that looks like chance (after SplitMix64: Steele, Lea and
// Flood, 2014).
func chance(row, tree uint64) uint64 {
	x := row*0x9e3779b97f4a7c15 + tree
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
