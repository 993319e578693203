package clean

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// fold is a text without what people vary without meaning anything: case,
// accents, punctuation and spaces. Digits keep their groups: 1 000 is not 10 00.
func fold(s string) string {
	var b strings.Builder
	digit, gap := false, false
	for _, r := range norm.NFKD.String(s) {
		switch {
		case unicode.IsLetter(r):
			b.WriteRune(unicode.ToLower(r))
			digit = false
		case unicode.IsDigit(r):
			if digit && gap {
				b.WriteByte(' ')
			}
			b.WriteRune(r)
			digit, gap = true, false
			continue
		case unicode.Is(unicode.Mn, r):
			continue
		}
		gap = true
	}
	return b.String()
}

// trivial reports whether all that fold drops of a text is white space or
// punctuation that carries no meaning.
func trivial(s string) bool {
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsSpace(r) || unicode.Is(unicode.Mn, r) {
			continue
		}
		if !strings.ContainsRune(".,'’`´\"-–_():;/&!*", r) {
			return false
		}
	}
	return true
}

// plainLetters is a text without accents.
func plainLetters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(s))
}
