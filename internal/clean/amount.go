package clean

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/beamline-go/beamline/internal/number"
)

// amount is a number as people write it: what stands before it, the number, what
// stands behind.
type amount struct {
	before, digits, after string
}

// maxAffix bounds what may stand before or behind a number, in bytes.
const maxAffix = 16

// readAmount takes a cell apart that has one number in it. digits has the
// number's separators, and its sign as a hyphen in front, however it is written: as
// a minus or dash before the number or its currency, or behind the number.
func readAmount(cell string) (amount, bool) {
	for _, dash := range []string{"−", "–"} {
		if rest, ok := strings.CutPrefix(cell, dash); ok {
			cell = "-" + rest
		} else if rest, ok := strings.CutSuffix(cell, dash); ok {
			cell = rest + "-"
		}
	}
	from := strings.IndexFunc(cell, func(r rune) bool { return r-'0' < 10 && r >= '0' })
	if from < 0 || from > maxAffix {
		return amount{}, false
	}
	if from > 0 && cell[from-1] == '.' && (from == 1 || cell[from-2] == ' ') {
		from-- // .5
	}
	to := from
	for to < len(cell) {
		b := cell[to]
		if b-'0' < 10 {
			to++
			continue
		}
		sep := separatorAt(cell[to:])
		if sep == 0 || to+sep >= len(cell) || cell[to+sep]-'0' >= 10 {
			break
		}
		to += sep
	}
	a := amount{before: cell[:from], digits: cell[from:to], after: cell[to:]}
	if i := len(a.before); i > 0 && (a.before[i-1] == '-' || a.before[i-1] == '+') && (i == 1 || i <= 5) {
		a.before, a.digits = a.before[:i-1], a.before[i-1:]+a.digits
	} else if strings.HasPrefix(a.before, "-") && currency(strings.TrimSpace(a.before[1:])) {
		a.before, a.digits = strings.TrimSpace(a.before[1:]), "-"+a.digits
	}
	if len(a.after) > maxAffix || strings.ContainsFunc(a.after, unicode.IsDigit) {
		return amount{}, false
	}
	a.before, a.after = strings.TrimSpace(a.before), strings.TrimSpace(a.after)
	if a.after == "-" && a.digits[0] != '-' && a.digits[0] != '+' {
		a.digits, a.after = "-"+a.digits, ""
	}
	return a, true
}

// separatorAt is the length of a character that may stand between digits.
func separatorAt(s string) int {
	switch r, n := utf8.DecodeRuneInString(s); r {
	case '.', ',', '\'', ' ', '\u00a0', '\u202f', '’':
		return n
	}
	return 0
}

func currency(s string) bool {
	if s == "" {
		return false
	}
	for _, r := range s {
		if !unicode.Is(unicode.Sc, r) {
			return false
		}
	}
	return true
}

// separators are the marks in the numbers of a column.
type separators struct {
	Group   string `json:"group,omitempty"`   // between thousands
	Decimal string `json:"decimal,omitempty"` // before the fraction, where that is no point
	Either  bool   `json:"either,omitempty"`  // comma and point both stand before fractions, and nothing else
	Whole   bool   `json:"whole,omitempty"`   // numbers have no fraction
}

// plain writes digits without separators of thousands and with a point, or
// reports that they are not written that way.
func (s separators) plain(digits string) (string, bool) {
	whole, fraction := digits, ""
	decimal := "."
	if s.Decimal != "" {
		decimal = s.Decimal
	}
	if s.Either && strings.Contains(digits, ",") {
		if decimal = ","; len(digits)-strings.LastIndex(digits, ",") == 4 {
			return "", false // a fraction, or thousands?
		}
	}
	if i := strings.LastIndex(digits, decimal); i >= 0 {
		whole, fraction = digits[:i], digits[i+len(decimal):]
		if fraction == "" {
			return "", false
		}
	}
	if s.Group != "" && strings.Contains(whole, s.Group) {
		var ok bool
		if whole, ok = number.Joined(whole, s.Group); !ok {
			return "", false
		}
	}
	out := whole
	if fraction != "" {
		out += "." + fraction
	}
	if _, ok := number.Parse(out); !ok {
		return "", false
	}
	return out, true
}

// readSeparators finds out how the numbers of a column are written, from texts
// that readAmount took apart. ok is false where they contradict each other.
func readSeparators(digits []Value) (s separators, ok bool) {
	var proof [2]struct{ group, decimal, open int } // of commas and of points
	spaced := map[string]int{}
	for _, d := range digits {
		t := strings.TrimLeft(d.Text, "+-")
		comma, point := strings.Count(t, ","), strings.Count(t, ".")
		for _, sep := range []string{" ", "'", "\u00a0", "\u202f", "’"} {
			if strings.Contains(t, sep) {
				spaced[sep] += d.Count
			}
		}
		for k, sep := range []string{",", "."} {
			n, other := comma, point
			if k == 1 {
				n, other = point, comma
			}
			if n == 0 {
				continue
			}
			last := strings.LastIndex(t, sep)
			first := strings.Index(t, sep)
			p := &proof[k]
			switch {
			case n > 1, other > 0 && last < strings.LastIndexAny(t, ",.") && n == 1:
				p.group += d.Count
			case other > 0, len(t)-last-1 != 3, first > 3, first == 0, t[0] == '0':
				p.decimal += d.Count
			default:
				p.open += d.Count
			}
		}
	}
	commas, points := proof[0], proof[1]
	switch {
	case commas.group > 0 && commas.decimal > 0, points.group > 0 && points.decimal > 0,
		commas.group > 0 && points.group > 0:
		return s, false
	case commas.decimal > 0 && points.decimal > 0:
		s.Either = true
	case commas.decimal > 0:
		s.Decimal = ","
		if points.group+points.open > 0 {
			s.Group = "."
		}
	case points.group > 0:
		s.Group, s.Decimal = ".", ","
	case commas.group+commas.open > 0:
		s.Group = ","
	}
	if len(spaced) > 1 || len(spaced) == 1 && s.Group != "" {
		return s, false
	}
	for sep := range spaced {
		s.Group = sep
	}
	return s, true
}
