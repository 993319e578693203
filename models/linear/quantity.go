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

// system is least squares of columns over weighted rows, for any strength of the penalty.
type system interface {
	// choose returns the strength with the least error over the folds inside.
	choose(w []float64) float64
	// solve fills beta and returns the intercept that goes with it.
	solve(w []float64, strength float64, beta []float64) (b0 float64)
}

// Columns from which on their Gram matrix is not made: its memory goes with their square,
// and solving it with their cube.
const (
	krylovFrom  = 500  // ridge
	descentFrom = 1500 // lasso
)

func (l Learner) systemOf(m *features.Matrix, e learn.Examples) system {
	fold, y, p := e.Deal(innerFolds), e.Y, len(m.Dense)
	switch {
	case l.penalty == Ridge && p > krylovFrom:
		return &krylov{l, m.Dense, y, fold}
	case l.penalty == Lasso && p > descentFrom:
		return &descents{l, m, newDesign(m), y, fold}
	}
	return &grams{Learner: l, cols: m.Dense, y: y, fold: fold}
}

// fitQuantity chooses the penalty and learns the coefficients, in rounds that
// weight rows far off down.
func (l Learner) fitQuantity(out *model, m *features.Matrix, e learn.Examples, s learn.Settings) {
	if m.Sparse.Columns > 0 {
		l.fitQuantityWithText(out, m, e, s)
		return
	}
	of := l.systemOf(m, e)
	w := ones(m.N)
	beta := make([]float64, len(m.Dense))
	b0, strength := 0.0, s["penalty"]
	rounds := huberRounds
	if s["huber"] <= 0 {
		rounds = 1
	}
	for round := range rounds {
		if s["penalty"] == 0 && round < chosenIn(of) {
			strength = of.choose(w)
		}
		b0 = of.solve(w, strength, beta)
		residuals := predict(m, b0, beta)
		for i := range residuals {
			residuals[i] -= e.Y[i]
		}
		w = huberWeights(residuals, s["huber"])
	}
	out.Penalty, out.Intercepts, out.Coefficients = strength, []float64{b0}, [][]float64{beta}
}

// chosenIn is the number of rounds that choose the penalty anew.
func chosenIn(s system) int {
	if _, ok := s.(*grams); ok {
		return 2
	}
	return 1 // of many columns it costs more than it changes
}

func ones(n int) []float64 {
	w := make([]float64, n)
	for i := range w {
		w[i] = 1
	}
	return w
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

// chosen returns the strength with the least error.
func chosen(path, errors []float64) float64 {
	best := 0
	for i, e := range errors {
		if e < errors[best] {
			best = i
		}
	}
	return path[best]
}
