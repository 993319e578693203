package match

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of Join.
const (
	joinCells  = 5000 // of a column that are looked at
	leastJoin  = 0.35 // likeness of two columns that hold the same things
	nameWeight = 0.3  // of the likeness of their names, beside it
)

// Join finds columns of two tables that hold the same kind of things under other names,
// such as title and name: those whose cells are made of the same pieces, the likest
// first, each once. The tables are given as names and cells by column.
func Join(first, second map[string][]string) (pairs [][2]string) {
	type candidate struct {
		pair  [2]string
		score float64
	}
	var all []candidate
	a, b := pieces(first), pieces(second)
	for x, p := range a {
		for y, q := range b {
			score := p.like(q)
			if score > 0 {
				score += nameWeight * namesLike(x, y)
			}
			if score >= leastJoin {
				all = append(all, candidate{[2]string{x, y}, score})
			}
		}
	}
	slices.SortFunc(all, func(x, y candidate) int {
		return cmp.Or(cmp.Compare(y.score, x.score), cmp.Compare(x.pair[0], y.pair[0]), cmp.Compare(x.pair[1], y.pair[1]))
	})
	taken := map[string]bool{}
	for _, c := range all {
		if x, y := "a"+c.pair[0], "b"+c.pair[1]; !taken[x] && !taken[y] {
			taken[x], taken[y] = true, true
			pairs = append(pairs, c.pair)
		}
	}
	return pairs
}

// content is what a column is made of.
type content struct {
	grams  map[string]float64 // three characters in a row, with how often, of all words
	norm   float64
	length float64 // characters of a cell, on average
	middle float64 // of amounts: the median; 0 where the cells are none
	digits bool    // the cells are digits and marks
}

func pieces(columns map[string][]string) map[string]content {
	out := map[string]content{}
	for name, cells := range columns {
		c := content{grams: map[string]float64{}}
		n, digits, chars := 0, 0, 0
		var amounts []float64
		for _, cell := range cells[:min(len(cells), joinCells)] {
			tidied := tidy(cell)
			if tidied == "" {
				continue
			}
			n++
			chars += utf8.RuneCountInString(tidied)
			if strings.Trim(tidied, "0123456789 .,") == "" {
				digits++
			}
			if x, ok := amountOf(cell); ok && x > 0 && strings.Contains(tidied, ".") {
				amounts = append(amounts, x)
			}
			for _, w := range wordsOf(tidied) {
				w = " " + w + " "
				for i := 0; i+3 <= len(w); i++ {
					c.grams[w[i:i+3]]++
				}
			}
		}
		if n == 0 {
			continue
		}
		c.length, c.digits = float64(chars)/float64(n), float64(digits) >= numberShare*float64(n)
		if float64(len(amounts)) >= amountShare*float64(n) {
			slices.Sort(amounts)
			c.middle = amounts[len(amounts)/2]
		}
		for _, k := range c.grams {
			c.norm += k * k
		}
		c.norm = math.Sqrt(c.norm)
		out[name] = c
	}
	return out
}

// like is how alike two columns are, from 0 to 1: the cosine of their pieces, less where
// the cells of one are much longer; of amounts, how near their medians are.
func (c content) like(d content) float64 {
	if (c.middle > 0) != (d.middle > 0) || c.digits != d.digits || c.norm == 0 || d.norm == 0 {
		return 0
	}
	if c.middle > 0 {
		return min(c.middle, d.middle) / max(c.middle, d.middle)
	}
	sum := 0.0
	for g, k := range c.grams {
		sum += k * d.grams[g]
	}
	return sum / (c.norm * d.norm) * math.Sqrt(min(c.length, d.length)/max(c.length, d.length))
}

// namesLike is 1 where one of two names holds the other, such as price and list_price.
func namesLike(a, b string) float64 {
	x, y := strings.Join(wordsOf(tidy(a)), ""), strings.Join(wordsOf(tidy(b)), "")
	if len(x) >= 3 && len(y) >= 3 && (strings.Contains(x, y) || strings.Contains(y, x)) {
		return 1
	}
	return 0
}
