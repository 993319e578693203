package trees

import (
	"math"
	"math/bits"
	"slices"
	"sync"

	"github.com/beamline-go/beamline/internal/features"
)

// place is a node as rows walk over it, in one word: from the lowest bits on, the lane, how
// much a cell of that lane lacks to be above the cut (65,535 less the cut), and where the
// left node is. A cell that is above carries into the last one, and the row goes to the
// node behind it. A leaf leads to itself.
type place uint64

func placeOf(left int32, lane, at int) place {
	return place(left)<<32 | place(math.MaxUint16-at)<<16 | place(lane)
}

// Bounds of what the parts of a place hold.
const (
	laneCuts  = math.MaxUint16 - 1 // cuts of a lane
	mostLanes = math.MaxUint16     // of a row, twice
)

// wide is a row as it is looked at: as long as a lane can count, which needs no check.
type wide = [1 << 16]uint16

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
			w.nodes[i], w.leaf[i] = placeOf(int32(i), 0, math.MaxUint16), ^n.Left // nothing is above
			continue
		}
		c := &w.columns[n.Feature&^MissingLeft]
		at, _ := slices.BinarySearch(c.keys, ordered(n.Threshold+0))
		lane := c.lane + at/laneCuts
		if n.Feature&MissingLeft != 0 {
			lane += w.lanes
		}
		w.nodes[i] = placeOf(n.Left, lane, at%laneCuts)
	}
	return w
}

// span is how many cells a row has: a leaf asks for one, also where there are no columns.
func (w *walker) span() int { return max(2*w.lanes, 1) }

// fill writes the cells of the rows [first, first+n) of m, those of a row together, twice:
// first with missing values above every cut, then below. There is room behind the last
// row, to look at it as a wide one.
func (w *walker) fill(cells []uint16, m *features.Matrix, first, n int) []uint16 {
	span := w.span()
	if len(cells) < n*span+len(wide{}) {
		cells = make([]uint16, n*span+len(wide{}))
	}
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

// step returns where a row goes from a node.
func step(nodes []place, at uint64, row *wide) uint64 {
	n := nodes[at]
	return (uint64(n>>16) + uint64(row[uint16(n)])) >> 16
}

// leaves writes the number of the leaf that each row falls into.
func (w *walker) leaves(root int32, cells []uint16, out []int32) {
	nodes, s := w.nodes, w.span()
	k := 0
	for ; k+4 <= len(out); k += 4 {
		x0, x1, x2, x3 := (*wide)(cells[k*s:]), (*wide)(cells[(k+1)*s:]), (*wide)(cells[(k+2)*s:]), (*wide)(cells[(k+3)*s:])
		a, b, c, d := uint64(root), uint64(root), uint64(root), uint64(root)
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
		out[k] = w.down(root, (*wide)(cells[k*s:]))
	}
}

// down is the number of the leaf that a row falls into.
func (w *walker) down(root int32, row *wide) int32 {
	at := uint64(root)
	for next := step(w.nodes, at, row); next != at; next = step(w.nodes, at, row) {
		at = next
	}
	return w.leaf[at]
}

// row writes the number of the leaf that one row falls into in each tree: several trees
// at once, since each step waits for the memory of the one before.
func (w *walker) row(roots []int32, x *wide, out []int32) {
	nodes := w.nodes
	k := 0
	for ; k+4 <= len(roots); k += 4 {
		a, b, c, d := uint64(roots[k]), uint64(roots[k+1]), uint64(roots[k+2]), uint64(roots[k+3])
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

// room is what rows are laid out in.
type room struct {
	cells  []uint16
	leaves []int32
}

var rooms = sync.Pool{New: func() any { return new(room) }}

// eachTree calls use for each block of rows of m and each tree, with the leaf
// that each row falls into; done is called at the end of each block.
func (f *Form) eachTree(m *features.Matrix, use func(tree, first int, leaves []int32), done func(first, n int)) {
	w := f.walker(len(m.Dense))
	in := rooms.Get().(*room)
	defer rooms.Put(in)
	if n := max(rowBlock, len(f.Roots)); len(in.leaves) < n {
		in.leaves = make([]int32, n)
	}
	leaves := in.leaves
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
			in.cells = w.fill(in.cells, m, first, n)
			w.row(f.Roots, (*wide)(in.cells), leaves[:len(f.Roots)])
			for k := range f.Roots {
				use(k, first, leaves[k:k+1])
			}
		default:
			in.cells = w.fill(in.cells, m, first, n)
			for k, root := range f.Roots {
				w.leaves(root, in.cells, leaves[:n])
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
