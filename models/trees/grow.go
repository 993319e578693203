package trees

import (
	"cmp"
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
	bins    int // of a column; 0 is maxBins
}

// split is the best cut of a leaf.
type split struct {
	gain        float64
	column      int // of those that the tree looks at
	bin         int
	missingLeft bool
	left        int64 // sums of the gradients of the left
}

// growing is a leaf of a tree that grows.
type growing struct {
	from, to int   // its rows
	side     int   // of the workspace, where they are
	total    int64 // sums of their gradients
	hist     histogram
	best     split
	node     int32
}

// grower grows trees over columns in bins.
type grower struct {
	growth
	cols  []column
	rows  planes // of the whole table
	scale scale
	rng   *rand.Rand
	out   *Form // where nodes and leaves go

	groups [][]int     // of columns that come from one of the table
	drawn  int         // how many groups a tree looks at
	look   []int       // columns of this tree
	work   workspace   // its rows
	pool   []histogram // that are free
	where  []cut       // by node of out, what a row of bins is asked there
}

// cut is what a row is asked at a node.
type cut struct {
	lane    lane
	bin     uint8 // bins up to it go to the left
	missing uint8 // the bin of missing values
	other   bool  // which don't go where their number says
}

// newGrower bins the columns of a table.
func newGrower(columns [][]float64, n int, g growth) *grower {
	x := &grower{growth: g, cols: make([]column, len(columns))}
	most := min(max(cmp.Or(g.bins, maxBins), 2), maxBins)
	for i, values := range columns {
		x.cols[i] = columnOf(values, most)
	}
	x.rows = x.binned(columns, n)
	for i := range columns {
		x.groups = append(x.groups, []int{i})
	}
	x.drawn = len(x.groups)
	return x
}

// binned puts rows into the bins of the columns.
func (g *grower) binned(columns [][]float64, n int) planes {
	rows, bins := newPlanes(len(columns), n), make([]uint8, n)
	for i, values := range columns {
		g.cols[i].bins(values, bins)
		rows.set(i, bins)
	}
	return rows
}

// grow appends a tree over rows, nil for all, with a gradient for each row of the table,
// and returns its leaves, whose values are for the caller to append.
func (g *grower) grow(rows []int32, of []gradient) []*growing {
	g.look = g.choose()
	g.work.reserve(len(g.look), len(of))
	n := g.work.load(g.rows, g.look, rows, of)
	g.out.Roots = append(g.out.Roots, int32(len(g.out.Nodes)))
	first := &growing{to: n, node: g.node()}
	for i := range n {
		first.total += of[g.work.sides[0].ids[i]].packed()
	}
	leaves := []*growing{first}
	if g.leaves > 1 && len(g.look) > 0 {
		first.hist = g.histogram(first)
		g.search(first)
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
		g.free(l)
		g.out.Nodes[l.node] = Node{Left: ^int32(len(g.out.Values))}
		g.out.Values = append(g.out.Values, 0)
	}
	return leaves
}

// node appends a node.
func (g *grower) node() int32 {
	g.out.Nodes, g.where = append(g.out.Nodes, Node{}), append(g.where, cut{})
	return int32(len(g.out.Nodes) - 1)
}

// ids are the rows of a leaf, in the table.
func (g *grower) ids(l *growing) []int32 { return g.work.sides[l.side].ids[l.from:l.to] }

// draw has each tree look at a share of the columns of the table, at least so many of them;
// sources says which one each column comes from.
func (g *grower) draw(sources []int, share float64, least int) {
	g.groups = nil
	for column, s := range sources {
		for s >= len(g.groups) {
			g.groups = append(g.groups, nil)
		}
		g.groups[s] = append(g.groups[s], column)
	}
	n := len(g.groups)
	g.drawn = min(max(int(math.Ceil(share*float64(n))), least, 1), n)
}

// choose draws the columns of a tree, in ascending order.
func (g *grower) choose() []int {
	if g.drawn < len(g.groups) {
		g.rng.Shuffle(len(g.groups), func(i, j int) { g.groups[i], g.groups[j] = g.groups[j], g.groups[i] })
	}
	g.look = g.look[:0]
	for _, of := range g.groups[:g.drawn] {
		g.look = append(g.look, of...)
	}
	slices.Sort(g.look)
	return g.look
}

// histogram adds up the rows of a leaf.
func (g *grower) histogram(l *growing) histogram {
	h := g.take()
	for p := range h {
		if columns := min(len(g.look)-p*laneColumns, laneColumns); columns > 0 {
			h.add(p, g.work.sides[l.side].planes[p][l.from:l.to], columns)
		}
	}
	return h
}

// take returns an empty histogram.
func (g *grower) take() histogram {
	var h histogram
	if n := len(g.pool); n > 0 {
		h, g.pool = g.pool[n-1], g.pool[:n-1]
	}
	for len(h) < planesFor(len(g.look)) {
		h = append(h, [laneColumns]cells{})
	}
	h.clear(len(g.look))
	return h
}

// free gives the histogram of a leaf back.
func (g *grower) free(l *growing) {
	if l.hist != nil {
		g.pool = append(g.pool, l.hist)
	}
	l.hist = nil
}

// divide cuts a leaf in two. The histogram of the larger part is what the smaller part
// leaves of the whole.
func (g *grower) divide(l *growing, goesOn bool) (left, right *growing) {
	s := l.best
	column := &g.cols[g.look[s.column]]
	var goes [256]int // 0 is to the left, -1 to the right
	for b := s.bin + 1; b < len(goes); b++ {
		goes[b] = -1
	}
	if s.missingLeft {
		goes[column.missing()] = 0
	}
	middle := g.work.divide(l.side, l.from, l.to, planesFor(len(g.look)), laneOf(s.column), &goes)
	left = &growing{from: l.from, to: middle, side: 1 - l.side, total: s.left, node: g.node()}
	right = &growing{from: middle, to: l.to, side: 1 - l.side, total: l.total - s.left, node: g.node()}
	feature := int32(g.look[s.column])
	g.where[l.node] = cut{lane: laneOf(int(feature)), bin: uint8(s.bin), missing: column.missing(), other: s.missingLeft}
	if s.missingLeft {
		feature |= MissingLeft
	}
	g.out.Nodes[l.node] = Node{Feature: feature, Left: left.node, Threshold: column.uppers[s.bin]}
	if !goesOn {
		g.free(l)
		return left, right
	}
	small, large := left, right
	if small.to-small.from > large.to-large.from {
		small, large = large, small
	}
	switch {
	case large.to-large.from < 2*g.minLeaf: // neither is cut again
		g.free(l)
	default:
		small.hist, large.hist = g.histogram(small), l.hist
		large.hist.subtract(small.hist, len(g.look))
		g.search(large)
		g.search(small)
	}
	return left, right
}

// newton is the value of a leaf: one Newton step on its rows.
func newton(g, h, lambda float64) float64 {
	if h+lambda <= 0 || math.IsNaN(g) {
		return 0
	}
	return -g / (h + lambda)
}
