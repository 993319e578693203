package clean

import (
	"cmp"
	"slices"

	"github.com/beamline-go/beamline/internal/parallel"
)

// Bounds of discover. Errors are scattered; what repeats inside of a group, or
// splits groups in two, is how the table is.
const (
	leastDetermining = 3    // values of a determinant
	mostDetermining  = 0.6  // values of a determinant, as a share of the rows
	mostDetermined   = 0.95 // values of what it determines
	fewestGrouped    = 20   // rows in groups of two or more
	fewestGroups     = 5    // groups of three or more
	leastCoverage    = 0.1  // share of the rows in groups
	leastAgreement   = 0.25 // kappa
	strictAgreement  = 0.8  // kappa from which on a dependency has to be strict
	mostRivals       = 0.4  // groups with a second value nearly as frequent
	mostRepeats      = 0.4  // odd cells whose value repeats inside of their group
	leastMajority    = 0.6  // groups in which one value has most of the rows
	pairColumns      = 25   // up to how many columns pairs are looked at
	pairAgreement    = 0.85 // kappa
	pairCoverage     = 0.5  //
	pairGroups       = 0.35 // groups as a share of the rows
	discoveryCells   = 6e8  // cells that are looked at
)

// evidence is what was counted of a dependency.
type evidence struct {
	rows, groups     int // in groups of two or more; groups of three or more
	agreement, kappa float64
	majority, rivals float64
	repeats, odd     float64
}

// accepted reports whether a single column determines another.
func (e evidence) accepted(rows int) bool {
	strict := e.kappa > strictAgreement
	switch {
	case e.rows < fewestGrouped, e.groups < fewestGroups, float64(e.rows) < leastCoverage*float64(rows), e.kappa < leastAgreement:
		return false
	case strict && (e.majority < 0.9 || e.rivals > 0.05), e.majority < leastMajority, e.rivals > mostRivals:
		return false
	}
	return e.repeats <= mostRepeats
}

func (e evidence) acceptedPair(rows int, single float64) bool {
	return e.accepted(rows) && e.groups >= 2*fewestGroups && float64(e.rows) >= pairCoverage*float64(rows) &&
		e.kappa >= pairAgreement && e.kappa >= single+(1-single)/2
}

// grouping is the rows in the order of the values of a determinant.
type grouping struct {
	order  []int32
	starts []int32 // of each group, and the end
}

// groupBy sorts rows by code; rows with a negative code are left out.
func groupBy(codes []int32, values int) grouping {
	starts := make([]int32, values+1)
	for _, c := range codes {
		if c >= 0 {
			starts[c+1]++
		}
	}
	for v := range values {
		starts[v+1] += starts[v]
	}
	g := grouping{order: make([]int32, starts[values]), starts: slices.Clone(starts)}
	at := starts
	for row, c := range codes {
		if c >= 0 {
			g.order[at[c]] = int32(row)
			at[c]++
		}
	}
	return g
}

// tallies counts codes; it is used again for each group.
type tallies struct {
	counts  []int32
	touched []int32
}

func (t *tallies) reset(values int) {
	if len(t.counts) < values {
		t.counts = make([]int32, values)
	}
}

func (t *tallies) add(rows []int32, codes []int32) (size int32) {
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

// top are the two most frequent codes; of equally frequent ones the smaller code
// is first.
func (t *tallies) top() (lead, next, count, nextCount int32) {
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

func (t *tallies) clear() {
	for _, c := range t.touched {
		t.counts[c] = 0
	}
	t.touched = t.touched[:0]
}

// weigh counts how well groups determine a column. chance is the agreement of
// two rows taken at random.
func (g grouping) weigh(codes []int32, values int, chance float64, t *tallies) evidence {
	t.reset(values)
	var e evidence
	var pairs, majorities, four, rivals, minority, repeated, odd, large float64
	for v := range len(g.starts) - 1 {
		all := g.order[g.starts[v]:g.starts[v+1]]
		if len(all) < 2 {
			continue
		}
		rows := spread(all)
		weight := float64(len(all)) / float64(len(rows))
		n := float64(t.add(rows, codes))
		if n < 2 {
			t.clear()
			continue
		}
		lead, _, count, next := t.top()
		same := 0.0
		for _, c := range t.touched {
			k := float64(t.counts[c])
			same += k * (k - 1)
			if c != lead && n >= 4 {
				minority += k * weight
				if k > 1 {
					repeated += k * weight
				}
			}
		}
		e.rows += int(n * weight)
		pairs += weight * same / (n - 1)
		odd += weight * (n - float64(count))
		if n >= 3 {
			e.groups++
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
		t.clear()
	}
	if e.rows == 0 {
		return e
	}
	e.agreement = pairs / float64(e.rows)
	if chance < 1 {
		e.kappa = (e.agreement - chance) / (1 - chance)
	}
	if e.groups > 0 {
		e.majority = majorities / float64(e.groups)
	}
	if four > 0 {
		e.rivals = rivals / four
	}
	if minority > 0 {
		e.repeats = repeated / minority
	}
	e.odd = odd / float64(e.rows)
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

// coded is a column for discovery: absent cells have the code -1.
type coded struct {
	codes    []int32
	values   int
	distinct int // values that are not absent
	filled   int
	chance   float64 // that two rows agree
}

// coded is worked out once, until the cells change.
func (c *Column) coded() coded {
	if c.coding != nil {
		return *c.coding
	}
	out := coded{codes: make([]int32, len(c.Codes)), values: len(c.Values)}
	same := 0.0
	for v := range c.Present() {
		out.filled += v.Count
		out.distinct++
		same += float64(v.Count) * float64(v.Count-1)
	}
	for row, code := range c.Codes {
		out.codes[row] = code
		if c.Values[code].Absent {
			out.codes[row] = -1
		}
	}
	if out.filled > 1 {
		out.chance = same / (float64(out.filled) * float64(out.filled-1))
	}
	c.coding = &out
	return out
}

// found is a dependency with what speaks for it.
type found struct {
	from []int // columns of the table
	to   int
	evidence
}

// discover looks for columns, and pairs of columns, that determine others. A
// table of very many cells is judged by its first rows.
func discover(t *Table) []found {
	columns := t.coded()
	m := len(columns)
	rows := t.Rows
	if limit := int(discoveryCells / float64(m*m)); rows > limit {
		rows = limit
	}
	for k := range columns {
		columns[k].codes = columns[k].codes[:rows]
	}
	if rows < fewestGrouped {
		return nil // of so many columns nothing can be said
	}
	kappa := make([][]float64, m) // of single columns
	singles := each(m, func(x int, w *tallies) (out []found) {
		kappa[x] = make([]float64, m)
		if d := columns[x].distinct; d < leastDetermining || float64(d) > mostDetermining*float64(columns[x].filled) {
			return nil
		}
		g := groupBy(columns[x].codes, columns[x].values)
		for y := range columns {
			if y == x || !determinable(t.Columns[y], columns[y]) {
				continue
			}
			e := g.weigh(columns[y].codes, columns[y].values, columns[y].chance, w)
			kappa[x][y] = e.kappa
			if e.accepted(rows) {
				out = append(out, found{[]int{x}, y, e})
			}
		}
		return out
	})
	if m > pairColumns {
		return singles
	}
	has := map[[2]int]bool{}
	for _, f := range singles {
		has[[2]int{f.from[0], f.to}] = true
	}
	doubles := each(m, func(x int, w *tallies) (out []found) {
		for z := x + 1; z < m; z++ {
			limit := int(pairGroups * float64(rows))
			if a, b := columns[x].distinct, columns[z].distinct; min(a, b) < 2 || max(a, b) >= limit {
				continue
			}
			codes, values := pairCodes(columns[x].codes, columns[z].codes, limit)
			if codes == nil {
				continue
			}
			g := groupBy(codes, values)
			for y := range columns {
				if y == x || y == z || has[[2]int{x, y}] || has[[2]int{z, y}] || !determinable(t.Columns[y], columns[y]) {
					continue
				}
				e := g.weigh(columns[y].codes, columns[y].values, columns[y].chance, w)
				if e.acceptedPair(rows, max(kappa[x][y], kappa[z][y])) {
					out = append(out, found{[]int{x, z}, y, e})
				}
			}
		}
		return out
	})
	return append(singles, doubles...)
}

// determinable reports whether a column can be determined by another: it has
// some values, and they repeat.
func determinable(c *Column, k coded) bool {
	return !c.Reconciled && k.distinct >= 2 && float64(k.distinct) <= mostDetermined*float64(k.filled)
}

// pairCodes numbers the pairs of values of two columns, or returns nil where
// there are more than limit.
func pairCodes(a, b []int32, limit int) ([]int32, int) {
	codes := make([]int32, len(a))
	index := map[uint64]int32{}
	for i := range a {
		codes[i] = -1
		if a[i] < 0 || b[i] < 0 {
			continue
		}
		key := groupKey(a[i], b[i])
		code, ok := index[key]
		if !ok {
			if len(index) >= limit {
				return nil, 0
			}
			code = int32(len(index))
			index[key] = code
		}
		codes[i] = code
	}
	return codes, len(index)
}

// each calls f for 0 to n-1 and returns what they found in that order.
func each(n int, f func(i int, w *tallies) []found) []found {
	out := make([][]found, n)
	parallel.Each(n, func(i int) { out[i] = f(i, &tallies{}) })
	return slices.Concat(out...)
}

// learnDependencies gathers the groups of the dependencies that hold, and the
// exceptions that another column explains.
func learnDependencies(t *Table) []knowledge {
	k, ok := dependenciesOf(t)
	if !ok {
		return nil
	}
	k.Customs = customs(t, k)
	k.Exceptions = exceptions(t, k)
	return []knowledge{k}
}

// dependenciesOf gathers the groups of the dependencies that hold.
func dependenciesOf(t *Table) (k knowledge, ok bool) {
	all := discover(t)
	all = append(all, t.required(all)...)
	if len(all) == 0 {
		return k, false
	}
	g := newGatherer(t)
	keys := keysOf(t, all)
	for _, f := range all {
		d := dependency{To: g.use(f.to), Holds: 1 - f.odd, Key: keys[keyOf(f)] >= keyColumns || t.named(f), Named: t.named(f),
			Kappa: f.kappa, Rivals: f.rivals, Again: f.repeats, Cover: float64(f.rows) / float64(t.Rows)}
		for _, x := range f.from {
			d.From = append(d.From, g.use(x))
		}
		d.Groups = g.groups(f)
		g.Dependencies = append(g.Dependencies, d)
	}
	g.countAll()
	g.Rows, g.Need = t.Rows, t.need
	return g.knowledge, true
}

// coded are the columns of the table for discovery.
func (t *Table) coded() []coded {
	out := make([]coded, len(t.Columns))
	for i, c := range t.Columns {
		out[i] = c.coded()
	}
	return out
}

// gatherer collects the columns and values that dependencies need.
type gatherer struct {
	knowledge
	table   *Table
	columns []coded
	place   []int             // of each column of the table among those of the knowledge, or -1
	numbers []map[int32]int32 // from the table's codes to the domain's
	w       tallies
}

func newGatherer(t *Table) *gatherer {
	g := &gatherer{table: t, columns: t.coded(), place: make([]int, len(t.Columns)), numbers: make([]map[int32]int32, len(t.Columns))}
	for i := range g.place {
		g.place[i] = -1
		g.numbers[i] = map[int32]int32{}
	}
	return g
}

// use is the place of a column, which is added where it is new.
func (g *gatherer) use(c int) int {
	if g.place[c] < 0 {
		g.place[c] = len(g.Columns)
		col := g.table.Columns[c]
		g.Columns = append(g.Columns, domain{Name: col.Name, Fixed: col.Fixed})
	}
	return g.place[c]
}

// number is the domain's number of a value, which is added where it is new.
func (g *gatherer) number(c int, code int32) int32 {
	n, ok := g.numbers[c][code]
	if !ok {
		n = int32(len(g.numbers[c]))
		g.numbers[c][code] = n
		v, d := g.table.Columns[c].Values[code], &g.Columns[g.use(c)]
		d.Texts, d.Counts = append(d.Texts, v.Text), append(d.Counts, int32(v.Count))
	}
	return n
}

// groups are those of a dependency in which a value leads.
func (g *gatherer) groups(f found) (out []int32) {
	first, to := g.columns[f.from[0]], g.columns[f.to]
	codes, values := first.codes, first.values
	if len(f.from) > 1 {
		codes, values = pairCodes(codes, g.columns[f.from[1]].codes, g.table.Rows+1)
	}
	by := groupBy(codes, values)
	g.w.reset(to.values)
	for v := range values {
		rows := by.order[by.starts[v]:by.starts[v+1]]
		size := g.w.add(rows, to.codes)
		lead, next, count, nextCount := g.w.top()
		g.w.clear()
		if count < 2 || count <= nextCount {
			continue
		}
		one, two, after := g.number(f.from[0], first.codes[rows[0]]), int32(-1), int32(-1)
		if len(f.from) > 1 {
			two = g.number(f.from[1], g.columns[f.from[1]].codes[rows[0]])
		}
		if next >= 0 {
			after = g.number(f.to, next)
		}
		out = append(out, one, two, g.number(f.to, lead), count, nextCount, after, size)
	}
	return out
}

// countAll adds the values that no group has: how often a value was seen counts
// for all.
func (g *gatherer) countAll() {
	for c, col := range g.table.Columns {
		if g.place[c] < 0 {
			continue
		}
		for code, v := range col.Values {
			if !v.Absent {
				g.number(c, int32(code))
			}
		}
	}
}

// keyColumns is how many columns a determinant determines, none of them nearly
// constant, that names the thing that its rows are about.
const keyColumns = 3

// usualShare is the share of the rows with a value from which on it is nearly
// constant.
const usualShare = 0.7

func keyOf(f found) [2]int {
	if len(f.from) > 1 {
		return [2]int{f.from[0], f.from[1]}
	}
	return [2]int{f.from[0], -1}
}

// keysOf counts the columns that each determinant determines strictly.
func keysOf(t *Table, all []found) map[[2]int]int {
	keys := map[[2]int]int{}
	for _, f := range all {
		c := t.Columns[f.to]
		if f.kappa > strictAgreement && float64(c.most()) <= usualShare*float64(c.Filled()) {
			keys[keyOf(f)]++
		}
	}
	return keys
}

// exceptions looks for values of other columns that edits of a column have in
// common: errors are scattered, exceptions are not.
func exceptions(t *Table, k knowledge) []exception {
	j := newJury(k, t.names())
	edited := make([][]int32, len(k.Columns)) // rows
	t.eachRow(func(row int, cells []string) {
		made, _ := j.edits(cells)
		for _, e := range made {
			edited[e.to] = append(edited[e.to], int32(row))
		}
	})
	var out []exception
	for of, rows := range edited {
		if len(rows) < fewestTogether {
			continue
		}
		rate := float64(len(rows)) / float64(t.Rows)
		for by := range k.Columns {
			if by == of || j.at[by] < 0 {
				continue
			}
			col := t.Columns[j.at[by]]
			alike := map[int32]int{}
			for _, r := range rows {
				alike[col.Codes[r]]++
			}
			for code, n := range alike {
				all := col.Values[code].Count
				at, known := j.index[by][col.Values[code].Text]
				if known && gathers(n, all, rate) {
					out = append(out, exception{of, by, at})
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b exception) int {
		return cmp.Or(cmp.Compare(a.Of, b.Of), cmp.Compare(a.By, b.By), cmp.Compare(a.At, b.At))
	})
	return out
}
