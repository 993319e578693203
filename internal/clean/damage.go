package clean

import (
	"unicode"

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
