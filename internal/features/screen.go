package features

import (
	"cmp"
	"math"
	"slices"
)

// Bounds of screen.
const (
	mostTreeColumns = 500   // that trees choose among
	screenRows      = 20000 // that are looked at
	screenGroups    = 16    // of a column's values
)

// screen keeps the columns that tell most of the target by themselves where there are more
// than trees get by with: among thousands, those that chance made look good at a few rows
// are cut at more often than those that are.
func screen(f *Frame, t Target) *Frame {
	if len(f.Columns) <= mostTreeColumns {
		return f
	}
	out := &Frame{N: f.N}
	for _, j := range Strongest(f, t, mostTreeColumns) {
		out.Columns = append(out.Columns, f.Columns[j])
	}
	return out
}

// Strongest returns the places of at most so many columns, in their order: those that tell
// most of the target by themselves, as far as some rows show, and free texts.
func Strongest(f *Frame, t Target, most int) []int {
	order := make([]int, len(f.Columns))
	for j := range order {
		order[j] = j
	}
	if len(order) <= most {
		return order
	}
	step := (f.N-1)/screenRows + 1
	var rows []int
	for i := 0; i < f.N; i += step {
		rows = append(rows, i)
	}
	some := Target{Classes: t.Classes}
	for _, r := range rows {
		some.Y = append(some.Y, t.Y[r])
	}
	values := some.values()
	told := make([]float64, len(f.Columns))
	for j := range f.Columns {
		c := f.Columns[j].Select(rows)
		if told[j] = math.Inf(1); c.Kind != Text {
			told[j] = explained(c.groups(), values)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(told[b], told[a]) })
	order = order[:most]
	slices.Sort(order)
	return order
}

// groups deals the rows to groups by their values: as many of about equal counts of a
// number or a time, and one of those that have none; the most frequent levels of a word,
// and one of the others.
func (c *Column) groups() []int {
	out := make([]int, c.N())
	if c.Num == nil {
		levels, counts := levelsOf(c)
		order := make([]int, len(levels))
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(counts[b], counts[a]) })
		at := map[string]int{}
		for k, i := range order[:min(len(order), screenGroups-1)] {
			at[levels[i]] = k + 1
		}
		for i := range out {
			out[i] = at[c.level(i)]
		}
		return out
	}
	sorted := slices.DeleteFunc(slices.Clone(c.Num), math.IsNaN)
	slices.Sort(sorted)
	var uppers []float64
	for k := 1; k < screenGroups && len(sorted) > 0; k++ {
		if v := sorted[k*len(sorted)/screenGroups]; len(uppers) == 0 || v > uppers[len(uppers)-1] {
			uppers = append(uppers, v)
		}
	}
	for i, v := range c.Num {
		if out[i] = 0; !math.IsNaN(v) {
			k, _ := slices.BinarySearch(uppers, v)
			out[i] = k + 1
		}
	}
	return out
}

// explained is the share of the variance of the values that the groups tell, less what as
// many groups would by chance (Ezekiel's adjustment, 1929).
func explained(group []int, values [][]float64) float64 {
	n, between, total := len(group), 0.0, 0.0
	counts, groups := [screenGroups + 1]int{}, -1
	for _, g := range group {
		counts[g]++
	}
	for _, k := range counts {
		if k > 0 {
			groups++
		}
	}
	for _, v := range values {
		var sums [screenGroups + 1]float64
		sum, squares := 0.0, 0.0
		for i, y := range v {
			sums[group[i]] += y
			sum += y
			squares += y * y
		}
		mean := sum / float64(n)
		total += squares - sum*mean
		for g, k := range counts {
			if k > 0 {
				between += sums[g]*sums[g]/float64(k) - 2*mean*sums[g] + mean*mean*float64(k)
			}
		}
	}
	switch {
	case groups == 0:
		return math.Inf(-1)
	case total <= 0 || n <= groups+1:
		return 0
	}
	return 1 - (1-between/total)*float64(n-1)/float64(n-1-groups)
}
