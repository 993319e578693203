package linear

import (
	"math"

	"github.com/beamline-go/beamline/internal/features"
)

// design is a matrix by columns, dense ones first, for coordinate descent.
type design struct {
	n      int
	dense  [][]float64
	sparse features.Sparse // by column
}

func newDesign(m *features.Matrix) *design {
	d := &design{n: m.N, dense: m.Dense}
	if m.Sparse.Columns > 0 {
		d.sparse = m.Sparse.ByColumn(m.N)
	}
	return d
}

func (d *design) width() int { return len(d.dense) + max(len(d.sparse.Start)-1, 0) }

// column returns the values of column j and their rows; nil rows are all rows.
func (d *design) column(j int) (values []float64, rows []int32) {
	if j < len(d.dense) {
		return d.dense[j], nil
	}
	j -= len(d.dense)
	a, b := d.sparse.Start[j], d.sparse.Start[j+1]
	return d.sparse.Values[a:b], d.sparse.Index[a:b]
}

// least lowers ½Σw(z - b0 - xβ)²/n + penalty from (b0, beta) on, in place; r
// holds the residuals z - b0 - xβ and is kept so. It returns the intercept.
func (l Learner) least(d *design, w, r []float64, strength, b0 float64, beta []float64, sweeps int, tolerance float64) float64 {
	n := float64(d.n)
	weight := 0.0
	for _, v := range w {
		weight += v
	}
	spread := make([]float64, d.width()) // Σwx²/n
	for j := range spread {
		values, rows := d.column(j)
		s := 0.0
		if rows == nil {
			for i, x := range values {
				s += w[i] * x * x
			}
		} else {
			for k, x := range values {
				s += w[rows[k]] * x * x
			}
		}
		spread[j] = s / n
	}
	all := true
	for range sweeps {
		moved := d.shift(w, r, weight, &b0)
		for j := range beta {
			if !all && beta[j] == 0 || spread[j] <= 1e-12 {
				continue
			}
			moved = max(moved, l.move(d, j, w, r, n, spread[j], strength, beta))
		}
		if moved < tolerance {
			if all {
				break
			}
			all = true // the active ones have settled: look at the others again
			continue
		}
		all = l.penalty == Ridge
	}
	return b0
}

// shift moves the intercept and returns by how much.
func (d *design) shift(w, r []float64, weight float64, b0 *float64) float64 {
	s := 0.0
	for i, v := range r {
		s += w[i] * v
	}
	s /= weight
	*b0 += s
	for i := range r {
		r[i] -= s
	}
	return math.Abs(s)
}

// move moves coefficient j and returns by how much, in deviations.
func (l Learner) move(d *design, j int, w, r []float64, n, spread, strength float64, beta []float64) float64 {
	values, rows := d.column(j)
	g := 0.0
	if rows == nil {
		for i, x := range values {
			g += w[i] * x * r[i]
		}
	} else {
		for k, x := range values {
			g += w[rows[k]] * x * r[rows[k]]
		}
	}
	g /= n
	old := beta[j]
	next := (g + spread*old) / (spread + strength)
	if l.penalty == Lasso {
		next = soft(g+spread*old, strength) / spread
	}
	change := next - old
	if change == 0 {
		return 0
	}
	beta[j] = next
	if rows == nil {
		for i, x := range values {
			r[i] -= change * x
		}
	} else {
		for k, x := range values {
			r[rows[k]] -= change * x
		}
	}
	return math.Abs(change) * math.Sqrt(spread)
}
