package trees

import (
	"math"
	"math/rand/v2"
	"slices"

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

// manyRows is the number of rows from which on the rows that were held out are not worth
// to grow all trees once more, nor small steps what they take.
const manyRows = 100000

// NewBoosting returns the learner of that name.
func NewBoosting(name string) Boosting { return Boosting{name} }

// Name is the learner's name.
func (b Boosting) Name() string { return b.name }

// Fits reports that any target can be learned.
func (Boosting) Fits(int) bool { return true }

// someRows is the number of rows from which on a share of them can say how many trees of
// the wide kind do good.
const someRows = 2000

// Defaults are small and slow for small tables. Of larger ones a share of the rows (held)
// says how many trees do good: until so many rounds in a row (patience) did none. They are
// then grown over all rows (again).
func (b Boosting) Defaults(rows, classes int) learn.Settings {
	s := learn.Settings{"trees": 1000, "rate": 0.03, "leaves": 8, "min_leaf": 5, "lambda": 10, "columns": 0.2, "least_columns": 3, "rows": 0.6, "held": 0, "patience": 0, "again": 0, "bins": 0}
	if b.name == Wide {
		s = s.With(learn.Settings{"trees": 500, "rate": 0.05, "leaves": 31, "columns": 0.6, "least_columns": 8})
	}
	if b.name == Wide && rows > someRows {
		s = s.With(learn.Settings{"trees": 2000, "held": 0.15, "patience": 60, "again": 1})
	}
	if rows > LargeRows {
		s = s.With(learn.Settings{"trees": 2000, "rate": 0.04, "leaves": 31, "min_leaf": 20, "lambda": 1, "columns": 0.5, "least_columns": 8, "rows": 1, "held": 0.1, "patience": 60, "again": 1})
	}
	if rows > manyRows {
		s = s.With(learn.Settings{"rate": 0.1, "leaves": 63, "patience": 20, "again": 0})
	}
	if classes > 2 {
		// A round is a tree for each class. Of many classes each has few rows of its own:
		// little curvature for the penalty to be held against.
		least, most := 160.0, 8000.0
		if b.name == Wide {
			least, most = 100, 4000
		}
		s["lambda"] *= 2 / float64(classes)
		s["patience"] = math.Ceil(s["patience"] * 2 / float64(classes))
		s["trees"] = math.Ceil(max(s["trees"]/float64(classes), min(least, most/float64(classes))))
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
	rounds := int(s["trees"])
	if s["held"] > 0 {
		f, err := enough(e, s)
		if err != nil || s["again"] == 0 {
			return f, err
		}
		rounds = len(f.trees.Roots) / f.groups
	}
	f, err := begin(e, s)
	if err != nil {
		return nil, err
	}
	for range rounds {
		f.round()
	}
	return f.boosted, nil
}

// begin encodes rows, and has no tree yet.
func begin(e learn.Examples, s learn.Settings) (*booster, error) {
	enc, m, err := features.Fit(e.Frame, e.Target(), features.Options{View: features.Tree})
	if err != nil {
		return nil, err
	}
	return newBooster(enc, m, e, s), nil
}

// enough grows as many trees as are best for rows that are held out, of which nothing is
// learned: not by the encoding either.
func enough(e learn.Examples, s learn.Settings) (*boosted, error) {
	rng := rand.New(rand.NewPCG(e.Seed, 0x68656c64))
	kept, out := e.Hold(min(s["held"], 0.5), rng)
	part := learn.Examples{Frame: e.Frame.Select(kept), Y: learn.Pick(e.Y, kept), Classes: e.Classes, Seed: e.Seed}
	b, err := begin(part, s)
	if err != nil {
		return nil, err
	}
	other, err := b.header.Encoder.Transform(e.Frame.Select(out))
	if err != nil {
		return nil, err
	}
	w := newWatch(other, b, newLoss(learn.Examples{Y: learn.Pick(e.Y, out), Classes: e.Classes}))
	best, rounds := math.Inf(1), 0
	for n := 1; n <= int(s["trees"]) && n-rounds <= int(s["patience"]); n++ {
		b.round()
		if loss := w.next(); loss < best {
			best, rounds = loss, n
		}
	}
	b.trees.truncate(rounds * b.groups)
	return b.boosted, nil
}

// watch follows the loss of rows that trees are not grown over.
type watch struct {
	*booster
	loss   loss
	rows   planes // in the bins of the others
	ids    []int32
	leaf   []int32
	scores []float64
}

func newWatch(m *features.Matrix, b *booster, l loss) *watch {
	return &watch{booster: b, loss: l, rows: b.grower.binned(m.Dense, m.N), ids: allRows(m.N), leaf: make([]int32, m.N), scores: b.initial(m.N)}
}

// next adds the trees of a round, and returns the loss.
func (w *watch) next() (loss float64) {
	first := len(w.trees.Roots) - w.groups
	for k := range w.groups {
		w.descent.follow(w.grower, first+k, w.rows)
		w.descent.leaves(w.rows, w.ids, w.leaf)
		for i, leaf := range w.leaf {
			w.scores[i*w.groups+k] += w.trees.Values[leaf]
		}
	}
	for i := range w.ids {
		loss += w.loss.of(w.scores, i)
	}
	return loss
}

func newBooster(enc *features.Encoder, m *features.Matrix, e learn.Examples, s learn.Settings) *booster {
	loss := newLoss(e)
	f := &boosted{header: header{Encoder: enc, Init: loss.init(), Link: loss.link()}, trees: &Form{Stride: 1}, groups: loss.groups()}
	b := &booster{boosted: f, loss: loss, share: s["rows"], rate: s["rate"], seed: e.Seed, n: m.N}
	b.grower = newGrower(m.Dense, m.N, growth{leaves: int(s["leaves"]), minLeaf: int(s["min_leaf"]), lambda: s["lambda"], minGain: 1e-12, bins: binsOf(int(s["bins"]), len(m.Dense))})
	b.grower.draw(enc.Sources(), s["columns"], int(s["least_columns"]))
	b.grower.out, b.grower.rng = f.trees, rand.New(rand.NewPCG(e.Seed, 0x6764))
	b.of, b.scores = make([]gradient, m.N), f.initial(m.N)
	if f.groups > 1 {
		b.space = make([]float64, len(b.scores))
	}
	return b
}

// manyColumns are cut into fewer bins, since a leaf of a tree looks at each bin of each.
const (
	manyColumns = 200
	fewBins     = 64
)

// binsOf is how many bins a column has at most, where so many are asked for, or 0.
func binsOf(asked, columns int) int {
	if asked == 0 && columns > manyColumns {
		return fewBins
	}
	return asked
}

// initial are the scores of so many rows before the first tree.
func (f *boosted) initial(n int) []float64 {
	scores := make([]float64, 0, n*f.groups)
	for range n {
		scores = append(scores, f.header.Init...)
	}
	return scores
}

// booster grows one tree after the other.
type booster struct {
	*boosted
	grower *grower
	loss   loss
	share  float64 // of the rows that a tree is grown over
	rate   float64
	seed   uint64
	n      int // rows

	scores, space []float64 // so far, row after row, and room for what the loss makes of them
	of            []gradient
	rows, others  []int32 // of this round, and those that it leaves out
	descent       descent
	leaf          []int32 // that others fall into
}

// round grows a tree for each output of the trees, all of them from the same scores.
func (b *booster) round() {
	var rows []int32 // all
	if b.share < 1 {
		b.rows, b.others = drawRows(b.rows, b.others, b.n, b.share, b.grower.rng)
		rows = b.rows
	}
	at := b.loss.point(b.scores, b.space)
	for k := range b.groups {
		tree := uint64(len(b.trees.Roots))
		b.grower.scale = quantise(b.loss, at, k, rows, chance(tree, b.seed), b.of)
		b.add(b.scores[k:], b.grower.grow(rows, b.of), rows)
	}
}

// add sets the values of the leaves of a tree, and adds them to the scores of an output.
func (b *booster) add(scores []float64, leaves []*growing, rows []int32) {
	values := b.trees.Values[len(b.trees.Values)-len(leaves):]
	for i, l := range leaves {
		g, h := sums(l.total)
		values[i] = b.rate * newton(g/b.grower.scale.g, h/b.grower.scale.h, b.grower.lambda)
		for _, r := range b.grower.ids(l) {
			scores[int(r)*b.groups] += values[i]
		}
	}
	if rows == nil {
		return
	}
	b.descent.follow(b.grower, len(b.trees.Roots)-1, b.grower.rows)
	b.leaf = slices.Grow(b.leaf[:0], len(b.others))[:len(b.others)]
	b.descent.leaves(b.grower.rows, b.others, b.leaf)
	for i, r := range b.others {
		scores[int(r)*b.groups] += b.trees.Values[b.leaf[i]]
	}
}

// drawRows draws a share of n rows without replacement (Knuth, algorithm S), and returns
// them and the others, both in ascending order. The space of both is used again.
func drawRows(rows, others []int32, n int, share float64, rng *rand.Rand) (drawn, left []int32) {
	rows, others = slices.Grow(rows[:0], n)[:n], slices.Grow(others[:0], n)[:n]
	k, want := 0, int(math.Ceil(share*float64(n)))
	for i := range n {
		rows[k], others[i-k] = int32(i), int32(i) // one of them counts
		took := 0
		if rng.Float64()*float64(n-i) < float64(want-k) {
			took = 1
		}
		k += took
	}
	return rows[:k], others[:n-k]
}

// allRows are the numbers of n rows.
func allRows(n int) []int32 {
	rows := make([]int32, n)
	for i := range rows {
		rows[i] = int32(i)
	}
	return rows
}

// Predict adds up the trees of each row, in their order.
func (f *boosted) Predict(frame *features.Frame, out []float64) error {
	m, err := f.header.Encoder.Transform(frame)
	if err != nil {
		return err
	}
	defer m.Release()
	if m.N == 1 {
		f.one(m, out)
		return nil
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

// one predicts the one row of m, as Predict does those of many.
func (f *boosted) one(m *features.Matrix, out []float64) {
	var few [8]float64
	sums := append(few[:0], f.header.Init...)
	f.trees.row(m, func(leaves []int32) {
		for at := range sums {
			s := sums[at]
			for k := at; k < len(leaves); k += len(sums) {
				s += f.trees.Values[leaves[k]]
			}
			sums[at] = s
		}
	})
	f.header.Link.apply(sums, out)
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
