package clean

import (
	"unicode/utf8"

	"github.com/beamline-go/beamline/internal/distance"
)

// near reports whether one text may be a misspelling of another: their distance
// is at most a fifth of the length, and one for short texts.
func near(a, b string) bool {
	limit := max(1, max(utf8.RuneCountInString(a), utf8.RuneCountInString(b))/5)
	return distance.Strings(a, b, limit) <= limit
}

// Bounds that several rules share.
const (
	fewestCells = 20 // of a column from which rules learn
	leadCount   = 5  // cells of a spelling that leads
	shortest5   = 5  // characters of a text that may be misspelled
)
