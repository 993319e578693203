package trees

import (
	"slices"

	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/models/learn"
)

// Single learns one decision tree that a person can read (Breiman and others,
// "Classification and Regression Trees", 1984), grown leaf by leaf over
// histograms. For more than two classes there is one tree a class.
type Single struct{}

// Name is the learner's name.
func (Single) Name() string { return "tree" }

// Fits reports that any target can be learned.
func (Single) Fits(int) bool { return true }

// Defaults bound the tree by its leaves and by the rows of each.
func (Single) Defaults(rows, _ int) learn.Settings {
	return learn.Settings{"leaves": 32, "min_leaf": float64(max(5, rows/200))}
}

// Fit grows the tree on the squared error of the quantity, or of each class's
// indicator, which is Gini's impurity. A leaf predicts the mean of its rows; the share of a class
// in a leaf counts one more row, which is like all others.
func (Single) Fit(e learn.Examples, s learn.Settings) (learn.Predictor, error) {
	enc, m, err := features.Fit(e.Frame, e.Target(), features.Options{View: features.Tree})
	if err != nil {
		return nil, err
	}
	outputs := learn.Outputs(e.Classes)
	f := &averaged{header: header{Encoder: enc, Link: identity}, trees: &Form{Stride: 1}, outputs: outputs}
	g := newGrower(m.Dense, m.N, growth{leaves: int(s["leaves"]), minLeaf: int(s["min_leaf"]), minGain: 1e-9})
	g.out = f.trees
	y, at, of := make([]float64, m.N), make([]float64, m.N), make([]gradient, m.N)
	for k := range outputs {
		share := 0.0
		for i, v := range e.Y {
			y[i] = v
			if e.Classes > 0 {
				y[i] = 0
				if int(v) == k {
					y[i] = 1
				}
			}
			share += y[i]
		}
		share /= float64(max(m.N, 1))
		for i := range at {
			at[i] = share
		}
		g.scale = quantise(squared{y}, at, 0, nil, chance(uint64(k), e.Seed), of)
		leaves := g.grow(nil, of)
		values := f.trees.Values[len(f.trees.Values)-len(leaves):]
		for i, l := range leaves {
			values[i] = leafMean(y, slices.Sorted(slices.Values(g.ids(l))), share, e.Classes > 0)
		}
	}
	f.header.Init = make([]float64, outputs)
	return f, nil
}

// leafMean is the mean of the rows of a leaf; of a class with one more row.
func leafMean(y []float64, rows []int32, share float64, class bool) float64 {
	sum := 0.0
	for _, r := range rows {
		sum += y[r]
	}
	if class {
		return (share + sum) / (float64(len(rows)) + 1)
	}
	return sum / float64(max(len(rows), 1))
}

// Load reads the tree.
func (Single) Load(text, binary []byte) (learn.Predictor, error) { return loadAveraged(text, binary) }
