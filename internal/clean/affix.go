package clean

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// affixes takes off punctuation that was glued to some cells of a column, in
// front or behind: marks that never stand at that place otherwise, on cells that
// are known values without them.
var affixes = cellRule("affix", learnAffixes, func(s glued) (Repair, error) {
	return func(cell string) (string, float64, bool) {
		if isPlain(cell) {
			return "", 0, false // a sign belongs to a number
		}
		for _, a := range s.Before {
			if rest, ok := strings.CutPrefix(cell, a); ok && rest != "" {
				return rest, 0.95, true
			}
		}
		for _, a := range s.After {
			if rest, ok := strings.CutSuffix(cell, a); ok && rest != "" {
				return rest, 0.95, true
			}
		}
		return "", 0, false
	}, nil
})

// glued are the marks.
type glued struct {
	Before []string `json:"before,omitempty"`
	After  []string `json:"after,omitempty"`
}

// Bounds of learnAffixes.
const (
	affixShare  = 0.3 // cells that may carry the mark
	affixKnown  = 0.6 // of them, those that are values of the column without it
	fewestGlued = 3
)

func learnAffixes(c *Column) *glued {
	if c.Type.Temporal() {
		return nil
	}
	known := map[string]int{}
	all := 0
	for _, v := range c.Values {
		if !v.Absent {
			known[v.Text] = v.Count
			all += v.Count
		}
	}
	var s glued
	s.Before = c.affixesOf(known, all, func(t string) (string, string) {
		n := 0
		for n < len(t) && isMark(t[n:]) {
			_, k := utf8.DecodeRuneInString(t[n:])
			n += k
		}
		return t[:n], t[n:]
	})
	s.After = c.affixesOf(known, all, func(t string) (string, string) {
		n := len(t)
		for n > 0 {
			r, k := utf8.DecodeLastRuneInString(t[:n])
			if !mark(r) {
				break
			}
			n -= k
		}
		return t[n:], t[:n]
	})
	if s.Before == nil && s.After == nil {
		return nil
	}
	return &s
}

func isMark(s string) bool { r, _ := utf8.DecodeRuneInString(s); return mark(r) }

// mark reports whether a character may be glued to a cell by accident; brackets,
// quotes and full stops belong to texts.
func mark(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsSpace(r) && !strings.ContainsRune(".()[]{}<>\"'%$€£?!+", r) && r != utf8.RuneError
}

func (c *Column) affixesOf(known map[string]int, all int, cut func(string) (affix, rest string)) (found []string) {
	cells, values, witnesses := map[string]int{}, map[string]int{}, map[string]int{}
	for _, v := range c.Values {
		affix, rest := cut(v.Text)
		if v.Absent || affix == "" || rest == "" || isPlain(v.Text) {
			continue
		}
		cells[affix] += v.Count
		values[affix]++
		if known[rest] > v.Count {
			witnesses[affix]++
		}
	}
	for affix, n := range cells {
		if n >= fewestGlued && float64(n) <= affixShare*float64(all) && values[affix] >= 2 && float64(witnesses[affix]) >= affixKnown*float64(values[affix]) {
			found = append(found, affix)
		}
	}
	slices.SortFunc(found, func(a, b string) int { // the longest first
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	return found
}
