package linear

import (
	"math"
	"slices"

	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/models/learn"
)

const (
	innerFolds  = 5
	lassoSteps  = 15
	ridgeSteps  = 8
	huberRounds = 3
	// madToSD makes the median absolute deviation of a normal distribution its
	// standard deviation.
	madToSD = 1.4826
)

// fitQuantity chooses the penalty and learns the coefficients, in rounds that
// weight rows far off down.
func (l Learner) fitQuantity(out *model, m *features.Matrix, e learn.Examples, s learn.Settings) {
	if m.Sparse.Columns > 0 {
		l.fitQuantityWithText(out, m, e, s)
		return
	}
	fold := foldsOf(m.N, innerFolds, e.Seed)
	w := ones(m.N)
	beta := make([]float64, len(m.Dense))
	b0, strength := 0.0, s["penalty"]
	rounds := huberRounds
	if s["huber"] <= 0 {
		rounds = 1
	}
	for round := range rounds {
		if s["penalty"] == 0 && round < 2 {
			parts := make([]*gram, innerFolds)
			whole := newGram(len(m.Dense))
			for k := range parts {
				parts[k] = gramOf(m.Dense, e.Y, w, fold, k)
				whole = whole.plus(parts[k], 1)
			}
			strength = l.choose(whole, parts)
			b0 = l.solve(whole, strength, beta)
		} else {
			b0 = l.solve(gramOf(m.Dense, e.Y, w, nil, -1), strength, beta)
		}
		residuals := predict(m, b0, beta)
		for i := range residuals {
			residuals[i] -= e.Y[i]
		}
		w = huberWeights(residuals, s["huber"])
	}
	out.Penalty, out.Intercepts, out.Coefficients = strength, []float64{b0}, [][]float64{beta}
}

func ones(n int) []float64 {
	w := make([]float64, n)
	for i := range w {
		w[i] = 1
	}
	return w
}

// foldsOf deals the rows to folds by chance, evenly.
func foldsOf(n, folds int, seed uint64) []int {
	order := make([]int, n)
	keys := make([]uint64, n)
	for i := range order {
		order[i], keys[i] = i, mix(seed+uint64(i)*0x9e3779b97f4a7c15)
	}
	slices.SortFunc(order, func(a, b int) int {
		if keys[a] < keys[b] {
			return -1
		}
		return 1
	})
	fold := make([]int, n)
	for r, i := range order {
		fold[i] = r % folds
	}
	return fold
}

// mix is the finalizer of SplitMix64 (Steele, Lea and Flood, 2014).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func predict(m *features.Matrix, b0 float64, beta []float64) []float64 {
	sums := make([]float64, m.N)
	for i := range sums {
		sums[i] = b0
	}
	add(m, beta, sums)
	return sums
}

// huberWeights returns min(1, k·s/|r|), with s the robust deviation of the
// residuals; ones where k is 0 or most residuals are.
func huberWeights(r []float64, k float64) []float64 {
	w := ones(len(r))
	if k <= 0 {
		return w
	}
	dev := make([]float64, len(r))
	med := median(r)
	for i, v := range r {
		dev[i] = math.Abs(v - med)
	}
	s := madToSD * median(dev)
	if s == 0 {
		return w
	}
	for i, v := range r {
		if a := math.Abs(v); a > k*s {
			w[i] = k * s / a
		}
	}
	return w
}

func median(x []float64) float64 {
	s := slices.Clone(x)
	slices.Sort(s)
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// path returns the strengths that are tried, the strongest first.
func (l Learner) path(xy []float64) []float64 {
	top := 0.0
	for _, v := range xy {
		top = max(top, math.Abs(v))
	}
	if l.penalty == Lasso { // from a tenth to a thousandth of what leaves nothing
		return geometric(max(top, 1e-12)/10, 1e-2, lassoSteps)
	}
	return geometric(3, 3e-4, ridgeSteps) // columns have variance one
}

// geometric returns n values from first down to first·last in equal ratios.
func geometric(first, last float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = first * math.Pow(last, float64(i)/float64(n-1))
	}
	return out
}

// choose returns the strength with the least error over the folds.
func (l Learner) choose(whole *gram, parts []*gram) float64 {
	_, xy := whole.centered()
	path := l.path(xy)
	errors := make([]float64, len(path))
	for _, held := range parts {
		train := whole.plus(held, -1)
		if train.w <= 0 {
			continue
		}
		xx, xy := train.centered()
		beta := make([]float64, whole.p)
		for i, strength := range path {
			l.solveCentered(xx, xy, strength, beta)
			errors[i] += held.loss(train.intercept(beta), beta)
		}
	}
	best := 0
	for i, e := range errors {
		if e < errors[best] {
			best = i
		}
	}
	return path[best]
}

func (l Learner) solve(g *gram, strength float64, beta []float64) (b0 float64) {
	xx, xy := g.centered()
	l.solveCentered(xx, xy, strength, beta)
	return g.intercept(beta)
}

func (l Learner) solveCentered(xx, xy []float64, strength float64, beta []float64) {
	if l.penalty == Lasso {
		lassoGram(xx, xy, strength, beta)
		return
	}
	ridgeGram(xx, xy, strength, beta)
}
