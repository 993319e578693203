package trees

import (
	"math"

	"github.com/beamline-go/beamline/internal/features"
)

// table is rows as trees walk them: the cells of a row stand together, twice:
// first with missing cells as +Inf, which every cut sends to the right, then as
// -Inf, which every cut sends to the left. Rows without missing cells may be
// laid out once.
type table struct {
	cells []float64
	span  int // cells of a row
}

// fill lays out the rows [first, first+n) of m, twice or once.
func (t *table) fill(m *features.Matrix, first, n int, twice bool) {
	width := len(m.Dense)
	t.span = width
	if twice {
		t.span = 2 * width
	}
	t.span = max(t.span, 1) // a leaf asks for a cell, also where there are no columns
	if cap(t.cells) < n*t.span {
		t.cells = make([]float64, n*t.span)
	}
	t.cells = t.cells[:n*t.span]
	for j, col := range m.Dense {
		at := j
		for _, v := range col[first : first+n] {
			low := v
			if v != v {
				v, low = math.Inf(1), math.Inf(-1)
			}
			t.cells[at] = v
			if twice {
				t.cells[at+width] = low
			}
			at += t.span
		}
	}
}

// anyMissing reports whether a cell of m is missing.
func anyMissing(m *features.Matrix) bool {
	for _, col := range m.Dense {
		for _, v := range col {
			if v != v {
				return true
			}
		}
	}
	return false
}

// walker is trees in a form in which several rows walk down at once without a
// branch to be guessed at each cut: a leaf leads to itself.
type walker struct {
	nodes []Node
	leaf  []int32 // the number of the leaf at a node
	width int     // columns of the rows, where they are laid out twice; else 0
}

// add takes the trees of f that are not there yet.
func (w *walker) add(f *Form) {
	for i := len(w.nodes); i < len(f.Nodes); i++ {
		n, leaf := f.Nodes[i], int32(0)
		switch {
		case n.Left < 0:
			leaf = ^n.Left
			n = Node{Left: int32(i), Threshold: math.Inf(1)} // nothing is greater
		case n.Feature&MissingLeft != 0:
			n.Feature = n.Feature&^MissingLeft + int32(w.width)
			fallthrough
		default: // a cut between all values and missing ones is at +Inf
			n.Threshold = min(n.Threshold, math.MaxFloat64)
		}
		w.nodes, w.leaf = append(w.nodes, n), append(w.leaf, leaf)
	}
}

// step returns where a row with the cells x goes from node i.
func step(nodes []Node, i int32, x []float64) int32 {
	n := &nodes[i]
	right := int32(0)
	if x[n.Feature] > n.Threshold {
		right = 1
	}
	return n.Left + right
}

// leaves writes the number of the leaf that each row of t falls into.
func (w *walker) leaves(root int32, t *table, out []int32) {
	nodes, s := w.nodes, t.span
	k := 0
	for ; k+4 <= len(out); k += 4 {
		x := t.cells[k*s : (k+4)*s]
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
		x, a := t.cells[k*s:(k+1)*s], root
		for next := step(nodes, a, x); next != a; next = step(nodes, a, x) {
			a = next
		}
		out[k] = w.leaf[a]
	}
}

// row writes the number of the leaf that one row falls into in each tree: several trees
// at once, since each step waits for the memory of the one before.
func (w *walker) row(roots []int32, x []float64, out []int32) {
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
		a := roots[k]
		for next := step(nodes, a, x); next != a; next = step(nodes, a, x) {
			a = next
		}
		out[k] = w.leaf[a]
	}
}

// rowBlock is how many rows are laid out at a time: with the nodes of a tree,
// they fit the nearest cache.
const rowBlock = 64

// eachTree calls use for each block of rows of m and each tree, with the leaf
// that each row falls into; done is called at the end of each block.
func (f *Form) eachTree(m *features.Matrix, use func(tree, first int, leaves []int32), done func(first, n int)) {
	w := f.walker(len(m.Dense))
	var t table
	leaves := make([]int32, rowBlock)
	for first := 0; first < m.N; first += rowBlock {
		n := min(rowBlock, m.N-first)
		t.fill(m, first, n, true)
		if n == 1 {
			f.oneRow(w, &t, first, use)
			done(first, n)
			continue
		}
		for k, root := range f.Roots {
			w.leaves(root, &t, leaves[:n])
			use(k, first, leaves[:n])
		}
		done(first, n)
	}
}

// oneRow calls use with the leaf of each tree that the one row of t falls into.
func (f *Form) oneRow(w *walker, t *table, first int, use func(tree, first int, leaves []int32)) {
	leaves := make([]int32, len(f.Roots))
	w.row(f.Roots, t.cells, leaves)
	for k := range leaves {
		use(k, first, leaves[k:k+1])
	}
}

// walker returns the trees in walking form, made once they are all there.
func (f *Form) walker(width int) *walker {
	f.once.Do(func() {
		f.walk = &walker{width: width}
		f.walk.add(f)
	})
	return f.walk
}
