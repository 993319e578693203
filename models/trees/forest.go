package trees

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/models/learn"
)

// Forest learns extremely randomized trees (Geurts, Ernst and Wehenkel, 2006):
// at each node, some columns are drawn, each is cut at a place drawn between
// its least and greatest value, and the best of these cuts is taken. A missing
// value stands below all others.
type Forest struct{}

// Name is the learner's name.
func (Forest) Name() string { return "forest" }

// Fits reports that any target can be learned.
func (Forest) Fits(int) bool { return true }

// hugeRows is the number of rows from which on fewer trees do.
const hugeRows = 50000

// Defaults let trees grow to single rows for quantities, and bound the size of
// the model on large tables, where a leaf is an average of so many rows that fewer trees
// do.
func (Forest) Defaults(rows, classes int) learn.Settings {
	s := learn.Settings{"trees": 120, "min_leaf": 1, "columns": 0.33}
	if classes > 0 {
		s["min_leaf"], s["columns"] = 2, 0.25
	}
	s["min_leaf"] = max(s["min_leaf"], math.Floor(float64(rows)/2500))
	switch {
	case rows > 10*hugeRows:
		s["trees"] = 20
	case rows > hugeRows:
		s["trees"] = 40
	}
	return s
}

// Fit grows the trees.
func (Forest) Fit(e learn.Examples, s learn.Settings) (learn.Predictor, error) {
	enc, m, err := features.Fit(e.Frame, e.Target(), features.Options{View: features.Tree})
	if err != nil {
		return nil, err
	}
	f := growForest(m, e, s)
	f.header.Encoder = enc
	return f, nil
}

func growForest(m *features.Matrix, e learn.Examples, s learn.Settings) *averaged {
	outputs := learn.Outputs(e.Classes)
	f := &averaged{header: header{Link: identity, Init: make([]float64, outputs)}, trees: &Form{Stride: outputs}, outputs: outputs}
	x := &extra{cols: fillMissing(m.Dense), y: e.Y, k: outputs, classes: e.Classes > 0, out: f.trees,
		minLeaf: int(s["min_leaf"]), try: min(len(m.Dense), max(fewColumns, int(math.Ceil(s["columns"]*float64(len(m.Dense))))))}
	x.order = make([]int, len(m.Dense))
	for i := range x.order {
		x.order[i] = i
	}
	for t := range int(s["trees"]) {
		x.rng = rand.New(rand.NewPCG(e.Seed, uint64(t)))
		x.tree(drawRows(nil, m.N, 1, nil))
	}
	return f
}

// fewColumns is how many columns a node looks at at least.
const fewColumns = 6

// below is what a missing value becomes.
const below = -math.MaxFloat64

func fillMissing(cols [][]float64) [][]float64 {
	out := make([][]float64, len(cols))
	for j, col := range cols {
		out[j] = col
		for i, v := range col {
			if !math.IsNaN(v) {
				continue
			}
			if &out[j][0] == &col[0] {
				out[j] = append([]float64(nil), col...)
			}
			out[j][i] = below
		}
	}
	return out
}

// extra grows extremely randomized trees.
type extra struct {
	cols    [][]float64
	y       []float64
	k       int // outputs of a leaf
	classes bool
	minLeaf int
	try     int // columns that a node looks at
	rng     *rand.Rand
	order   []int
	tmp     []int32
	out     *Form
}

// job is a node that is still to be made.
type job struct {
	node int32
	rows []int32
}

func (x *extra) tree(rows []int32) {
	root := int32(len(x.out.Nodes))
	x.out.Roots = append(x.out.Roots, root)
	x.out.Nodes = append(x.out.Nodes, Node{})
	stack := []job{{root, rows}}
	for len(stack) > 0 {
		j := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		col, at, ok := x.best(j.rows)
		if !ok {
			x.leaf(j)
			continue
		}
		n := x.partition(j.rows, x.cols[col], at)
		child := int32(len(x.out.Nodes))
		x.out.Nodes = append(x.out.Nodes, Node{}, Node{})
		x.out.Nodes[j.node] = Node{Feature: int32(col) | MissingLeft, Left: child, Threshold: at}
		stack = append(stack, job{child + 1, j.rows[n:]}, job{child, j.rows[:n]})
	}
}

// best draws cuts and returns the best of them; ok is false for a leaf.
func (x *extra) best(rows []int32) (column int, at float64, ok bool) {
	if len(rows) < 2*x.minLeaf || x.pure(rows) {
		return 0, 0, false
	}
	bestGain, tried := -1.0, 0
	for i := 0; i < len(x.order) && tried < x.try; i++ {
		j := i + x.rng.IntN(len(x.order)-i)
		x.order[i], x.order[j] = x.order[j], x.order[i]
		c := x.order[i]
		cut, varies := x.draw(rows, x.cols[c])
		if !varies {
			continue // a constant column does not count
		}
		tried++
		if gain := x.gain(rows, x.cols[c], cut); gain > bestGain {
			column, at, bestGain, ok = c, cut, gain, true
		}
	}
	return column, at, ok
}

func (x *extra) pure(rows []int32) bool {
	for _, r := range rows[1:] {
		if x.y[r] != x.y[rows[0]] {
			return false
		}
	}
	return true
}

// draw draws a cut between the least and the greatest value; missing values are
// cut off at once when they are among them and chance wants it.
func (x *extra) draw(rows []int32, col []float64) (cut float64, varies bool) {
	lo, hi, absent := math.Inf(1), math.Inf(-1), 0
	for _, r := range rows {
		v := col[r]
		if v == below {
			absent++
			continue
		}
		lo, hi = min(lo, v), max(hi, v)
	}
	if absent > 0 && absent < len(rows) && (lo == hi || x.rng.Float64()*float64(len(rows)) < float64(absent)) {
		return below, true
	}
	if !(lo < hi) {
		return 0, false
	}
	cut = lo + x.rng.Float64()*(hi-lo)
	if cut >= hi {
		cut = lo
	}
	return cut, true
}

// gain is the sum over outputs of the squares that a cut explains, or -1 when a
// side has too few rows.
func (x *extra) gain(rows []int32, col []float64, cut float64) float64 {
	if x.classes {
		return x.classGain(rows, col, cut)
	}
	var ls, ts float64
	ln := 0
	for _, r := range rows {
		y := x.y[r]
		ts += y
		if col[r] <= cut {
			ls += y
			ln++
		}
	}
	rn := len(rows) - ln
	if ln < x.minLeaf || rn < x.minLeaf {
		return -1
	}
	rs := ts - ls
	return max(0, ls*ls/float64(ln)+rs*rs/float64(rn)-ts*ts/float64(len(rows)))
}

func (x *extra) classGain(rows []int32, col []float64, cut float64) float64 {
	var buf [2 * 32]float64
	counts := buf[:]
	if 2*x.k > len(counts) {
		counts = make([]float64, 2*x.k)
	}
	left, right := counts[:x.k], counts[x.k:2*x.k]
	ln := 0
	for _, r := range rows {
		if col[r] <= cut {
			left[int(x.y[r])]++
			ln++
		} else {
			right[int(x.y[r])]++
		}
	}
	rn := len(rows) - ln
	if ln < x.minLeaf || rn < x.minLeaf {
		return -1
	}
	gain := 0.0
	for k := range left {
		t := left[k] + right[k]
		gain += left[k]*left[k]/float64(ln) + right[k]*right[k]/float64(rn) - t*t/float64(len(rows))
	}
	return max(0, gain)
}

func (x *extra) partition(rows []int32, col []float64, cut float64) int {
	x.tmp = x.tmp[:0]
	n := 0
	for _, r := range rows {
		if col[r] <= cut {
			rows[n] = r
			n++
		} else {
			x.tmp = append(x.tmp, r)
		}
	}
	copy(rows[n:], x.tmp)
	return n
}

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
		v[k] /= float64(len(j.rows))
	}
}

// averaged is trees whose leaves are means: a forest of trees that give all
// outputs, or one tree for each output.
type averaged struct {
	header  header
	trees   *Form
	outputs int
}

// Predict averages the trees of each row, in their order.
func (f *averaged) Predict(frame *features.Frame, out []float64) error {
	m, err := f.header.Encoder.Transform(frame)
	if err != nil {
		return err
	}
	f.predict(m, out)
	return nil
}

func (f *averaged) predict(m *features.Matrix, out []float64) {
	clear(out)
	k := f.outputs
	groups := k / f.trees.Stride
	share := float64(groups) / float64(max(len(f.trees.Roots), 1))
	stride := f.trees.Stride
	f.trees.eachTree(m, func(tree, first int, leaves []int32) {
		at := first*k + tree%groups
		for i, l := range leaves {
			to := out[at+i*k:]
			for j, v := range f.trees.Values[int(l)*stride : (int(l)+1)*stride] {
				to[j] += v
			}
		}
	}, func(first, n int) {
		for i := range n {
			normalize(out[(first+i)*k:(first+i+1)*k], share)
		}
	})
}

// normalize scales the sums of trees to means; the shares of classes, which
// separate trees may not make add up, are made to.
func normalize(o []float64, share float64) {
	total := 0.0
	for i := range o {
		o[i] *= share
		total += o[i]
	}
	if len(o) > 1 && total > 0 {
		for i := range o {
			o[i] /= total
		}
	}
}

// Encoding is how rows become columns.
func (f *averaged) Encoding() *features.Encoder { return f.header.Encoder }

// Cost counts trees, nodes and cuts.
func (f *averaged) Cost() learn.Cost { return f.trees.cost() }

// Save writes the trees.
func (f *averaged) Save() (text, binary []byte, err error) { return f.trees.save(f.header) }

// Load reads the trees.
func (Forest) Load(text, binary []byte) (learn.Predictor, error) { return loadAveraged(text, binary) }

func loadAveraged(text, binary []byte) (learn.Predictor, error) {
	h, f, err := load(text, binary)
	if err != nil {
		return nil, err
	}
	if k := len(h.Init); k == 0 || k%f.Stride != 0 {
		return nil, fmt.Errorf("trees: leaves of %d values for %d outputs", f.Stride, k)
	}
	return &averaged{h, f, len(h.Init)}, nil
}
