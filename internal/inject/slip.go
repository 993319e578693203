package inject

import (
	"math/rand/v2"
	"slices"
	"strings"
	"unicode"
)

// marksAtEnd are what is typed behind a value by accident.
var marksAtEnd = []string{"***", "??", "....", "###", "--"}

// Slips puts slips of the pen into a share of the cells of some columns: most are
// one character too many, too few, wrong, or two exchanged; some make a character
// unreadable in several places, or put marks behind or around the value. Columns
// and rates are drawn, at most most.
func Slips(rows [][]string, most float64, seed uint64) [][]string {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 2)), rows: rows}
	blot := rune("x#*"[g.IntN(3)])
	if g.blots = 0.05; g.IntN(4) == 0 {
		g.blots = 0.8
	}
	return g.spoil(most, func(r []string, k int) { r[k] = g.slip(r[k], blot) })
}

// spoil is a copy of the rows in which f hurts a share of the filled cells of some
// columns. Columns and shares are drawn, at most most.
func (g *generator) spoil(most float64, f func(row []string, k int)) [][]string {
	out := make([][]string, len(g.rows))
	for i, r := range g.rows {
		out[i] = slices.Clone(r)
	}
	if len(out) == 0 {
		return out
	}
	for k := range out[0] {
		if g.Float64() >= 0.6 {
			continue
		}
		rate := most * g.Float64() * g.Float64()
		for _, r := range out {
			if r[k] != "" && g.Float64() < rate {
				f(r, k)
			}
		}
	}
	return out
}

// slip is a text with a slip in it.
func (g *generator) slip(s string, blot rune) string {
	r := []rune(s)
	switch p := g.Float64(); {
	case g.Float64() < g.blots:
		for range 1 + g.IntN(1+len(r)/6) {
			r[g.IntN(len(r))] = blot
		}
		return string(r)
	case p < 0.09:
		return s + marksAtEnd[g.IntN(len(marksAtEnd))]
	case p < 0.12:
		m := "*#~_=^"[g.IntN(6)]
		return string(m) + s + string(m)
	case p < 0.16 && strings.ContainsAny(s, " -_/"):
		return g.permuted(s)
	case p < 0.19 && len(r) > 11:
		for at := g.IntN(10); at < len(r); at += 10 {
			r[at] = g.beside(r[at])
		}
		return string(r)
	}
	i := g.IntN(len(r))
	switch g.IntN(4) {
	case 0:
		r = slices.Insert(r, g.IntN(len(r)+1), g.key(r[i]))
	case 1:
		r = slices.Delete(r, i, i+1)
	case 2:
		if len(r) > 1 {
			i = g.IntN(len(r) - 1)
			r[i], r[i+1] = r[i+1], r[i]
		}
	default:
		r[i] = g.beside(r[i])
	}
	if t := string(r); strings.TrimSpace(t) != "" {
		return t
	}
	return s
}

// permuted is a text with two neighbouring words exchanged.
func (g *generator) permuted(s string) string {
	by := " "
	if !strings.Contains(s, by) {
		by = string(s[strings.IndexAny(s, "-_/")])
	}
	words := strings.Split(s, by)
	i := g.IntN(len(words) - 1)
	words[i], words[i+1] = words[i+1], words[i]
	if t := strings.Join(words, by); strings.TrimSpace(t) == t {
		return t
	}
	return s
}

// key is a letter that is hit by accident: one beside, or any.
func (g *generator) key(r rune) rune {
	if g.IntN(2) == 0 {
		return g.beside(r)
	}
	return rune('a' + g.IntN(26))
}

// beside is a key beside that of a character; one without neighbours stays.
func (g *generator) beside(r rune) rune {
	near := keyboard[unicode.ToLower(r)]
	if near == "" {
		return r
	}
	key := rune(near[g.IntN(len(near))])
	if unicode.IsUpper(r) {
		key = unicode.ToUpper(key)
	}
	return key
}

// Dissent gives a share of the cells of some columns the value of another row, a
// slip, or none.
func Dissent(rows [][]string, most float64, seed uint64) [][]string {
	g := &generator{Rand: rand.New(rand.NewPCG(seed, 3)), rows: rows}
	return g.spoil(most, func(r []string, k int) {
		switch p := g.Float64(); {
		case p < 0.3:
			r[k] = ""
		case p < 0.5:
			r[k] = g.slip(r[k], 'x')
		default:
			otherValue(g, r, k)
		}
	})
}
