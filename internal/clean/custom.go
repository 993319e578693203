package clean

import "github.com/beamline-go/beamline/internal/dependence"

// customary reports, for odd spellings of values, whether they are a custom of
// their place rather than slips: a host who writes her name in capitals does so
// in all her rows. odd maps the odd values to the ones that they may be.
func (c *Column) customary(odd map[int32]int32) map[int32]bool {
	kept := map[int32]bool{}
	if len(odd) == 0 || c.table == nil {
		return kept
	}
	lead := map[int32]bool{}
	for _, l := range odd {
		lead[l] = true
	}
	from, to := c.table.beside(c.table.index(c.Name))
	for _, other := range c.table.Columns[from:to] {
		if d := other.coded().Distinct; other == c || d < 2 || float64(d) > dependence.MostDetermined*float64(c.table.Rows) {
			continue
		}
		c.customaryBeside(other, odd, lead, kept)
	}
	return kept
}

// customaryBeside keeps the odd values most of whose cells share a value of the
// other column with more cells of the same spelling than of the leading one.
func (c *Column) customaryBeside(other *Column, odd map[int32]int32, lead, kept map[int32]bool) {
	type place struct{ beside, value int32 }
	cells := map[place]int{}
	for row, code := range c.Codes {
		if _, is := odd[code]; (is || lead[code]) && !other.Values[other.Codes[row]].Absent {
			cells[place{other.Codes[row], code}]++
		}
	}
	alike, mixed := map[int32]int{}, map[int32]int{}
	for p, n := range cells {
		l, is := odd[p.value]
		if !is {
			continue
		}
		switch right := cells[place{p.beside, l}]; {
		case n-1 >= right && n > 1:
			alike[p.value] += n
		case right > 0:
			mixed[p.value] += n
		}
	}
	for value, n := range alike {
		if n > mixed[value] {
			kept[value] = true
		}
	}
}
