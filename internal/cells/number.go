package cells

import "math/bits"

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

var whole = [...]uint64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16}

// Float reads b[s:e] as a decimal number: an optional minus, and up to 16 digits
// with a point among or before them.
func Float(b []byte, s, e int) (float64, bool) {
	negative := s < e && b[s] == '-'
	if negative {
		s++
	}
	n := e - s
	if n < 1 || n > 17 {
		return 0, false
	}
	var v uint64
	var ok bool
	scale := 0
	if n <= 8 {
		w := load(b, s)
		if at := point(w); at < n {
			below := uint64(1)<<uint(8*at) - 1
			w = w&below | w>>8&^below
			scale = n - 1 - at
			n--
		}
		if n == 0 {
			return 0, false
		}
		v, ok = eight(w, n)
	} else if v, scale, ok = long(b, s, n); v >= 1<<53 {
		return 0, false
	}
	f := float64(v) / exact[scale]
	if negative {
		f = -f
	}
	return f, ok
}

// point returns which byte of w is the first point, or 8.
func point(w uint64) int {
	x := w ^ '.'*ones
	return bits.TrailingZeros64((x-ones)&^x&highs) >> 3
}

// long reads 9 to 17 characters: the digits as a whole, and how many of them stand
// behind the point.
func long(b []byte, s, n int) (v uint64, scale int, ok bool) {
	at := point(load(b, s))
	if at == 8 {
		at += point(load(b, s+8))
	}
	if at == 16 || at >= n {
		if n > 16 {
			return 0, 0, false
		}
		v, ok = digits(b, s, n)
		return v, 0, ok
	}
	scale = n - 1 - at
	v, ok = 0, true
	if at > 0 {
		v, ok = digits(b, s, at)
	}
	if scale == 0 || !ok {
		return v, scale, ok
	}
	fraction, ok := digits(b, s+at+1, scale)
	return v*whole[scale] + fraction, scale, ok
}
