package clean

import (
	"math"
	"strings"
	"unicode"
)

// census counts what a table holds, by hashes: in how many columns a text is, in
// how many cells a word, in how many different values three characters in a row.
type census struct {
	texts []uint8
	words []uint32
	grams []uint16
}

const censusBits = 22

func censusHash(s string) uint32 {
	h := uint64(14695981039346656037) // FNV-1a
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return uint32(h^h>>32) & (1<<censusBits - 1)
}

func newCensus(t *Table) *census {
	n := &census{make([]uint8, 1<<censusBits), make([]uint32, 1<<censusBits), make([]uint16, 1<<censusBits)}
	for _, c := range t.Columns {
		for _, v := range c.Values {
			if v.Absent || len(v.Text) > longestCell {
				continue
			}
			if h := censusHash(v.Text); n.texts[h] < math.MaxUint8 {
				n.texts[h]++
			}
			for w := range eachWord(v.Text) {
				n.words[censusHash(strings.ToLower(w))] += uint32(v.Count)
			}
			eachTrigram([]rune(v.Text), 0, math.MaxInt, func(h uint32) {
				if n.grams[h] < math.MaxUint16 {
					n.grams[h]++
				}
			})
		}
	}
	return n
}

// eachTrigram calls f for the hash of each three characters in a row, with a space
// at both ends, of which one is between from and to.
func eachTrigram(r []rune, from, to int, f func(h uint32)) {
	at := func(i int) rune {
		if i < 0 || i >= len(r) {
			return ' '
		}
		return unicode.ToLower(r[i])
	}
	for i := max(-1, from-2); i <= min(to, len(r)-2); i++ {
		h := uint64(at(i))<<42 | uint64(at(i+1))<<21 | uint64(at(i+2))
		h *= 0x9E3779B97F4A7C15
		f(uint32(h >> (64 - censusBits)))
	}
}
