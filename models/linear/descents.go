package linear

import (
	"math"

	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/models/learn"
)

// descents is a system of lasso for many columns, by coordinate descent over the columns
// themselves, from the strongest penalty on.
type descents struct {
	Learner
	m    *features.Matrix
	all  *design // of m
	y    []float64
	fold []int
}

// Bounds of a descent.
const (
	descentSweeps  = 100
	descentSettled = 1e-4 // of the target's deviation
)

// worseTwice is whether errors have gone up twice in a row at i: weaker penalties overfit
// more.
func worseTwice(errors []float64, i int) bool {
	return i > 1 && errors[i] > errors[i-1] && errors[i-1] > errors[i-2]
}

func (d *descents) choose(w []float64) float64 {
	path := d.path(covariances(d.all, d.y, w))
	errors := make([]float64, len(path))
	for k := range innerFolds {
		train, test := divide(d.m, d.fold, k)
		y, held := test.pick(d.y), test.pick(w)
		losses := make([]float64, 0, len(path))
		d.walk(newDesign(train.m), train.pick(d.y), train.pick(w), path, func(i int, b0 float64, beta []float64) bool {
			loss := 0.0
			for r, p := range predict(test.m, b0, beta) {
				loss += held[r] * (p - y[r]) * (p - y[r])
			}
			losses = append(losses, loss)
			return !worseTwice(losses, i)
		})
		path, errors = path[:len(losses)], errors[:len(losses)]
		for i, loss := range losses {
			errors[i] += loss
		}
	}
	return chosen(path, errors)
}

func (d *descents) solve(w []float64, strength float64, beta []float64) (b0 float64) {
	path := d.path(covariances(d.all, d.y, w))
	n := 0
	for n < len(path) && path[n] > strength {
		n++
	}
	d.walk(d.all, d.y, w, append(path[:n:n], strength), func(_ int, b float64, found []float64) bool {
		b0 = b
		copy(beta, found)
		return true
	})
	return b0
}

// walk solves for each strength of the path, from the solution before it on, until at
// says that it is enough.
func (l Learner) walk(d *design, y, w, path []float64, at func(i int, b0 float64, beta []float64) bool) {
	r := append([]float64(nil), y...)
	beta := make([]float64, len(d.columns))
	b0, total, sum, squares := 0.0, 0.0, 0.0, 0.0
	for i, v := range w {
		total += v
		sum += v * y[i]
		squares += v * y[i] * y[i]
	}
	spread := math.Sqrt(max(0, squares/total-sum/total*sum/total))
	for i, strength := range path {
		b0 = l.least(d, w, r, strength*total/float64(d.n), b0, beta, descentSweeps, descentSettled*spread)
		if !at(i, b0, beta) {
			return
		}
	}
}

// fitQuantityWithText learns a quantity from columns some of which are sparse,
// by coordinate descent over the columns.
func (l Learner) fitQuantityWithText(out *model, m *features.Matrix, e learn.Examples, s learn.Settings) {
	all := newDesign(m)
	path := l.path(covariances(all, e.Y, ones(m.N)))
	best := len(path) - 1
	if s["penalty"] > 0 {
		path, best = []float64{s["penalty"]}, 0
	} else {
		fold := e.Deal(innerFolds)
		train, test := divide(m, fold, 0)
		least := math.Inf(1)
		l.walk(newDesign(train.m), train.pick(e.Y), ones(train.m.N), path, func(i int, b0 float64, beta []float64) bool {
			loss := 0.0
			for r, p := range predict(test.m, b0, beta) {
				d := p - e.Y[test.rows[r]]
				loss += d * d
			}
			if loss < least {
				least, best = loss, i
			}
			return true
		})
	}
	l.walk(all, e.Y, ones(m.N), path[:best+1], func(i int, b0 float64, beta []float64) bool {
		out.Penalty, out.Intercepts, out.Coefficients = path[i], []float64{b0}, [][]float64{append([]float64(nil), beta...)}
		return true
	})
}

// covariances are those of the columns with the target, of weighted rows.
func covariances(d *design, y, w []float64) []float64 {
	total, mean := 0.0, 0.0
	for _, v := range w {
		total += v
	}
	for i, v := range w {
		mean += v * y[i] / total
	}
	rest := make([]float64, len(y))
	for i, v := range w {
		rest[i] = v * (y[i] - mean)
	}
	xy := make([]float64, len(d.columns))
	for j := range d.columns {
		xy[j] = d.columns[j].dot(rest, 0) / total
	}
	return xy
}
