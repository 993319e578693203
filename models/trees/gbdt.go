package trees

import (
	"math"
	"math/rand/v2"

	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/models/learn"
)

// Boosting learns gradient-boosted trees over histograms, each tree a Newton
// step on the loss (Friedman, "Greedy function approximation", 2001; Chen and
// Guestrin, "XGBoost", 2016; leaf-wise growth and histograms after Ke and
// others, "LightGBM", 2017). The loss is squared error, or log loss of classes.
type Boosting struct{ name string }

// The names of two ways to boost: many small trees that learn slowly, and fewer
// larger ones.
const (
	Slow = "gbdt"
	Wide = "gbdt_wide"
)

// LargeRows is the number of rows from which on both are the same.
const LargeRows = 10000

// hugeRows is the number from which on fewer trees do.
const hugeRows = 50000

// NewBoosting returns the learner of that name.
func NewBoosting(name string) Boosting { return Boosting{name} }

// Name is the learner's name.
func (b Boosting) Name() string { return b.name }

// Fits reports that any target can be learned.
func (Boosting) Fits(int) bool { return true }

// Defaults are small and slow for small tables; larger tables bear larger trees
// and need fewer of them.
func (b Boosting) Defaults(rows, classes int) learn.Settings {
	s := learn.Settings{"trees": 1000, "rate": 0.03, "leaves": 8, "min_leaf": 5, "lambda": 10, "columns": 0.2, "rows": 0.6}
	if b.name == Wide {
		s = s.With(learn.Settings{"trees": 500, "leaves": 31, "columns": 0.6})
	}
	switch {
	case rows > hugeRows:
		s = s.With(learn.Settings{"trees": 100, "rate": 0.1, "leaves": 63, "min_leaf": 20, "columns": 0.8, "rows": 0.8})
	case rows > LargeRows:
		s = s.With(learn.Settings{"trees": 300, "rate": 0.06, "leaves": 31, "min_leaf": 20, "columns": 0.5, "rows": 0.7})
	}
	if classes > 2 {
		s["trees"] = math.Ceil(s["trees"] / float64(classes))
		s["rate"] = min(0.1, s["rate"]*float64(classes))
	}
	return s
}

// boosted is fitted trees: tree t adds to output t modulo Groups.
type boosted struct {
	header header
	trees  *Form
	groups int
}

// Fit learns the trees, one after the other.
func (b Boosting) Fit(e learn.Examples, s learn.Settings) (learn.Predictor, error) {
	enc, m, err := features.Fit(e.Frame, e.Target(), features.Options{View: features.Tree})
	if err != nil {
		return nil, err
	}
	f := boost(m, e, s)
	f.header.Encoder = enc
	return f, nil
}

func boost(m *features.Matrix, e learn.Examples, s learn.Settings) *boosted {
	loss := newLoss(e)
	f := &boosted{header: header{Init: loss.init(), Link: loss.link()}, trees: &Form{Stride: 1}, groups: loss.groups()}
	n := m.N
	g := &grower{
		growth: growth{leaves: int(s["leaves"]), minLeaf: int(s["min_leaf"]), lambda: s["lambda"], minGain: 1e-12,
			columns: int(math.Ceil(s["columns"] * float64(len(m.Dense))))},
		g: make([]float64, n), h: make([]float64, n), out: f.trees,
		rng: rand.New(rand.NewPCG(e.Seed, 0x6764)),
	}
	for _, col := range m.Dense {
		g.cols = append(g.cols, cut(col))
	}
	scores := make([]float64, n*f.groups)
	for i := range n {
		copy(scores[i*f.groups:], f.header.Init)
	}
	rows := make([]int32, 0, n)
	apply := newApplier(m, f, scores)
	for range int(s["trees"]) {
		rows = drawRows(rows[:0], n, s["rows"], g.rng)
		for k := range f.groups {
			loss.gradients(scores, k, g.g, g.h)
			own := append([]int32(nil), rows...)
			g.grow(own, func(t sums, _ []int32) float64 { return s["rate"] * newton(t, g.lambda) })
		}
		apply.last(f.groups)
	}
	return f
}

// drawRows draws a share of the rows without replacement, in ascending order.
func drawRows(rows []int32, n int, share float64, rng *rand.Rand) []int32 {
	if share >= 1 {
		for i := range n {
			rows = append(rows, int32(i))
		}
		return rows
	}
	left := int(math.Ceil(share * float64(n)))
	for i := range n { // Knuth, algorithm S
		if rng.Float64()*float64(n-i) < float64(left) {
			rows = append(rows, int32(i))
			left--
		}
	}
	return rows
}

// applier adds the newest trees to the scores of the training rows.
type applier struct {
	f      *boosted
	rows   table
	walker walker
	leaves []int32
	scores []float64
}

func newApplier(m *features.Matrix, f *boosted, scores []float64) *applier {
	a := &applier{f: f, leaves: make([]int32, m.N), scores: scores}
	twice := anyMissing(m)
	if twice {
		a.walker.width = len(m.Dense)
	}
	a.rows.fill(m, 0, m.N, twice)
	return a
}

// last adds the last n trees.
func (a *applier) last(n int) {
	trees := a.f.trees
	a.walker.add(trees)
	for k, root := range trees.Roots[len(trees.Roots)-n:] {
		a.walker.leaves(root, &a.rows, a.leaves)
		for i, l := range a.leaves {
			a.scores[i*a.f.groups+k] += trees.Values[l]
		}
	}
}

// Predict adds up the trees of each row, in their order.
func (f *boosted) Predict(frame *features.Frame, out []float64) error {
	m, err := f.header.Encoder.Transform(frame)
	if err != nil {
		return err
	}
	outputs := len(out) / max(m.N, 1)
	k := f.groups
	sums := make([]float64, rowBlock*k)
	init := func() {
		for i := range rowBlock {
			copy(sums[i*k:], f.header.Init)
		}
	}
	init()
	f.trees.eachTree(m, func(tree, _ int, leaves []int32) {
		at := tree % k
		for i, l := range leaves {
			sums[i*k+at] += f.trees.Values[l]
		}
	}, func(first, n int) {
		for i := range n {
			o := (first + i) * outputs
			f.header.Link.apply(sums[i*k:(i+1)*k], out[o:o+outputs])
		}
		init()
	})
	return nil
}

// Encoding is how rows become columns.
func (f *boosted) Encoding() *features.Encoder { return f.header.Encoder }

// Cost counts trees, nodes and cuts.
func (f *boosted) Cost() learn.Cost { return f.trees.cost() }

// Save writes the trees.
func (f *boosted) Save() (text, binary []byte, err error) { return f.trees.save(f.header) }

// Load reads the trees.
func (Boosting) Load(text, binary []byte) (learn.Predictor, error) {
	h, f, err := load(text, binary)
	if err != nil {
		return nil, err
	}
	return &boosted{h, f, len(h.Init)}, checkInit(h, f)
}
