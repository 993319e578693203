package trees

import (
	"math"
	"math/rand/v2"
	"slices"
)

// growth bounds a tree that is grown over histograms, the leaf with the
// greatest gain first.
type growth struct {
	leaves  int
	minLeaf int     // rows of a leaf
	lambda  float64 // L2 penalty of leaf values
	minGain float64
	columns int // how many columns a tree looks at
}

// sums of gradients, of second derivatives, and the number of rows.
type sums struct {
	g, h float64
	n    int32
}

func (s sums) minus(o sums) sums { return sums{s.g - o.g, s.h - o.h, s.n - o.n} }

// score is the reduction of the loss by a leaf of these sums, without constants.
func (s sums) score(lambda float64) float64 { return s.g * s.g / (s.h + lambda) }

// split is the best cut of a leaf.
type split struct {
	gain        float64
	column      int
	bin         int
	missingLeft bool
	left        sums
}

// growing is a leaf of a tree that grows.
type growing struct {
	rows  []int32
	total sums
	hist  [][]sums // by column that is looked at
	best  split
	node  int32
}

// grower grows trees over binned columns.
type grower struct {
	growth
	cols []binned
	g, h []float64 // by row
	rng  *rand.Rand

	look []int    // columns of this tree
	pool [][]sums // histograms that are free
	tmp  []int32  // for partitions
	out  *Form    // where nodes and leaves go
}

// grow appends a tree over rows to out, calls leaf with the value of each leaf
// and its rows, and stores what leaf returns.
func (g *grower) grow(rows []int32, leaf func(total sums, rows []int32) float64) {
	g.look = g.choose()
	root := int32(len(g.out.Nodes))
	g.out.Roots = append(g.out.Roots, root)
	g.out.Nodes = append(g.out.Nodes, Node{})
	first := &growing{rows: rows, total: g.sum(rows), node: root}
	leaves := []*growing{first}
	if g.leaves > 1 {
		first.hist = g.histograms(rows)
		first.best = g.bestSplit(first)
	}
	for len(leaves) < g.leaves {
		at := -1
		for i, l := range leaves {
			if l.best.gain > g.minGain && (at < 0 || l.best.gain > leaves[at].best.gain) {
				at = i
			}
		}
		if at < 0 {
			break
		}
		left, right := g.divide(leaves[at], len(leaves)+1 < g.leaves)
		leaves[at] = left
		leaves = append(leaves, right)
	}
	for _, l := range leaves {
		g.free(l.hist)
		g.out.Nodes[l.node] = Node{Left: ^int32(len(g.out.Values))}
		g.out.Values = append(g.out.Values, leaf(l.total, l.rows))
	}
}

// choose draws the columns of a tree, in ascending order.
func (g *grower) choose() []int {
	all := make([]int, len(g.cols))
	for i := range all {
		all[i] = i
	}
	if g.columns >= len(all) {
		return all
	}
	g.rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	all = all[:max(g.columns, 1)]
	slices.Sort(all)
	return all
}

func (g *grower) sum(rows []int32) sums {
	var s sums
	for _, r := range rows {
		s.g += g.g[r]
		s.h += g.h[r]
	}
	s.n = int32(len(rows))
	return s
}

func (g *grower) histograms(rows []int32) [][]sums {
	hist := make([][]sums, len(g.look))
	for k, c := range g.look {
		h := g.take()
		bins := g.cols[c].bins
		for _, r := range rows {
			s := &h[bins[r]]
			s.g += g.g[r]
			s.h += g.h[r]
			s.n++
		}
		hist[k] = h
	}
	return hist
}

func (g *grower) take() []sums {
	if n := len(g.pool); n > 0 {
		h := g.pool[n-1]
		g.pool = g.pool[:n-1]
		clear(h)
		return h
	}
	return make([]sums, maxBins+2)
}

func (g *grower) free(hist [][]sums) { g.pool = append(g.pool, hist...) }

// bestSplit looks at every cut of every column; of equal gains the first wins.
func (g *grower) bestSplit(l *growing) split {
	best := split{column: -1}
	if int(l.total.n) < 2*g.minLeaf {
		return best
	}
	base := l.total.score(g.lambda)
	for k, c := range g.look {
		col, hist := g.cols[c], l.hist[k]
		missing := hist[len(col.uppers)]
		if !col.missing {
			missing = sums{}
		}
		var left sums
		for b := range len(col.uppers) - 1 {
			left = sums{left.g + hist[b].g, left.h + hist[b].h, left.n + hist[b].n}
			if hist[b].n == 0 {
				continue
			}
			g.consider(&best, l.total, left, base, c, b, false)
			if missing.n > 0 {
				with := sums{left.g + missing.g, left.h + missing.h, left.n + missing.n}
				g.consider(&best, l.total, with, base, c, b, true)
			}
		}
		if missing.n > 0 { // what is missing against all others
			g.consider(&best, l.total, l.total.minus(missing), base, c, len(col.uppers)-1, false)
		}
	}
	return best
}

func (g *grower) consider(best *split, total, left sums, base float64, column, bin int, missingLeft bool) {
	right := total.minus(left)
	if int(left.n) < g.minLeaf || int(right.n) < g.minLeaf {
		return
	}
	gain := left.score(g.lambda) + right.score(g.lambda) - base
	if gain > best.gain {
		*best = split{gain, column, bin, missingLeft, left}
	}
}

// divide cuts a leaf in two. The histograms of the larger part are what the
// smaller part leaves of the whole.
func (g *grower) divide(l *growing, goesOn bool) (left, right *growing) {
	s, col := l.best, g.cols[l.best.column]
	n := g.partition(l.rows, col, s)
	child := int32(len(g.out.Nodes))
	g.out.Nodes = append(g.out.Nodes, Node{}, Node{})
	feature := int32(s.column)
	if s.missingLeft {
		feature |= MissingLeft
	}
	g.out.Nodes[l.node] = Node{Feature: feature, Left: child, Threshold: col.uppers[s.bin]}
	left = &growing{rows: l.rows[:n], total: s.left, node: child}
	right = &growing{rows: l.rows[n:], total: l.total.minus(s.left), node: child + 1}
	if !goesOn {
		g.free(l.hist)
		return left, right
	}
	small, large := left, right
	if len(small.rows) > len(large.rows) {
		small, large = large, small
	}
	small.hist, large.hist = g.histograms(small.rows), l.hist
	for k := range large.hist {
		a, b := large.hist[k], small.hist[k]
		for i := range len(g.cols[g.look[k]].uppers) + 1 {
			a[i] = a[i].minus(b[i])
		}
	}
	left.best, right.best = g.bestSplit(left), g.bestSplit(right)
	return left, right
}

// partition moves the rows of the left part to the front, keeping the order of
// both, and returns how many they are.
func (g *grower) partition(rows []int32, col binned, s split) int {
	g.tmp = g.tmp[:0]
	n := 0
	absent := uint8(len(col.uppers))
	for _, r := range rows {
		b := col.bins[r]
		left := int(b) <= s.bin
		if col.missing && b == absent {
			left = s.missingLeft
		}
		if left {
			rows[n] = r
			n++
		} else {
			g.tmp = append(g.tmp, r)
		}
	}
	copy(rows[n:], g.tmp)
	return n
}

// newton is the value of a leaf: one Newton step on its rows.
func newton(s sums, lambda float64) float64 {
	if s.h+lambda <= 0 || math.IsNaN(s.g) {
		return 0
	}
	return -s.g / (s.h + lambda)
}
