package fault

import (
	"fmt"
	"strings"
)

// Hint ends the sentence about a name that is not known: it asks whether the
// nearest of the names was meant, or, where none is near, says otherwise, or which
// there are.
func Hint(name string, names []string, otherwise string) string {
	if near := Nearest(name, names); near != "" {
		return fmt.Sprintf(", did you mean %q?", near)
	}
	if otherwise == "" && len(names) > 0 {
		return "; there are " + Few(names)
	}
	return otherwise
}

// Few lists names, the first of them where they are many.
func Few[S ~string](names []S) string {
	const most = 12
	var list strings.Builder
	for i, n := range names {
		if i == most {
			return fmt.Sprintf("%s and %d more", &list, len(names)-most)
		}
		if i > 0 {
			list.WriteString(", ")
		}
		list.WriteString(string(n))
	}
	return list.String()
}

// Nearest returns the name that name was most likely meant to be: the one with
// the fewest edits (insert, delete, replace, exchange of neighbours; neither case nor
// what stands between words counts), if they are at most a third of its length, or else
// the only one that begins so. It returns "" when there is none.
func Nearest(name string, names []string) string {
	best, bestEdits := "", 0
	bare := words(name)
	var longer []string
	for _, n := range names {
		other := words(n)
		e := edits(bare, other)
		if e*3 <= max(len(bare), 3) && (best == "" || e < bestEdits) {
			best, bestEdits = n, e
		}
		if len(bare) >= 3 && strings.HasPrefix(other, bare) {
			longer = append(longer, n)
		}
	}
	if best == "" && len(longer) == 1 {
		return longer[0]
	}
	return best
}

// words are the letters and digits of a name.
func words(name string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if strings.ContainsRune(" _-.", r) {
			return -1
		}
		return r
	}, name))
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
