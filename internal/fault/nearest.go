package fault

import (
	"fmt"
	"strings"
)

// Hint ends the sentence about a name that is not known: it asks whether the
// nearest of the names was meant, or, where none is near, says otherwise, which
// may be empty.
func Hint(name string, names []string, otherwise string) string {
	if near := Nearest(name, names); near != "" {
		return fmt.Sprintf(", did you mean %q?", near)
	}
	return otherwise
}

// Nearest returns the name that name was most likely meant to be: the one with
// the fewest edits (insert, delete, replace, exchange of neighbours; case does
// not count), if they are at most a third of its length. It returns "" when
// there is none.
func Nearest(name string, names []string) string {
	best, bestEdits := "", 0
	for _, n := range names {
		e := edits(strings.ToLower(name), strings.ToLower(n))
		if e*3 <= max(len(name), 3) && (best == "" || e < bestEdits) {
			best, bestEdits = n, e
		}
	}
	return best
}

// edits is the optimal string alignment distance.
func edits(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
