package clean

import (
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/beamline-go/beamline/internal/slip"
)

// Bounds of marksOfDamage.
const (
	markShare    = 0.3 // of the characters that replace others
	fewestMarks  = 20
	marksReplace = 5 // different characters
)

// marksOfDamage finds characters that replace others of any kind, as x does where
// a program made letters unreadable.
func marksOfDamage(all []*things) map[rune]bool {
	counts, replaced, n := map[rune]int{}, map[rune]map[rune]bool{}, 0
	for _, s := range all {
		for _, p := range s.pairs {
			if s.words || !s.slips[p.Rare] || s.values[p.Lead].Count < timesOf*s.values[p.Rare].Count || p.Edit.Kind != slip.Substitute && p.Edit.Kind != slip.Several {
				continue
			}
			for i, r := range p.Edit.To {
				if unicode.IsDigit(r) {
					continue
				}
				counts[r]++
				n++
				if replaced[r] == nil {
					replaced[r] = map[rune]bool{}
				}
				replaced[r][p.Edit.From[i]] = true
			}
		}
	}
	out := map[rune]bool{}
	for r, k := range counts {
		if n >= fewestMarks && float64(k) >= markShare*float64(n) && len(replaced[r]) >= marksReplace {
			out[r] = true
		}
	}
	return out
}

// closed is the log odds of a slip in a closed domain that many slips show. The model
// is linear, and does not see that all of these come together.
const closed = 2.5

// Bounds of closedDomain.
const (
	mostClosed     = 20   // frequent values
	closedCover    = 0.9  // cells that have one
	closedNear     = 0.95 // rare values that are near one
	closedLead     = 50   // times as often as the slip
	closedRival    = 7    // and as another value that is as near
	shortestClosed = 3    // characters
)

// closedDomain reports whether a column has a few frequent values and else next to
// nothing but slips of them, and the pair is one letter apart.
func (w *witness) closedDomain(p slip.Pair, second int) bool {
	t := w.things
	rare, lead := t.values[p.Rare], t.values[p.Lead]
	if t.words || t.frequent > mostClosed || t.covered < closedCover || t.nearShare(is(t.slips[p.Rare])) < closedNear {
		return false
	}
	if lead.Count < closedLead*rare.Count || second*closedRival > lead.Count || utf8.RuneCountInString(lead.Text) < shortestClosed {
		return false
	}
	letters := func(edit []rune) bool {
		return !slices.ContainsFunc(edit, func(r rune) bool { return !unicode.IsLetter(r) })
	}
	return p.Edit.Kind <= slip.Transpose && letters(p.Edit.From) && letters(p.Edit.To)
}
