package clean

// near reports whether one text may be a misspelling of another: their distance
// is at most a fifth of the length, and one for short texts.
func near(a, b string) bool {
	x, y := []rune(a), []rune(b)
	limit := max(1, max(len(x), len(y))/5)
	return editDistance(x, y, limit) <= limit
}

// editDistance is the number of insertions, deletions, substitutions and
// exchanges of neighbours that turn a into b (optimal string alignment), or
// limit+1 where that is more than limit.
func editDistance(a, b []rune, limit int) int {
	if len(a) < len(b) {
		a, b = b, a
	}
	if len(a)-len(b) > limit {
		return limit + 1
	}
	var space [3 * 64]int
	n := len(b) + 1
	rows := space[:]
	if 3*n > len(rows) {
		rows = make([]int, 3*n)
	}
	before, last, row := rows[:n], rows[n:2*n], rows[2*n:3*n]
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			d := last[j-1]
			if a[i-1] != b[j-1] {
				d = 1 + min(d, last[j], row[j-1])
				if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
					d = min(d, before[j-2]+1)
				}
			}
			row[j] = d
			least = min(least, d)
		}
		if least > limit {
			return limit + 1
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], limit+1)
}
