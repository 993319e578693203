package dependence

import "slices"

// Grouping is the rows in the order of the values of a determinant.
type Grouping struct {
	order  []int32
	starts []int32 // of each group, and the end
}

// GroupBy sorts rows by code; rows with a negative code are left out.
func GroupBy(codes []int32, values int) Grouping {
	starts := make([]int32, values+1)
	for _, c := range codes {
		if c >= 0 {
			starts[c+1]++
		}
	}
	for v := range values {
		starts[v+1] += starts[v]
	}
	g := Grouping{order: make([]int32, starts[values]), starts: slices.Clone(starts)}
	at := starts
	for row, c := range codes {
		if c >= 0 {
			g.order[at[c]] = int32(row)
			at[c]++
		}
	}
	return g
}

// Rows are those of a value of the determinant.
func (g Grouping) Rows(value int) []int32 { return g.order[g.starts[value]:g.starts[value+1]] }

// Counter counts codes; it is used again for each group.
type Counter struct {
	counts  []int32
	touched []int32
}

// Reset makes room for so many codes.
func (t *Counter) Reset(values int) {
	if len(t.counts) < values {
		t.counts = make([]int32, values)
	}
}

// Add counts the codes of rows, and returns how many have one.
func (t *Counter) Add(rows []int32, codes []int32) (size int32) {
	for _, r := range rows {
		c := codes[r]
		if c < 0 {
			continue
		}
		if t.counts[c] == 0 {
			t.touched = append(t.touched, c)
		}
		t.counts[c]++
		size++
	}
	return size
}

// Top are the two most frequent codes; of equally frequent ones the smaller code
// is first.
func (t *Counter) Top() (lead, next, count, nextCount int32) {
	lead, next = -1, -1
	for _, c := range t.touched {
		switch n := t.counts[c]; {
		case n > count || n == count && c < lead:
			next, nextCount = lead, count
			lead, count = c, n
		case n > nextCount || n == nextCount && c < next:
			next, nextCount = c, n
		}
	}
	return lead, next, count, nextCount
}

// Clear forgets what was counted.
func (t *Counter) Clear() {
	for _, c := range t.touched {
		t.counts[c] = 0
	}
	t.touched = t.touched[:0]
}

// Weigh counts how well the groups determine a column.
func (g Grouping) Weigh(c Column, t *Counter) Evidence {
	t.Reset(c.Values)
	var e Evidence
	var pairs, majorities, four, rivals, minority, repeated, odd, large float64
	for v := range len(g.starts) - 1 {
		all := g.Rows(v)
		if len(all) < 2 {
			continue
		}
		rows := spread(all)
		weight := float64(len(all)) / float64(len(rows))
		n := float64(t.Add(rows, c.Codes))
		if n < 2 {
			t.Clear()
			continue
		}
		lead, _, count, next := t.Top()
		same := 0.0
		for _, code := range t.touched {
			k := float64(t.counts[code])
			same += k * (k - 1)
			if code != lead && n >= 4 {
				minority += k * weight
				if k > 1 {
					repeated += k * weight
				}
			}
		}
		e.Rows += int(n * weight)
		pairs += weight * same / (n - 1)
		odd += weight * (n - float64(count))
		if n >= 3 {
			e.Groups++
			if 2*float64(count) > n {
				majorities++
			}
		}
		if n >= 4 {
			four++
			if next >= 2 && float64(next) >= 0.3*float64(count) {
				rivals++
			}
			large += n
		}
		t.Clear()
	}
	if e.Rows == 0 {
		return e
	}
	e.Agreement = pairs / float64(e.Rows)
	if c.Chance < 1 {
		e.Kappa = (e.Agreement - c.Chance) / (1 - c.Chance)
	}
	if e.Groups > 0 {
		e.Majority = majorities / float64(e.Groups)
	}
	if four > 0 {
		e.Rivals = rivals / four
	}
	if minority > 0 {
		e.Repeats = repeated / minority
	}
	e.Odd = odd / float64(e.Rows)
	return e
}

// groupRows is how many rows of a group are judged: in a large one even errors
// repeat.
const groupRows = 100

// spread takes groupRows rows from all over a larger group.
func spread(rows []int32) []int32 {
	if len(rows) <= groupRows {
		return rows
	}
	out := make([]int32, groupRows)
	for i := range out {
		out[i] = rows[i*len(rows)/groupRows]
	}
	return out
}
