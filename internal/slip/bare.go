package slip

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// leastBare is the number of letters and digits that texts must have to be
// compared by these alone.
const leastBare = 4

// bare is a text without what people vary without meaning anything: case, accents,
// marks between words, spaces. Digits keep their groups: 1 000 is not 10 00. It is
// empty for texts that have too few letters and digits, or other marks.
func bare(s string) string {
	var b strings.Builder
	n := 0
	digit, gap := false, false
	for _, r := range norm.NFKD.String(s) {
		switch {
		case unicode.IsLetter(r):
			b.WriteRune(unicode.ToLower(r))
			n++
			digit = false
		case unicode.IsDigit(r):
			if digit && gap {
				b.WriteByte(' ')
			}
			b.WriteRune(r)
			n++
			digit, gap = true, false
			continue
		case unicode.Is(unicode.Mn, r):
			continue
		case !unicode.IsSpace(r) && !strings.ContainsRune(".,'’`´\"-–_():;/&!*", r):
			return ""
		}
		gap = true
	}
	if n < leastBare {
		return ""
	}
	return b.String()
}
