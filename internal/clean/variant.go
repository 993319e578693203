package clean

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/beamline-go/beamline/internal/fingerprint"
)

// variants gives a value that differs from a frequent one in punctuation or spaces
// only the spelling of the frequent one. Accents tell words apart: pâte, pâté.
var variants = cellRule("variant", learnVariants, func(s likeness) (Repair, error) {
	return func(cell string) (string, float64, bool) {
		if !foldable(cell) {
			return "", 0, false
		}
		if lead, ok := s.Leads[respelled(cell)]; ok && !s.keeps(cell) {
			return lead, precisionOf("variant"), lead != cell
		}
		return "", 0, false
	}, nil
})

// leastFolded is the number of letters and digits that alike values must have.
const leastFolded = 4

func foldable(s string) bool {
	return len(s) <= maxKnownCell*4 && fingerprint.Trivial(s) && !signed(s) && utf8.RuneCountInString(fingerprint.Of(s)) >= leastFolded
}

func learnVariants(c *Column) *likeness {
	if !c.Type.Textual() {
		return nil
	}
	return c.likeness(respelled, foldable)
}

// respelled is what spellings of a value have in common: the fingerprint, with the accents.
func respelled(s string) string {
	if key := fingerprint.Of(s); fingerprint.Plain(s) == s {
		return key
	}
	return strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, norm.NFC.String(s)))
}

// signed reports whether a hyphen in a text may be a sign, of a number or behind a
// letter as in A-.
func signed(s string) bool {
	r := []rune(s)
	for i, c := range r {
		if c != '-' && c != '–' {
			continue
		}
		front := i == 0 || unicode.IsSpace(r[i-1]) || r[i-1] == '('
		if front && i+1 < len(r) && (unicode.IsDigit(r[i+1]) || r[i+1] == '.') || i+1 == len(r) {
			return true
		}
	}
	return false
}
