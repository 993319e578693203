// Package fingerprint tells what spellings of one text have in common.
package fingerprint

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Of is a text without what people vary without meaning anything: case,
// accents, punctuation and spaces. Digits keep their groups: 1 000 is not 10 00.
func Of(s string) string {
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

// Trivial reports whether all that Of drops of a text is white space or
// punctuation that carries no meaning.
func Trivial(s string) bool {
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

// Plain is a text without accents.
func Plain(s string) string {
	if ascii(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(s))
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
