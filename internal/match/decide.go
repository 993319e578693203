package match

import (
	"cmp"
	"slices"
)

// Pair is two records that share a key, and how probably they are one.
type Pair struct {
	A, B Place
	Odds float64 // logarithm of the odds of a match
	Like float64 // sum of the likeness of words, which tells equal odds apart
}

// Compare orders pairs by their places.
func (p Pair) Compare(o Pair) int { return cmp.Or(p.A.Compare(o.A), p.B.Compare(o.B)) }

// Matcher compares records by a model. It is not safe for use by several
// goroutines at once.
type Matcher struct {
	*Model
	levels          []int8
	met, w, b       []float64
	matches, others []float64
}

// NewMatcher makes a Matcher of a model, which several may be made of at a time.
func NewMatcher(m *Model) *Matcher {
	own := *m
	own.prepare()
	return &Matcher{Model: &own, levels: make([]int8, len(m.Columns)), met: make([]float64, len(m.Columns)), w: make([]float64, len(m.Columns)), b: make([]float64, len(m.Groups)),
		matches: make([]float64, len(m.Groups)+1), others: make([]float64, len(m.Groups)+1)}
}

// Record makes a record of cells.
func (m *Matcher) Record(c Cells) Record { return m.record(c.Place, c.Cells, nil) }

// Bounds of blocks.
const (
	largestBlock = 100
	window       = 10 // records of a larger block, in their order, that each is compared with
)

// Block compares the records of a block, which it sorts, and calls f for those
// that are more probably one than not.
func (m *Matcher) Block(records []*Record, f func(Pair)) {
	slices.SortFunc(records, func(a, b *Record) int { return a.Compare(b.Place) })
	if len(records) > largestBlock {
		order := make(map[*Record]string, len(records))
		for _, r := range records {
			order[r] = r.order()
		}
		slices.SortStableFunc(records, func(a, b *Record) int { return cmp.Compare(order[a], order[b]) })
	}
	for i, a := range records {
		rest := records[i+1:]
		if len(records) > largestBlock {
			rest = rest[:min(len(rest), window-1)]
		}
		for _, b := range rest {
			if m.Two && a.Side == b.Side || a.Place == b.Place {
				continue
			}
			if p, ok := m.pair(a, b); ok {
				f(p)
			}
		}
	}
}

func (m *Matcher) pair(a, b *Record) (p Pair, ok bool) {
	if b.Compare(a.Place) < 0 {
		a, b = b, a
	}
	odds := m.Odds(a, b)
	if !(odds > m.Least) || !m.told() || m.Strict && !m.oneError() {
		return p, false
	}
	p = Pair{A: a.Place, B: b.Place, Odds: odds}
	for k := range m.w {
		if m.Columns[k].Kind == Words && m.levels[k] >= 0 {
			p.Like += likeness(&a.values[k], &b.values[k])
		}
	}
	return p, true
}

// told reports whether the levels agree in half of the columns that tell things
// apart, as far as both records have them, or in all columns but one.
func (m *Matcher) told() bool {
	agree, all, differ := 0, 0, 0
	for k, l := range m.levels {
		if l != missing && !agrees(m.Columns[k].Kind, l) {
			differ++
		}
	}
	for _, k := range m.Telling {
		if m.levels[k] == missing {
			continue
		}
		all++
		if agrees(m.Columns[k].Kind, m.levels[k]) {
			agree++
		}
	}
	return 2*agree >= all || differ <= 1
}

// oneError reports whether the levels are those of records that differ in one
// column at most, and by little.
func (m *Matcher) oneError() bool {
	errors := 0
	for k, l := range m.levels {
		switch {
		case l == same || l == missing:
		case l == nearly:
			errors++
		case m.Columns[k].Kind != None:
			return false
		}
	}
	return errors <= 1
}

// Odds is the logarithm of the odds that two records are one.
func (m *Matcher) Odds(a, b *Record) float64 {
	m.compare(a, b, m.levels)
	m.terms(a, b, m.levels, m.met)
	m.weights(m.levels, m.met, m.w, m.b)
	odds, _ := m.odds(m.w, m.b, m.matches, m.others)
	return odds
}

// likeWeight is how much a likeness of words counts where odds are compared.
const likeWeight = 2

// Decide keeps the pairs that hold together: between two tables one for each
// record, within one those of clusters. Pairs may be there twice, in any order.
func Decide(pairs []Pair, two bool) []Pair {
	slices.SortFunc(pairs, Pair.Compare)
	pairs = slices.CompactFunc(pairs, func(p, q Pair) bool { return p.Compare(q) == 0 })
	slices.SortStableFunc(pairs, func(p, q Pair) int { return cmp.Compare(q.rank(two), p.rank(two)) })
	if two {
		return oneToOne(pairs)
	}
	return clusters(pairs)
}

func (p Pair) rank(two bool) float64 {
	if two {
		return p.Odds + likeWeight*p.Like
	}
	return p.Odds
}

// oneToOne takes the most probable pairs first, and each record once.
func oneToOne(pairs []Pair) (out []Pair) {
	taken := map[Place]bool{}
	for _, p := range pairs {
		if !taken[p.A] && !taken[p.B] {
			taken[p.A], taken[p.B] = true, true
			out = append(out, p)
		}
	}
	return out
}

// clusters joins two clusters where at least half of the pairs between them are
// matches, the most probable first, so that no chain of matches joins what does
// not match. It keeps the pairs inside of clusters.
func clusters(pairs []Pair) (out []Pair) {
	of := map[Place]int{}
	var members [][]Place
	matched := make(map[[2]Place]bool, len(pairs))
	for _, p := range pairs {
		matched[[2]Place{p.A, p.B}] = true
		for _, at := range []Place{p.A, p.B} {
			if _, ok := of[at]; !ok {
				of[at] = len(members)
				members = append(members, []Place{at})
			}
		}
	}
	for _, p := range pairs {
		a, b := of[p.A], of[p.B]
		if a == b {
			continue
		}
		n := 0
		for _, x := range members[a] {
			for _, y := range members[b] {
				if x.Compare(y) > 0 {
					x, y = y, x
				}
				if matched[[2]Place{x, y}] {
					n++
				}
			}
		}
		if 2*n < len(members[a])*len(members[b]) {
			continue
		}
		if len(members[a]) < len(members[b]) {
			a, b = b, a
		}
		for _, y := range members[b] {
			of[y] = a
		}
		members[a], members[b] = append(members[a], members[b]...), nil
	}
	for _, p := range pairs {
		if of[p.A] == of[p.B] {
			out = append(out, p)
		}
	}
	for _, c := range members {
		slices.SortFunc(c, Place.Compare)
		for i, x := range c {
			for _, y := range c[i+1:] {
				if !matched[[2]Place{x, y}] {
					out = append(out, Pair{A: x, B: y})
				}
			}
		}
	}
	return out
}
