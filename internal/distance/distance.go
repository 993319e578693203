// Package distance measures how far apart two texts are.
package distance

import "unsafe"

// Edit is the number of insertions, deletions, substitutions and exchanges of
// neighbours that turn a into b (optimal string alignment), or limit+1 where that
// is more than limit.
func Edit[T byte | rune](a, b []T, limit int) int {
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
	lastLeast := 0
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
		if least > limit && lastLeast > limit { // an exchange looks two rows back
			return limit + 1
		}
		lastLeast = least
		before, last, row = last, row, before
	}
	return min(last[len(b)], limit+1)
}

// Strings is Edit of two texts, in characters.
func Strings(a, b string, limit int) int {
	if ascii(a) && ascii(b) {
		return Edit(bytes(a), bytes(b), limit)
	}
	return Edit([]rune(a), []rune(b), limit)
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// bytes is the bytes of a text, not to be changed.
func bytes(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
