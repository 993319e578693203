package clean

import (
	"strings"

	"github.com/beamline-go/beamline/internal/number"
)

// numbers writes numbers without separators of thousands and with a decimal
// point, in columns of numbers, and whole numbers without a fraction where nearly
// all of the column are. What a comma means is what the cells of the column
// prove: 1,234,567 and 1,5 are of different customs, and a column that has both
// is left as it is.
var numbers = cellRule("number", learnNumbers, func(s separators) (Repair, error) {
	return func(cell string) (string, float64, bool) {
		if isPlain(cell) && s.Group != "." {
			if whole, ok := withoutFraction(cell); ok && s.Whole {
				return whole, precisionOf("number"), true
			}
			return "", 0, false
		}
		a, ok := readAmount(cell)
		if !ok || a.before != "" || a.after != "" {
			return bracketed(cell, s)
		}
		plain, ok := s.plain(a.digits)
		return plain, 1, ok && plain != cell
	}, nil
})

// numberShare is the share of a column's cells that must be numbers.
const numberShare = 0.95

func learnNumbers(c *Column) *separators {
	var digits []Value
	n, all := 0, 0
	for v := range c.Present() {
		all += v.Count
		if isPlain(v.Text) {
			n += v.Count
			if !whole(v.Text) {
				digits = append(digits, v)
			}
			continue
		}
		if a, ok := readAmount(v.Text); ok && a.before == "" && a.after == "" {
			digits = append(digits, Value{Text: a.digits, Count: v.Count})
			n += v.Count
		} else if _, _, ok := bracketed(v.Text, separators{Group: ","}); ok {
			digits = append(digits, Value{Text: v.Text[1 : len(v.Text)-1], Count: v.Count})
			n += v.Count
		}
	}
	if all == 0 || !c.Type.Numeric() && float64(n) < numberShare*float64(all) || c.codes() {
		return nil
	}
	s, ok := c.readSeparators(digits)
	if !ok {
		return nil
	}
	s.Whole = c.wholeNumbers()
	return &s
}

// wholeShare is the share of a column's cells that are written as whole numbers
// where a fraction of zeros is an accident.
const wholeShare = 0.6

// wholeNumbers reports whether all cells are whole numbers, and nearly all are
// written as such.
func (c *Column) wholeNumbers() bool {
	n, all := 0, 0
	for v := range c.Present() {
		all += v.Count
		if !isPlain(v.Text) {
			continue
		}
		if !strings.Contains(v.Text, ".") {
			n += v.Count
		} else if _, ok := withoutFraction(v.Text); !ok {
			return false
		}
	}
	return n < all && float64(n) >= wholeShare*float64(all)
}

// withoutFraction takes a fraction of zeros off a number.
func withoutFraction(cell string) (string, bool) {
	whole, fraction, ok := strings.Cut(cell, ".")
	return whole, ok && whole != "" && fraction != "" && strings.Trim(fraction, "0") == ""
}

// bracketed reads the bookkeeper's (1,234) for -1234.
func bracketed(cell string, s separators) (string, float64, bool) {
	if len(cell) < 3 || cell[0] != '(' || cell[len(cell)-1] != ')' {
		return "", 0, false
	}
	plain, ok := s.plain(cell[1 : len(cell)-1])
	return "-" + plain, 1, ok && plain[0] != '-'
}

// isPlain reports whether a cell is a number as programs write it.
func isPlain(cell string) bool {
	if cell == "" || cell[len(cell)-1]-'0' >= 10 {
		return false
	}
	_, ok := number.Parse(cell)
	return ok
}

func whole(cell string) bool {
	for i := range len(cell) {
		if cell[i]-'0' >= 10 {
			return false
		}
	}
	return true
}

// codes reports whether the cells are digits that are no quantity: zeros stand
// in front of some.
func (c *Column) codes() bool {
	return c.share(number.Padded) > 0.01
}
