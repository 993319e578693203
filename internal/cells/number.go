package cells

import (
	"math"
	"math/bits"
)

// Int reads b[s:e] as a whole number: an optional minus and up to 16 digits.
func Int(b []byte, s, e int) (int64, bool) {
	negative := s < e && b[s] == '-'
	if negative {
		s++
	}
	n := e - s
	if n < 1 || n > 16 {
		return 0, false
	}
	v, ok := digits(b, s, n)
	if negative {
		return -int64(v), ok
	}
	return int64(v), ok
}

// exact are the powers of ten that a float64 holds exactly: a mantissa below 2^53
// over one of them is rounded once, hence correctly (Clinger, 1990).
var exact = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16}

// Float reads b[s:e] as a decimal number: an optional minus, and up to 16
// characters, digits with at most one point among them.
func Float(b []byte, s, e int) (float64, bool) {
	// Whether there is a minus can't be foreseen, so nothing branches on it.
	minus := (uint64(b[s]^'-') - 1) >> 63
	s += int(minus)
	n := e - s
	if n < 1 || n > 16 {
		return 0, false
	}
	low, high := load(b, s), load(b, s+8)
	scale := 0
	if at := point(low, high); at < n { // the point goes out from between the digits
		if n--; at < 8 {
			before := uint64(1)<<uint(8*at) - 1
			low, high = low&before|low>>8&^before|high<<56, high>>8
		} else {
			before := uint64(1)<<uint(8*at-64) - 1
			high = high&before | high>>8&^before
		}
		if scale = n - at; n == 0 {
			return 0, false
		}
	}
	v, ok := uint64(0), false
	if n <= 8 {
		v, ok = eight(low, n)
	} else {
		first, ok1 := eight(low, n-8)
		rest, ok2 := eight(low>>uint(8*n-64)|high<<uint(128-8*n), 8)
		v, ok = first*100000000+rest, ok1 && ok2
		if v >= 1<<53 {
			return 0, false
		}
	}
	f := float64(int64(v)) / exact[scale]
	return math.Float64frombits(math.Float64bits(f) | minus<<63), ok
}

// point returns which of 16 bytes is the first point; it is 16 or more if none is.
func point(low, high uint64) int {
	x, y := low^'.'*ones, high^'.'*ones
	x, y = (x-ones)&^x&highs, (y-ones)&^y&highs
	if x != 0 {
		return bits.TrailingZeros64(x) >> 3
	}
	return 8 + bits.TrailingZeros64(y)>>3
}
