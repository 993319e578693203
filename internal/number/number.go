// Package number reads and writes numbers as tables spell them.
//
// Parse and Int take the plain spelling only: an optional sign, digits, a
// decimal point, an exponent. Hexadecimal, underscores, infinities and NaN are
// text. Loose also takes the spellings of people: currency signs, thousands
// separators.
package number

import (
	"math"
	"strconv"
	"strings"
)

// exact powers of ten: a mantissa below 2^53 times or over one of them is
// rounded once, hence correctly (Clinger, "How to read floating point numbers
// accurately", 1990).
var pow10 = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

// Most is the size up to which a number can be learned from: its fifth power is finite,
// so that squares of squares have sums.
const Most = 1e60

// Bounded is x, or the nearest number that can be learned from. NaN stays.
func Bounded(x float64) float64 { return min(max(x, -Most), Most) }

// Parse reads a number. It refuses what would overflow to infinity.
func Parse(s string) (float64, bool) {
	f, _, ok := Read(s)
	return f, ok
}

// Read is Parse, and reports whether the number is one that Int takes.
func Read(s string) (f float64, whole, ok bool) {
	if m, short := digits(s); short {
		return float64(m), true, true
	}
	f, point, ok := parse(s)
	if ok && !point {
		_, whole = Int(s)
	}
	return f, whole, ok
}

// digits reads up to fifteen digits and nothing else.
func digits(s string) (m uint64, ok bool) {
	if len(s) > 15 || s == "" {
		return 0, false
	}
	for i := range len(s) {
		d := s[i] - '0'
		if d > 9 {
			return 0, false
		}
		m = m*10 + uint64(d)
	}
	return m, true
}

// parse reads a number, and reports whether it has a point or an exponent.
func parse(s string) (f float64, point, ok bool) {
	m, exp, digits, neg, point, ok := scan(s)
	if !ok {
		return 0, false, false
	}
	if digits <= 19 && m < 1<<53 && exp >= -22 && exp <= 22 {
		f := float64(m)
		if exp < 0 {
			f /= pow10[-exp]
		} else {
			f *= pow10[exp]
		}
		if neg {
			f = -f
		}
		return f, point, true
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, point, err == nil && !math.IsInf(f, 0)
}

// scan checks the grammar and collects the mantissa, the power of ten, the
// number of significant digits, and whether there is a point or an exponent.
func scan(s string) (m uint64, exp, digits int, neg, point, ok bool) {
	i := 0
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		neg = s[i] == '-'
		i++
	}
	seen := false
	for ; i < len(s) && s[i]-'0' < 10; i++ {
		seen = true
		m = m*10 + uint64(s[i]-'0')
		if m > 0 {
			digits++
		}
	}
	if i < len(s) && s[i] == '.' {
		point = true
		for i++; i < len(s) && s[i]-'0' < 10; i++ {
			seen = true
			m = m*10 + uint64(s[i]-'0')
			if m > 0 {
				digits++
			}
			exp--
		}
	}
	if !seen {
		return 0, 0, 0, false, false, false
	}
	if i < len(s) && (s[i] == 'e' || s[i] == 'E') {
		e, rest, ok := exponent(s[i+1:])
		if !ok {
			return 0, 0, 0, false, false, false
		}
		exp, i, point = exp+e, len(s)-rest, true
	}
	return m, exp, digits, neg, point, i == len(s)
}

func exponent(s string) (e, rest int, ok bool) {
	neg := false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		neg = s[0] == '-'
		s = s[1:]
	}
	n := 0
	for n < len(s) && s[n]-'0' < 10 {
		if e < 100000 {
			e = e*10 + int(s[n]-'0')
		}
		n++
	}
	if neg {
		e = -e
	}
	return e, len(s) - n, n > 0
}

// Int reads a whole number that fits 64 bits. A leading plus is taken; leading
// zeros are too, but see Padded.
func Int(s string) (int64, bool) {
	i, neg := 0, false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		neg = s[0] == '-'
		i = 1
	}
	if i == len(s) || len(s)-i > 19 {
		return 0, false
	}
	var v uint64
	for ; i < len(s); i++ {
		d := s[i] - '0'
		if d > 9 {
			return 0, false
		}
		v = v*10 + uint64(d)
	}
	switch {
	case neg && v <= 1<<63:
		return -int64(v), true
	case !neg && v < 1<<63:
		return int64(v), true
	}
	return 0, false
}

// Padded reports whether s is digits with a zero in front, as codes have and
// quantities have not.
func Padded(s string) bool {
	return len(s) > 1 && s[0] == '0' && s[1]-'0' < 10
}

// Loose reads a number as people write it: "$1,234.50", "1 234",
// "(15)" for minus fifteen. It reports false for what Parse already takes.
func Loose(s string) (float64, bool) {
	t := strings.TrimSpace(s)
	if len(t) > 40 || t == "" || lettered(t) {
		return 0, false
	}
	neg := false
	if t[0] == '(' && t[len(t)-1] == ')' {
		neg, t = true, t[1:len(t)-1]
	}
	if rest, ok := strings.CutSuffix(t, "%"); ok {
		t = strings.TrimRight(rest, " \u00a0")
	}
	for _, dash := range []string{"−", "–"} {
		if rest, ok := strings.CutPrefix(t, dash); ok {
			t = "-" + rest
		}
	}
	if rest, ok := strings.CutPrefix(t, "-"); ok && !neg && rest != "" && rest[0]-'0' > 9 {
		neg, t = true, rest
	} else if rest, ok := strings.CutSuffix(t, "-"); ok && !neg {
		neg, t = true, rest
	}
	t = strings.TrimSpace(strings.Trim(t, "$€£¥ \u00a0"))
	if neg && strings.HasPrefix(t, "-") {
		return 0, false
	}
	plain, ok := ungroup(t)
	if !ok {
		return 0, false
	}
	f, ok := Parse(plain)
	if !ok || plain == s {
		return 0, false
	}
	if neg {
		f = -f
	}
	return f, true
}

// lettered reports whether a text has a letter that no number has.
func lettered(t string) bool {
	for i := range len(t) {
		if c := t[i] | 0x20; c-'a' < 26 && c != 'e' {
			return true
		}
	}
	return false
}

// ungroup removes separators between groups of three digits: commas, spaces,
// apostrophes.
func ungroup(t string) (string, bool) {
	whole, frac, _ := strings.Cut(t, ".")
	for _, sep := range []string{",", " ", "'", "\u00a0", "\u202f"} {
		if !strings.Contains(whole, sep) {
			continue
		}
		var ok bool
		if whole, ok = Joined(whole, sep); !ok {
			return "", false
		}
		break
	}
	if len(whole) == len(t) {
		return whole, true
	}
	if strings.Contains(t, ".") {
		return whole + "." + frac, true
	}
	return whole, true
}

// Joined removes the separators between groups of three digits of a whole number, or
// of two digits before the last three, as commas stand in India (12,34,567). It reports
// false where they stand elsewhere.
func Joined(whole, separator string) (string, bool) {
	groups := strings.Split(whole, separator)
	if first := strings.TrimLeft(groups[0], "+-"); len(first) < 1 || len(first) > 3 || len(groups) > 1 && first[0] == '0' {
		return "", false // 0,129 is no group of three digits
	}
	middle := 3
	if k := len(groups); separator == "," && k > 2 && len(groups[1]) == 2 && len(strings.TrimLeft(groups[0], "+-")) <= 2 {
		middle = 2
	}
	for i, g := range groups[1:] {
		if want := middle; i == len(groups)-2 && len(g) != 3 || i < len(groups)-2 && len(g) != want {
			return "", false
		}
	}
	return strings.Join(groups, ""), true
}

// Append writes f in the shortest form that reads back equal, without an
// exponent where that is not longer than 21 characters.
func Append(dst []byte, f float64) []byte {
	if a := math.Abs(f); a != 0 && (a < 1e-6 || a >= 1e21) {
		return strconv.AppendFloat(dst, f, 'g', -1, 64)
	}
	return strconv.AppendFloat(dst, f, 'f', -1, 64)
}

// Format is Append to a string.
func Format(f float64) string { return string(Append(nil, f)) }

// Round returns f rounded to that many digits behind the point.
func Round(f float64, digits int) float64 {
	r, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'f', digits, 64), 64)
	return r
}

// AppendInt appends a whole number.
func AppendInt(dst []byte, i int64) []byte { return strconv.AppendInt(dst, i, 10) }

// Itoa writes a whole number.
func Itoa(i int) string { return strconv.Itoa(i) }
