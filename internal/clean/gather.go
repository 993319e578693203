package clean

import (
	"cmp"
	"slices"

	"github.com/beamline-go/beamline/internal/dependence"
)

// coded is worked out once, until the cells change.
func (c *Column) coded() dependence.Column {
	if c.coding != nil {
		return *c.coding
	}
	out := dependence.Column{Codes: make([]int32, len(c.Codes)), Values: len(c.Values)}
	same := 0.0
	for v := range c.Present() {
		out.Filled += v.Count
		out.Distinct++
		same += float64(v.Count) * float64(v.Count-1)
	}
	for row, code := range c.Codes {
		out.Codes[row] = code
		if c.Values[code].Absent {
			out.Codes[row] = -1
		}
	}
	if out.Filled > 1 {
		out.Chance = same / (float64(out.Filled) * float64(out.Filled-1))
	}
	c.coding = &out
	return out
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
	all := dependence.Discover(t.coded(), t.Rows)
	all = append(all, t.required(all)...)
	if len(all) == 0 {
		return k, false
	}
	g := newGatherer(t)
	keys := keysOf(t, all)
	for _, f := range all {
		d := dependency{To: g.use(f.To), Holds: 1 - f.Odd, Key: keys[keyOf(f)] >= keyColumns || t.named(f), Named: t.named(f),
			Kappa: f.Kappa, Rivals: f.Rivals, Again: f.Repeats, Cover: float64(f.Rows) / float64(t.Rows)}
		for _, x := range f.From {
			d.From = append(d.From, g.use(x))
		}
		d.Groups = g.groups(f)
		g.Dependencies = append(g.Dependencies, d)
	}
	g.countAll()
	g.Rows, g.Need = t.Rows, t.need
	return g.knowledge, true
}

// coded are the columns of the table as numbers of their values.
func (t *Table) coded() []dependence.Column {
	out := make([]dependence.Column, len(t.Columns))
	for i, c := range t.Columns {
		out[i] = c.coded()
		out[i].Given = c.Reconciled
	}
	return out
}

// gatherer collects the columns and values that dependencies need.
type gatherer struct {
	knowledge
	table   *Table
	columns []dependence.Column
	place   []int             // of each column of the table among those of the knowledge, or -1
	numbers []map[int32]int32 // from the table's codes to the domain's
	w       dependence.Counter
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
func (g *gatherer) groups(f dependence.Found) (out []int32) {
	first, to := g.columns[f.From[0]], g.columns[f.To]
	codes, values := first.Codes, first.Values
	if len(f.From) > 1 {
		codes, values = dependence.PairCodes(codes, g.columns[f.From[1]].Codes, g.table.Rows+1)
	}
	by := dependence.GroupBy(codes, values)
	g.w.Reset(to.Values)
	for v := range values {
		rows := by.Rows(v)
		size := g.w.Add(rows, to.Codes)
		lead, next, count, nextCount := g.w.Top()
		g.w.Clear()
		if count < 2 || count <= nextCount {
			continue
		}
		one, two, after := g.number(f.From[0], first.Codes[rows[0]]), int32(-1), int32(-1)
		if len(f.From) > 1 {
			two = g.number(f.From[1], g.columns[f.From[1]].Codes[rows[0]])
		}
		if next >= 0 {
			after = g.number(f.To, next)
		}
		out = append(out, one, two, g.number(f.To, lead), count, nextCount, after, size)
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

func keyOf(f dependence.Found) [2]int {
	if len(f.From) > 1 {
		return [2]int{f.From[0], f.From[1]}
	}
	return [2]int{f.From[0], -1}
}

// keysOf counts the columns that each determinant determines strictly.
func keysOf(t *Table, all []dependence.Found) map[[2]int]int {
	keys := map[[2]int]int{}
	for _, f := range all {
		c := t.Columns[f.To]
		if f.Kappa > dependence.Strict && float64(c.most()) <= usualShare*float64(c.Filled()) {
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
