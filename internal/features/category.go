package features

import (
	"cmp"
	"math"
	"slices"
)

// none is the level of a missing value.
const none = "\x00missing"

// level returns the level of row i of a column of words, or of whole numbers.
func (c *Column) level(i int) string {
	if c.Num != nil {
		if math.IsNaN(c.Num[i]) {
			return none
		}
		return wholeLevel(c.Num[i])
	}
	if c.Null[i] {
		return none
	}
	return c.Str[i]
}

// levelsOf returns the levels of a column, sorted, and how often each occurs.
func levelsOf(c *Column) (levels []string, counts []int) {
	seen := map[string]int{}
	for i := range c.Str {
		seen[c.level(i)]++
	}
	for l := range seen {
		levels = append(levels, l)
	}
	slices.Sort(levels)
	for _, l := range levels {
		counts = append(counts, seen[l])
	}
	return levels, counts
}

// oneHotPart makes a column for each level. Rare levels, and those that were
// never seen, share one.
type oneHotPart struct {
	Levels []string
	Pooled bool // there is a column for all other levels, the last one
	Center []float64
	Scale  []float64

	at map[string]int
}

// fitOneHot learns the levels that occur often enough, at most `most` of them.
func fitOneHot(levels []string, counts []int, most, n int, standardize bool) *oneHotPart {
	order := make([]int, len(levels))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(levels[a], levels[b]))
	})
	p := &oneHotPart{}
	pooled := 0
	for _, i := range order {
		if counts[i] < rareRows || len(p.Levels) == most {
			pooled += counts[i]
			continue
		}
		p.Levels = append(p.Levels, levels[i])
		p.scale(float64(counts[i])/float64(n), standardize)
	}
	if p.Pooled = pooled > 0; p.Pooled {
		p.scale(float64(pooled)/float64(n), standardize)
	}
	if len(p.Center) < 2 {
		return &oneHotPart{}
	}
	p.index()
	return p
}

func (p *oneHotPart) index() {
	p.at = make(map[string]int, len(p.Levels))
	for i, l := range p.Levels {
		p.at[l] = i
	}
}

// scale adds the center and the scale of a column that is 1 in that share of
// the rows.
func (p *oneHotPart) scale(share float64, standardize bool) {
	if !standardize {
		p.Center, p.Scale = append(p.Center, 0), append(p.Scale, 1)
		return
	}
	s := 0.0
	if v := share * (1 - share); v > 0 {
		s = 1 / math.Sqrt(v)
	}
	p.Center, p.Scale = append(p.Center, share), append(p.Scale, s)
}

func (p *oneHotPart) width() int { return len(p.Center) }

func (p *oneHotPart) encode(c *Column, out [][]float64) {
	for j := range out {
		zero := -p.Center[j] * p.Scale[j]
		for i := range out[j] {
			out[j][i] = zero
		}
	}
	for i := range c.N() {
		j, ok := p.at[c.level(i)]
		if !ok {
			if !p.Pooled {
				continue
			}
			j = len(p.Levels)
		}
		out[j][i] = (1 - p.Center[j]) * p.Scale[j]
	}
}

func (p *oneHotPart) names(column string) []string {
	out := make([]string, 0, len(p.Center))
	for _, l := range p.Levels {
		if l == none {
			l = "missing"
		}
		out = append(out, column+" = "+l)
	}
	if p.Pooled {
		out = append(out, column+" = other")
	}
	return out
}

// ordinalPart numbers the words of a scale from 1; what is missing or unknown
// is 0, as for a thing that is not there.
type ordinalPart struct {
	Order  []string
	Number *numberPart // of the numbers, in the linear view

	at map[string]float64
}

func fitOrdinal(c *Column, squares, tree bool) *ordinalPart {
	p := &ordinalPart{Order: c.Order}
	p.index()
	if !tree {
		p.Number = fitNumber(p.ranks(c), squares, false)
	}
	return p
}

func (p *ordinalPart) index() {
	p.at = make(map[string]float64, len(p.Order))
	for i, w := range p.Order {
		p.at[w] = float64(i + 1)
	}
}

func (p *ordinalPart) ranks(c *Column) []float64 {
	out := make([]float64, c.N())
	for i := range out {
		out[i] = p.at[c.level(i)]
	}
	return out
}

func (p *ordinalPart) width() int {
	if p.Number == nil {
		return 1
	}
	return p.Number.width()
}

func (p *ordinalPart) encode(c *Column, out [][]float64) {
	ranks := p.ranks(c)
	if p.Number == nil {
		copy(out[0], ranks)
		return
	}
	p.Number.encode(&Column{Num: ranks}, out)
}

func (p *ordinalPart) names(column string) []string {
	if p.Number == nil {
		return []string{column}
	}
	return p.Number.names(column)
}
