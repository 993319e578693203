package trees

import (
	"math"
	"math/bits"
	"slices"
	"sync"

	"github.com/beamline-go/beamline/internal/features"
)

// place is a node as rows walk over it, in one word: from the lowest bits on, where the
// cells of its lane begin, how much a cell lacks to be above the cut (65,535 less the cut),
// and where the left node is. A cell that is above carries into the last one, and the row goes to the
// node behind it. A leaf leads to itself.
type place uint64

func placeOf(left int32, cells, at int) place {
	return place(left)<<32 | place(math.MaxUint16-at)<<16 | place(cells)
}

// Bounds of what the parts of a place hold.
const (
	laneCuts = math.MaxUint16 - 1 // cuts of a lane
	allCells = 1 << 16            // of a block of rows
)

// abreast is how many rows, or trees, are walked at once.
const abreast = 8

// wide is the cells of a block from a row on: as many as a place can name, which needs no
// check, for so many rows.
type wide = [allCells + abreast]uint16

// walker is trees in a form in which several rows walk down at once without a branch to be
// guessed at each cut. The cells of rows are numbers of cuts: how many of a column's cuts,
// as the trees have them, a value is above. A column of very many cuts has several lanes,
// for a range of them each.
type walker struct {
	nodes   []place
	leaf    []int32   // the number of the leaf at a node
	columns []cutting // of the rows
	lanes   int       // of all columns; a row has twice as many cells
	block   int       // rows that are laid out at a time
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
	if 2*w.lanes > allCells {
		return nil
	}
	for w.block = rowBlock; 2*w.lanes*w.block > allCells; {
		w.block /= 2
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
		w.nodes[i] = placeOf(n.Left, lane*w.block, at%laneCuts)
	}
	return w
}

// fill writes the cells of the rows [first, first+n) of m, those of a lane together, twice:
// first with missing values above every cut, then below. There is room behind, to look at
// them as wide ones.
func (w *walker) fill(cells []uint16, m *features.Matrix, first, n int) []uint16 {
	if cells == nil {
		cells = make([]uint16, len(wide{})+rowBlock)
	}
	for j := range w.columns {
		c := &w.columns[j]
		switch values := m.Dense[j]; {
		case c.lanes == 1:
			c.put(cells[c.lane*w.block:][:n], cells[(c.lane+w.lanes)*w.block:][:n], values[first:first+n])
		case c.lanes > 1:
			for i, v := range values[first : first+n] {
				c.spread(cells[c.lane*w.block+i:], w, v)
			}
		}
	}
	return cells
}

// put writes the cells of values of a column of one lane, with missing ones above every cut
// and below; four at a time, since each step of a search waits for the one before.
func (c *cutting) put(high, low []uint16, values []float64) {
	n := len(values)
	high, low = high[:n], low[:n]
	i := 0
	for ; i+4 <= n; i += 4 {
		v := values[i:][:4]
		h, l := high[i:][:4], low[i:][:4]
		a, b, c, d := above4(c.keys, ordered(v[0]+0), ordered(v[1]+0), ordered(v[2]+0), ordered(v[3]+0))
		h[0], h[1], h[2], h[3] = uint16(a), uint16(b), uint16(c), uint16(d)
		l[0], l[1], l[2], l[3] = uint16(a), uint16(b), uint16(c), uint16(d)
	}
	for ; i < n; i++ {
		high[i] = uint16(c.above(values[i]))
		low[i] = high[i]
	}
	for i, v := range values {
		if v != v {
			high[i], low[i] = math.MaxUint16, 0
		}
	}
}

// spread writes the cells of a value of a column of several lanes.
func (c *cutting) spread(cells []uint16, w *walker, v float64) {
	above := c.above(v)
	low := above
	if v != v {
		above, low = c.lanes*laneCuts+1, 0
	}
	for l := range c.lanes {
		cells[l*w.block] = uint16(min(max(above-l*laneCuts, 0), math.MaxUint16))
		cells[(l+w.lanes)*w.block] = uint16(min(max(low-l*laneCuts, 0), math.MaxUint16))
	}
}

// above is how many cuts a value is above, found without a branch to be guessed.
func (c *cutting) above(v float64) int {
	key := ordered(v + 0)
	k := 0
	for n := len(c.keys); n > 0; {
		half := (n + 1) / 2
		_, over := bits.Sub64(c.keys[k+half-1], key, 0)
		k += half & -int(over)
		n -= half
	}
	return k
}

// above4 is above, of four.
func above4(keys []uint64, a, b, c, d uint64) (i, j, k, l int) {
	for n := len(keys); n > 0; {
		half := (n + 1) / 2
		_, over := bits.Sub64(keys[i+half-1], a, 0)
		i += half & -int(over)
		_, over = bits.Sub64(keys[j+half-1], b, 0)
		j += half & -int(over)
		_, over = bits.Sub64(keys[k+half-1], c, 0)
		k += half & -int(over)
		_, over = bits.Sub64(keys[l+half-1], d, 0)
		l += half & -int(over)
		n -= half
	}
	return i, j, k, l
}

// leaves writes the number of the leaf that each of n rows falls into, and some number
// behind them, up to a whole number of rows abreast.
func (w *walker) leaves(root int32, cells []uint16, out []int32, n int) {
	for k := 0; k < n; k += abreast {
		w.rows(uint64(root), (*wide)(cells[k:]), (*[abreast]int32)(out[k:]))
	}
}

// rows has some rows walk down a tree. It is a function of its own, for the sake of the
// registers, which are just enough.
//
//go:noinline
func (w *walker) rows(root uint64, x *wide, out *[abreast]int32) {
	nodes := w.nodes
	a, b, c, d, e, f, g, h := root, root, root, root, root, root, root, root
	for on := place(1); uint32(on) != 0; { // all that a leaf asks for is 0
		n := nodes[a]
		on = n
		a = step(n, x, 0)
		n = nodes[b]
		on |= n
		b = step(n, x, 1)
		n = nodes[c]
		on |= n
		c = step(n, x, 2)
		n = nodes[d]
		on |= n
		d = step(n, x, 3)
		n = nodes[e]
		on |= n
		e = step(n, x, 4)
		n = nodes[f]
		on |= n
		f = step(n, x, 5)
		n = nodes[g]
		on |= n
		g = step(n, x, 6)
		n = nodes[h]
		on |= n
		h = step(n, x, 7)
	}
	leaf := w.leaf
	out[0], out[1], out[2], out[3] = leaf[a], leaf[b], leaf[c], leaf[d]
	out[4], out[5], out[6], out[7] = leaf[e], leaf[f], leaf[g], leaf[h]
}

// row writes the number of the leaf that one row falls into in each tree.
func (w *walker) row(roots []int32, x *wide, out []int32) {
	for k := 0; k < len(roots); k += abreast {
		var some [abreast]int32
		copy(some[:], roots[k:])
		w.trees(&some, x)
		copy(out[k:], some[:])
	}
}

// trees has a row walk down some trees, from roots to leaves, in the manner of rows.
//
//go:noinline
func (w *walker) trees(at *[abreast]int32, x *wide) {
	nodes := w.nodes
	a, b, c, d, e, f, g, h := uint64(at[0]), uint64(at[1]), uint64(at[2]), uint64(at[3]), uint64(at[4]), uint64(at[5]), uint64(at[6]), uint64(at[7])
	for on := place(1); uint32(on) != 0; {
		n := nodes[a]
		on = n
		a = step(n, x, 0)
		n = nodes[b]
		on |= n
		b = step(n, x, 0)
		n = nodes[c]
		on |= n
		c = step(n, x, 0)
		n = nodes[d]
		on |= n
		d = step(n, x, 0)
		n = nodes[e]
		on |= n
		e = step(n, x, 0)
		n = nodes[f]
		on |= n
		f = step(n, x, 0)
		n = nodes[g]
		on |= n
		g = step(n, x, 0)
		n = nodes[h]
		on |= n
		h = step(n, x, 0)
	}
	leaf := w.leaf
	at[0], at[1], at[2], at[3] = leaf[a], leaf[b], leaf[c], leaf[d]
	at[4], at[5], at[6], at[7] = leaf[e], leaf[f], leaf[g], leaf[h]
}

// step returns where a row of those abreast goes from a node.
func step(n place, x *wide, row int) uint64 {
	return (uint64(n>>16) + uint64(x[int(uint16(n))+row])) >> 16
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

// row calls use with the leaf that the one row of m falls into in each tree.
func (f *Form) row(m *features.Matrix, use func(leaves []int32)) {
	w := f.walker(len(m.Dense))
	in := borrowRoom(len(f.Roots) + abreast)
	defer rooms.Put(in)
	leaves := in.leaves[:len(f.Roots)]
	if w == nil {
		for k, root := range f.Roots {
			leaves[k] = f.plain(root, m, 0)
		}
	} else {
		in.cells = w.fill(in.cells, m, 0, 1)
		w.row(f.Roots, (*wide)(in.cells), leaves)
	}
	use(leaves)
}

// borrowRoom returns a room with so many leaves at least.
func borrowRoom(leaves int) *room {
	in := rooms.Get().(*room)
	if len(in.leaves) < leaves {
		in.leaves = make([]int32, leaves)
	}
	return in
}

// eachTree calls use for each block of rows of m and each tree, with the leaf
// that each row falls into; done is called at the end of each block.
func (f *Form) eachTree(m *features.Matrix, use func(tree, first int, leaves []int32), done func(first, n int)) {
	w := f.walker(len(m.Dense))
	in := borrowRoom(rowBlock)
	defer rooms.Put(in)
	leaves, block := in.leaves, rowBlock
	if w != nil {
		block = w.block
	}
	for first := 0; first < m.N; first += block {
		n := min(block, m.N-first)
		switch {
		case w == nil:
			for k, root := range f.Roots {
				for i := range n {
					leaves[i] = f.plain(root, m, first+i)
				}
				use(k, first, leaves[:n])
			}
		default:
			in.cells = w.fill(in.cells, m, first, n)
			for k, root := range f.Roots {
				w.leaves(root, in.cells, leaves, n)
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
