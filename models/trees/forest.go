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
	outputs := learn.Outputs(e.Classes)
	f := &averaged{header{Encoder: enc, Link: identity, Init: make([]float64, outputs)}, &Form{Stride: outputs}, outputs}
	x := newExtra(m, e, f.trees)
	x.minLeaf = int(s["min_leaf"])
	x.try = min(len(m.Dense), max(fewColumns, int(math.Ceil(s["columns"]*float64(len(m.Dense))))))
	for t := range int(s["trees"]) {
		x.rng = rand.New(rand.NewPCG(e.Seed, uint64(t)))
		x.tree(allRows(m.N))
	}
	return f, nil
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
	defer m.Release()
	f.predict(m, out)
	return nil
}

func (f *averaged) predict(m *features.Matrix, out []float64) {
	clear(out)
	k := f.outputs
	groups := k / f.trees.Stride
	share := float64(groups) / float64(max(len(f.trees.Roots), 1))
	stride := f.trees.Stride
	add := func(to []float64, leaf int32) {
		for j, v := range f.trees.Values[int(leaf)*stride : (int(leaf)+1)*stride] {
			to[j] += v
		}
	}
	if m.N == 1 {
		f.trees.row(m, func(leaves []int32) {
			for tree, l := range leaves {
				add(out[tree%groups:], l)
			}
		})
		normalize(out[:k], share)
		return
	}
	f.trees.eachTree(m, func(tree, first int, leaves []int32) {
		at := first*k + tree%groups
		for i, l := range leaves {
			add(out[at+i*k:], l)
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
