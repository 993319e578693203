package clean

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// sounds rewrites letters that sound like others, as Metaphone does (Philips,
// "Hanging on the Metaphone", 1990), for names of several languages.
var sounds = strings.NewReplacer(
	"sch", "s", "tch", "c", "ch", "c", "sh", "s", "ph", "f", "gh", "g", "th", "t", "ck", "k", "kn", "n", "wr", "r", "qu", "k", "dg", "j", "mb", "m",
	"ce", "s", "ci", "s", "cy", "s", "c", "k", "q", "k", "x", "ks", "z", "s", "v", "f", "w", "", "h", "", "dt", "t",
)

// sound is what a text sounds like: its consonants, and the vowel that it begins
// with. Texts with digits have none.
func sound(text string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(text)) {
		switch {
		case unicode.IsDigit(r):
			return ""
		case unicode.IsLetter(r):
			b.WriteRune(r)
		}
	}
	rewritten := sounds.Replace(b.String())
	b.Reset()
	last := rune(0)
	for i, r := range rewritten {
		switch vowel := strings.ContainsRune("aeiouy", r); {
		case vowel && i == 0:
			b.WriteByte('a')
		case !vowel && r != last:
			b.WriteRune(r)
		}
		last = r
	}
	return b.String()
}
