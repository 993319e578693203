package trees

import (
	"math"
	"math/bits"
	"slices"

	"github.com/beamline-go/beamline/internal/features"
)

// place is a node as rows walk over it, in eight bytes: a row whose cell in the lane is
// above At goes to the node behind Left, others go to Left. A leaf leads to itself.
type place struct {
	Left int32
	Lane uint16
	At   uint16
}

// Bounds of what eight bytes hold.
const (
	laneCuts  = math.MaxUint16 - 1 // cuts of a lane
	mostLanes = math.MaxUint16     // of a row, twice
)

// walker is trees in a form in which several rows walk down at once without a branch to be
// guessed at each cut. The cells of rows are numbers of cuts: how many of a column's cuts,
// as the trees have them, a value is above. A column of very many cuts has several lanes,
// for a range of them each.
type walker struct {
	nodes   []place
	leaf    []int32   // the number of the leaf at a node
	columns []cutting // of the rows
	lanes   int       // of all columns; a row has twice as many cells
}

// cutting is the cuts of a column.
type cutting struct {
	keys  []uint64 // of the thresholds, in ascending order
	lane  int      // the first one
	lanes int
}

// newWalker makes the walking form of trees over rows of so many columns; nil where they
// are too many for it.
func newWalker(f *Form, columns int) *walker {
	w := &walker{nodes: make([]place, len(f.Nodes)), leaf: make([]int32, len(f.Nodes)), columns: make([]cutting, columns)}
	for _, n := range f.Nodes {
		if n.Left >= 0 {
			c := &w.columns[n.Feature&^MissingLeft]
			c.keys = append(c.keys, ordered(n.Threshold+0))
		}
	}
	for i := range w.columns {
		c := &w.columns[i]
		slices.Sort(c.keys)
		c.keys = slices.Compact(c.keys)
		c.lane, c.lanes = w.lanes, (len(c.keys)+laneCuts-1)/laneCuts
		w.lanes += c.lanes
	}
	if 2*w.lanes > mostLanes {
		return nil
	}
	for i, n := range f.Nodes {
		if n.Left < 0 {
			w.nodes[i], w.leaf[i] = place{Left: int32(i), At: math.MaxUint16}, ^n.Left // nothing is above
			continue
		}
		c := &w.columns[n.Feature&^MissingLeft]
		at, _ := slices.BinarySearch(c.keys, ordered(n.Threshold+0))
		lane := c.lane + at/laneCuts
		if n.Feature&MissingLeft != 0 {
			lane += w.lanes
		}
		w.nodes[i] = place{Left: n.Left, Lane: uint16(lane), At: uint16(at % laneCuts)}
	}
	return w
}

// span is how many cells a row has: a leaf asks for one, also where there are no columns.
func (w *walker) span() int { return max(2*w.lanes, 1) }

// fill writes the cells of the rows [first, first+n) of m, those of a row together, twice:
// first with missing values above every cut, then below.
func (w *walker) fill(cells []uint16, m *features.Matrix, first, n int) []uint16 {
	span := w.span()
	if cap(cells) < n*span {
		cells = make([]uint16, n*span)
	}
	cells = cells[:n*span]
	for j := range w.columns {
		c := &w.columns[j]
		if c.lanes == 0 {
			continue
		}
		at := c.lane
		for _, v := range m.Dense[j][first : first+n] {
			c.put(cells[at:], w.lanes, v)
			at += span
		}
	}
	return cells
}

// put writes the cells of a value, and those for a missing one so many behind.
func (c *cutting) put(cells []uint16, behind int, v float64) {
	above := c.above(v)
	low := above
	if v != v {
		above, low = c.lanes*laneCuts+1, 0
	}
	if c.lanes == 1 {
		cells[0], cells[behind] = uint16(min(above, math.MaxUint16)), uint16(low)
		return
	}
	for l := range c.lanes {
		cells[l] = uint16(min(max(above-l*laneCuts, 0), math.MaxUint16))
		cells[behind+l] = uint16(min(max(low-l*laneCuts, 0), math.MaxUint16))
	}
}

// above is how many cuts a value is above, found without a branch to be guessed.
func (c *cutting) above(v float64) int {
	key := ordered(v + 0)
	keys, k := c.keys, 0
	for n := len(keys); n > 0; {
		half := (n + 1) / 2
		_, over := bits.Sub64(keys[k+half-1], key, 0)
		k += half & -int(over)
		n -= half
	}
	return k
}

// step returns where a row with those cells goes from node i.
func step(nodes []place, i int32, cells []uint16) int32 {
	n := &nodes[i]
	// The difference is negative, and its sign a one, where the cell is above.
	return n.Left + int32(uint32(int32(n.At)-int32(cells[n.Lane]))>>31)
}

// leaves writes the number of the leaf that each row falls into.
func (w *walker) leaves(root int32, cells []uint16, out []int32) {
	nodes, s := w.nodes, w.span()
	k := 0
	for ; k+4 <= len(out); k += 4 {
		x := cells[k*s : (k+4)*s]
		x0, x1, x2, x3 := x[:s], x[s:2*s], x[2*s:3*s], x[3*s:4*s]
		a, b, c, d := root, root, root, root
		for {
			a, b, c, d = step(nodes, a, x0), step(nodes, b, x1), step(nodes, c, x2), step(nodes, d, x3)
			a1, b1, c1, d1 := step(nodes, a, x0), step(nodes, b, x1), step(nodes, c, x2), step(nodes, d, x3)
			if (a1^a)|(b1^b)|(c1^c)|(d1^d) == 0 {
				break
			}
			a, b, c, d = a1, b1, c1, d1
		}
		out[k], out[k+1], out[k+2], out[k+3] = w.leaf[a], w.leaf[b], w.leaf[c], w.leaf[d]
	}
	for ; k < len(out); k++ {
		out[k] = w.down(root, cells[k*s:(k+1)*s])
	}
}

// down is the number of the leaf that a row falls into.
func (w *walker) down(at int32, cells []uint16) int32 {
	for next := step(w.nodes, at, cells); next != at; next = step(w.nodes, at, cells) {
		at = next
	}
	return w.leaf[at]
}

// row writes the number of the leaf that one row falls into in each tree: several trees
// at once, since each step waits for the memory of the one before.
func (w *walker) row(roots []int32, x []uint16, out []int32) {
	nodes := w.nodes
	k := 0
	for ; k+4 <= len(roots); k += 4 {
		a, b, c, d := roots[k], roots[k+1], roots[k+2], roots[k+3]
		for {
			a1, b1, c1, d1 := step(nodes, a, x), step(nodes, b, x), step(nodes, c, x), step(nodes, d, x)
			if (a1^a)|(b1^b)|(c1^c)|(d1^d) == 0 {
				break
			}
			a, b, c, d = a1, b1, c1, d1
		}
		out[k], out[k+1], out[k+2], out[k+3] = w.leaf[a], w.leaf[b], w.leaf[c], w.leaf[d]
	}
	for ; k < len(roots); k++ {
		out[k] = w.down(roots[k], x)
	}
}

// rowBlock is how many rows are laid out at a time: with the nodes of a tree,
// they fit the nearest cache.
const rowBlock = 64

// eachTree calls use for each block of rows of m and each tree, with the leaf
// that each row falls into; done is called at the end of each block.
func (f *Form) eachTree(m *features.Matrix, use func(tree, first int, leaves []int32), done func(first, n int)) {
	w := f.walker(len(m.Dense))
	var cells []uint16
	leaves := make([]int32, max(rowBlock, len(f.Roots)))
	for first := 0; first < m.N; first += rowBlock {
		n := min(rowBlock, m.N-first)
		switch {
		case w == nil:
			for k, root := range f.Roots {
				for i := range n {
					leaves[i] = f.plain(root, m, first+i)
				}
				use(k, first, leaves[:n])
			}
		case n == 1:
			cells = w.fill(cells, m, first, n)
			w.row(f.Roots, cells, leaves[:len(f.Roots)])
			for k := range f.Roots {
				use(k, first, leaves[k:k+1])
			}
		default:
			cells = w.fill(cells, m, first, n)
			for k, root := range f.Roots {
				w.leaves(root, cells, leaves[:n])
				use(k, first, leaves[:n])
			}
		}
		done(first, n)
	}
}

// plain is the leaf that a row falls into, by its values: for trees over more columns than
// the walking form has room for.
func (f *Form) plain(at int32, m *features.Matrix, row int) int32 {
	for f.Nodes[at].Left >= 0 {
		n := f.Nodes[at]
		v := m.Dense[n.Feature&^MissingLeft][row]
		if at = n.Left; v > n.Threshold || v != v && n.Feature&MissingLeft == 0 {
			at++
		}
	}
	return ^f.Nodes[at].Left
}

// walker returns the trees in walking form, made once they are all there.
func (f *Form) walker(columns int) *walker {
	f.once.Do(func() { f.walk = newWalker(f, columns) })
	return f.walk
}
