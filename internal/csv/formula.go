package csv

import (
	"strings"

	"github.com/beamline-go/beamline/internal/number"
)

// Activates reports whether a change makes of a cell what a spreadsheet computes: cleaning
// does not, whatever else it is right about (CWE-1236).
func Activates(old, mended string) bool { return Formula(mended) && !Formula(old) }

// Formula reports whether a spreadsheet may take the cell for something to compute: one that
// begins with a sign of a formula, and is no number with its sign.
func Formula(cell string) bool {
	if cell == "" {
		return false
	}
	switch cell[0] {
	case '=', '@':
		return true
	case '+', '-':
		if _, ok := number.Loose(cell); ok {
			return false
		}
		return strings.ContainsAny(cell[1:], "+-*/|!(=")
	}
	return false
}
