package trees

import (
	"math"
	"math/rand/v2"

	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/models/learn"
)

// fewColumns is how many columns a node looks at at least.
const fewColumns = 6

// below is what a missing value becomes.
const below = -math.MaxFloat64

// ranked is a column as a forest looks at it: the codes of its rows, 0 where the value is
// missing, and otherwise one more than its bin.
type ranked struct {
	codes       []uint8
	uppers      []float64
	least, most [256]float64 // value of each code
	flag        bool         // there are two codes, 1 and 2
}

func rank(values []float64) *ranked {
	c := columnOf(values, maxBins)
	r := &ranked{codes: make([]uint8, len(values)), uppers: c.uppers}
	c.bins(values, r.codes)
	for i := range r.least {
		r.least[i], r.most[i] = math.Inf(1), math.Inf(-1)
	}
	for i, v := range values {
		if v != v {
			r.codes[i] = 0
			continue
		}
		r.codes[i]++
		b := r.codes[i]
		r.least[b], r.most[b] = min(r.least[b], v), max(r.most[b], v)
	}
	r.flag = len(c.uppers) == 2 && !c.absent
	return r
}

// between is the last code whose values a cut leaves on its left, where lo and hi are the
// codes of both ends.
func (r *ranked) between(cut float64, lo, hi uint8) uint8 {
	for hi-lo > 1 {
		if middle := lo + (hi-lo)/2; r.least[middle] <= cut {
			lo = middle
		} else {
			hi = middle
		}
	}
	return lo
}

// threshold is the value up to which rows of codes up to one go to the left.
func (r *ranked) threshold(code uint8) float64 {
	if code == 0 {
		return below
	}
	return r.uppers[code-1]
}

// extra grows extremely randomized trees.
type extra struct {
	cols    []*ranked
	y       []float64
	k       int // outputs of a leaf
	classes bool
	minLeaf int
	try     int // columns that a node looks at
	rng     *rand.Rand
	order   []int // of the columns: those that vary in a node stand first
	tmp     []int32
	out     *Form

	own    []float64 // targets of the rows of a node
	total  float64   // their sum
	counts []int     // by class, left and right
	shares []float64 // of the classes among all rows
}

func newExtra(m *features.Matrix, e learn.Examples, out *Form) *extra {
	x := &extra{cols: make([]*ranked, len(m.Dense)), y: e.Y, k: learn.Outputs(e.Classes), classes: e.Classes > 0, out: out, order: make([]int, len(m.Dense))}
	for i, values := range m.Dense {
		x.cols[i], x.order[i] = rank(values), i
	}
	x.counts = make([]int, 2*x.k)
	if x.classes {
		x.shares = make([]float64, x.k)
		for _, y := range e.Y {
			x.shares[int(y)] += 1 / float64(len(e.Y))
		}
	}
	return x
}

// job is a node that is still to be made.
type job struct {
	node int32
	rows []int32
	live int // columns that may vary among its rows, the first of the order
}

// tree grows a tree. A node's columns that are found to be constant are put behind the
// others of it, and stay there for all nodes below, which permute none but their own.
func (x *extra) tree(rows []int32) {
	root := int32(len(x.out.Nodes))
	x.out.Roots = append(x.out.Roots, root)
	x.out.Nodes = append(x.out.Nodes, Node{})
	stack := []job{{root, rows, len(x.order)}}
	for len(stack) > 0 {
		j := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		col, at, ok := x.best(&j)
		if !ok {
			x.leaf(j)
			continue
		}
		n := x.partition(j.rows, x.cols[col].codes, at)
		child := int32(len(x.out.Nodes))
		x.out.Nodes = append(x.out.Nodes, Node{}, Node{})
		x.out.Nodes[j.node] = Node{Feature: int32(col) | MissingLeft, Left: child, Threshold: x.cols[col].threshold(at)}
		stack = append(stack, job{child + 1, j.rows[n:], j.live}, job{child, j.rows[:n], j.live})
	}
}

// best draws cuts and returns the best of them; ok is false for a leaf.
func (x *extra) best(j *job) (column int, at uint8, ok bool) {
	if len(j.rows) < 2*x.minLeaf || !x.varied(j.rows) {
		return 0, 0, false
	}
	bestGain := -1.0
	for i := 0; i < j.live && i < x.try; {
		n := i + x.rng.IntN(j.live-i)
		x.order[i], x.order[n] = x.order[n], x.order[i]
		c := x.order[i]
		cut, varies := x.draw(j.rows, x.cols[c])
		gain := none
		if varies {
			gain = x.gain(j.rows, x.cols[c].codes, cut)
		}
		if gain == none {
			j.live--
			x.order[i], x.order[j.live] = x.order[j.live], x.order[i]
			continue
		}
		i++
		if gain > bestGain {
			column, at, bestGain, ok = c, cut, gain, true
		}
	}
	return column, at, ok
}

// varied takes up the targets of rows, and reports whether they differ.
func (x *extra) varied(rows []int32) bool {
	x.own, x.total = x.own[:0], 0
	varies := false
	for _, r := range rows {
		y := x.y[r]
		x.own = append(x.own, y)
		x.total += y
		varies = varies || y != x.own[0]
	}
	return varies
}

// draw draws a cut between the least and the greatest value; missing values are
// cut off at once when they are among them and chance wants it. Whether a flag varies is
// seen by its gain.
func (x *extra) draw(rows []int32, c *ranked) (cut uint8, varies bool) {
	if c.flag {
		return 1, true
	}
	lo, hi, absent := uint8(math.MaxUint8), uint8(0), 0
	codes := c.codes
	for _, r := range rows {
		v := codes[r]
		if v == 0 {
			absent++
			continue
		}
		lo, hi = min(lo, v), max(hi, v)
	}
	if absent > 0 && absent < len(rows) && (lo == hi || x.rng.Float64()*float64(len(rows)) < float64(absent)) {
		return 0, true
	}
	if lo >= hi {
		return 0, false
	}
	if lo+1 == hi {
		return lo, true
	}
	least, most := c.least[lo], c.most[hi]
	return c.between(least+x.rng.Float64()*(most-least), lo, hi), true
}

// none is the gain where all rows are on one side.
const none = -2.0

// gain is the sum over outputs of the squares that a cut explains, -1 when a side has too
// few rows, and none when it has none.
func (x *extra) gain(rows []int32, codes []uint8, cut uint8) float64 {
	if x.classes {
		return x.classGain(rows, codes, cut)
	}
	sum, ln := 0.0, 0
	own := x.own[:len(rows)]
	for i, r := range rows {
		left := (int(codes[r]) - int(cut) - 1) >> 63 // -1 or 0: a branch could not be guessed
		sum += math.Float64frombits(math.Float64bits(own[i]) & uint64(left))
		ln -= left
	}
	rn := len(rows) - ln
	if ln < x.minLeaf || rn < x.minLeaf {
		return tooFew(ln, rn)
	}
	rest := x.total - sum
	return max(0, sum*sum/float64(ln)+rest*rest/float64(rn)-x.total*x.total/float64(len(rows)))
}

func tooFew(left, right int) float64 {
	if left == 0 || right == 0 {
		return none
	}
	return -1
}

func (x *extra) classGain(rows []int32, codes []uint8, cut uint8) float64 {
	clear(x.counts)
	own := x.own[:len(rows)]
	rn := 0
	for i, r := range rows {
		right := 1 + (int(codes[r])-int(cut)-1)>>63
		x.counts[2*int(own[i])+right]++
		rn += right
	}
	ln := len(rows) - rn
	if ln < x.minLeaf || rn < x.minLeaf {
		return tooFew(ln, rn)
	}
	gain := 0.0
	for k := range x.k {
		l, r := float64(x.counts[2*k]), float64(x.counts[2*k+1])
		gain += l*l/float64(ln) + r*r/float64(rn) - (l+r)*(l+r)/float64(len(rows))
	}
	return max(0, gain)
}

// partition puts the rows of codes up to one first, and returns how many these are.
func (x *extra) partition(rows []int32, codes []uint8, cut uint8) int {
	x.tmp = x.tmp[:0]
	n := 0
	for _, r := range rows {
		if codes[r] <= cut {
			rows[n] = r
			n++
		} else {
			x.tmp = append(x.tmp, r)
		}
	}
	copy(rows[n:], x.tmp)
	return n
}

// leafPrior is the part of a row, which is like all others, that a leaf counts besides its
// own: no class is impossible because few rows of it were seen.
const leafPrior = 0.02

func (x *extra) leaf(j job) {
	x.out.Nodes[j.node] = Node{Left: ^int32(len(x.out.Values) / x.k)}
	from := len(x.out.Values)
	x.out.Values = append(x.out.Values, make([]float64, x.k)...)
	v := x.out.Values[from:]
	for _, r := range j.rows {
		if x.classes {
			v[int(x.y[r])]++
		} else {
			v[0] += x.y[r]
		}
	}
	for k := range v {
		if x.classes {
			v[k] = (v[k] + leafPrior*x.shares[k]) / (float64(len(j.rows)) + leafPrior)
		} else {
			v[k] /= float64(len(j.rows))
		}
	}
}
