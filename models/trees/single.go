package trees

import (
	"math/rand/v2"

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
	g := &grower{
		growth: growth{leaves: int(s["leaves"]), minLeaf: int(s["min_leaf"]), minGain: 1e-9, columns: len(m.Dense)},
		g:      make([]float64, m.N), h: make([]float64, m.N), out: f.trees, rng: rand.New(rand.NewPCG(e.Seed, 1)),
	}
	for _, col := range m.Dense {
		g.cols = append(g.cols, cut(col))
	}
	for k := range outputs {
		for i, y := range e.Y {
			g.h[i], g.g[i] = 1, -y
			if e.Classes > 0 {
				g.g[i] = 0
				if int(y) == k {
					g.g[i] = -1
				}
			}
		}
		share := -g.sum(drawRows(nil, m.N, 1, nil)).g / float64(m.N)
		g.grow(drawRows(nil, m.N, 1, nil), func(t sums, _ []int32) float64 {
			if e.Classes == 0 {
				return newton(t, 0)
			}
			return (share - t.g) / (float64(t.n) + 1)
		})
	}
	f.header.Init = make([]float64, outputs)
	return f, nil
}

// Load reads the tree.
func (Single) Load(text, binary []byte) (learn.Predictor, error) { return loadAveraged(text, binary) }
