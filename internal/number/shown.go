package number

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Shown writes a number for people: with so many digits at most, but those of a whole
// number, which are not cut.
func Shown(x float64, digits int) string {
	if size := math.Abs(x); size >= math.Pow10(digits-1) && size < 1e15 {
		return Format(math.Round(x))
	}
	short, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', digits, 64), 64)
	if err != nil { // it is infinite
		return strconv.FormatFloat(x, 'g', digits, 64)
	}
	return Format(short)
}

// Grouped writes a count with its thousands apart.
func Grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Figure writes a measured number of which no spread is known: to four digits.
func Figure(x float64) string {
	if size := math.Abs(x); size >= 1000 && size < 1e15 {
		return Grouped(int64(math.Round(x)))
	}
	return Shown(x, 4)
}

// Trusted writes a value with the digits that its spread lets one trust: the spread to two
// digits, and the value to as many places.
func Trusted(v, sd float64) (value, spread string) {
	if !(sd > 0) || math.IsInf(sd, 0) || math.Abs(v) >= 1e15 {
		return Figure(v), Figure(sd)
	}
	places := 1 - int(math.Floor(math.Log10(sd)))
	if places <= 0 {
		step := math.Pow10(-places)
		return Grouped(int64(math.Round(v/step) * step)), Grouped(int64(math.Round(sd/step) * step))
	}
	fixed := func(x float64) string {
		whole, rest, _ := strings.Cut(fmt.Sprintf("%.*f", places, math.Abs(x)), ".")
		n, err := strconv.ParseInt(whole, 10, 64)
		if err != nil { // it has more than 18 digits
			return Figure(x)
		}
		sign := ""
		if x < 0 {
			sign = "-"
		}
		return sign + Grouped(n) + "." + rest
	}
	return fixed(v), fixed(sd)
}
