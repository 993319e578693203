package linear

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/models/learn"
)

// wideTable is rows of columns that go along with each other, and a target that a few of
// them make.
func wideTable(n, p int) (m *features.Matrix, y, w []float64) {
	rng := rand.New(rand.NewPCG(1, uint64(n+p)))
	m = &features.Matrix{N: n}
	y, w = make([]float64, n), make([]float64, n)
	common := make([]float64, n)
	for i := range n {
		common[i], w[i] = rng.NormFloat64(), 0.2+rng.Float64()
		y[i] = 40 + 3*common[i] + rng.NormFloat64()
	}
	for j := range p {
		col := make([]float64, n)
		for i := range col {
			col[i] = 0.7*rng.NormFloat64() + 0.7*common[i] + 0.1
			if j < 5 {
				y[i] += 2 * col[i]
			}
		}
		m.Dense = append(m.Dense, col)
	}
	return m, y, w
}

// The systems of many columns solve what those of few solve by their Gram matrix, for more
// rows than columns and for fewer, to a hundredth of the deviation of the target, and choose
// the same strength, or the next one.
func TestSystemsOfManyColumnsSolveTheSame(t *testing.T) {
	for _, size := range [][2]int{{300, 60}, {80, 200}} {
		m, y, w := wideTable(size[0], size[1])
		fold := learn.Examples{Y: y, Seed: 7}.Deal(innerFolds)
		for _, penalty := range []Penalty{Ridge, Lasso} {
			l := New(penalty)
			few, many := &grams{Learner: l, cols: m.Dense, y: y, fold: fold}, system(&krylov{l, m.Dense, y, fold})
			if penalty == Lasso {
				many = &descents{l, m, newDesign(m), y, fold}
			}
			want, got := few.choose(w), many.choose(w)
			step := math.Log(100) / (lassoSteps - 1)
			if math.Abs(math.Log(want/got)) > 1.01*step {
				t.Errorf("%s of %v: strength %g, by the Gram matrix %g", penalty, size, got, want)
			}
			a, b := make([]float64, len(m.Dense)), make([]float64, len(m.Dense))
			b0, c0 := few.solve(w, want, a), many.solve(w, want, b)
			p, q := predict(m, b0, a), predict(m, c0, b)
			for i := range p {
				if math.Abs(p[i]-q[i]) > 0.1 {
					t.Fatalf("%s of %v: row %d is %g, by the Gram matrix %g", penalty, size, i, q[i], p[i])
				}
			}
		}
	}
}

// A target that is the same in all rows, and rows without weight, have a solution.
func TestSystemsOfManyColumnsWithNothingToLearn(t *testing.T) {
	m, y, w := wideTable(40, 60)
	for i := range y {
		y[i] = 3
	}
	fold := learn.Examples{Y: y, Seed: 7}.Deal(innerFolds)
	for _, s := range []system{&krylov{New(Ridge), m.Dense, y, fold}, &descents{New(Lasso), m, newDesign(m), y, fold}} {
		beta := make([]float64, len(m.Dense))
		if b0 := s.solve(w, s.choose(w), beta); math.Abs(b0-3) > 1e-6 {
			t.Errorf("%T: %g for a target that is 3", s, b0)
		}
		for j, b := range beta {
			if math.IsNaN(b) || math.Abs(b) > 1e-6 {
				t.Fatalf("%T: coefficient %d is %g", s, j, b)
			}
		}
	}
}
