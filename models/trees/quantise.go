package trees

import "math"

// scale is how many quanta a gradient of one has: what is added up is whole numbers, whose
// sums are exact, and so do not depend on how the rows are cut among threads.
type scale struct{ g, h float64 }

// quantise rounds the gradients of rows, nil for all, up or down by chance, so that their
// sums are not off to one side. The chance is that of the row and of the tree. They
// are those of a loss at a point by output k, made for some rows at a time.
func quantise(l loss, point []float64, k int, rows []int32, tree uint64, out []gradient) scale {
	const block = 512
	var all [block]int32
	var g, h [block]float64
	n := len(out)
	if rows != nil {
		n = len(rows)
	}
	maxG, maxH := l.bounds(point)
	if maxG == 0 || maxH == 0 {
		maxG, maxH = max(maxG, 1), max(maxH, 1)
	}
	s := scale{math.Floor(min(math.MaxInt16, math.MaxInt32/float64(n))) / maxG, math.Floor(min(math.MaxUint16, math.MaxUint32/float64(n))) / maxH}
	for from := 0; from < n; from += block {
		some := all[:min(block, n-from)]
		if rows != nil {
			some = rows[from:][:len(some)]
		} else {
			for i := range some {
				some[i] = int32(from + i)
			}
		}
		l.gradients(point, k, some, g[:], h[:])
		for i, r := range some {
			out[r] = s.gradient(g[i&(block-1)], h[i&(block-1)], chance(uint64(r), tree))
		}
	}
	return s
}

// gradient is a gradient in quanta. One that is no number counts as none.
func (s scale) gradient(g, h float64, by uint64) gradient {
	if !(math.Abs(g) <= math.MaxFloat64 && h <= math.MaxFloat64) {
		return 0
	}
	const unit = 1.0 / (1 << 16)
	const above = 1 << 16 // as whole numbers are cut off, not rounded down
	a := int32(min(max(float64(g*s.g)+float64(float64(by>>48)*unit), math.MinInt16), math.MaxInt16)+above) - above
	b := int32(min(max(float64(h*s.h)+float64(float64(by>>32&0xffff)*unit), 0), math.MaxUint16))
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
