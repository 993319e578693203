package slip

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/beamline-go/beamline/internal/fingerprint"
)

// leastBare is the number of letters and digits that texts must have to be
// compared by these alone.
const leastBare = 4

// bare is the fingerprint of a text; it is empty for texts that have too few letters and
// digits, or marks that may mean something.
func bare(s string) string {
	if !fingerprint.Trivial(norm.NFKD.String(s)) {
		return ""
	}
	key := fingerprint.Of(s)
	if utf8.RuneCountInString(key)-strings.Count(key, " ") < leastBare {
		return ""
	}
	return key
}
