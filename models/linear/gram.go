package linear

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/lapack/lapack64"
	"gonum.org/v1/gonum/mat"
)

// grams is a system by the Gram matrices of all rows and of those of each fold.
type grams struct {
	Learner
	cols  [][]float64
	y     []float64
	fold  []int
	whole *gram // of the weights that choose saw, until solve has it
}

func (g *grams) choose(w []float64) float64 {
	parts := make([]*gram, innerFolds)
	g.whole = newGram(len(g.cols))
	for k := range parts {
		parts[k] = gramOf(g.cols, g.y, w, g.fold, k)
		g.whole = g.whole.plus(parts[k], 1)
	}
	_, xy := g.whole.centered()
	path := g.path(xy)
	errors := make([]float64, len(path))
	for _, held := range parts {
		train := g.whole.plus(held, -1)
		if train.w <= 0 {
			continue
		}
		xx, xy := train.centered()
		beta := make([]float64, len(g.cols))
		for i, strength := range path {
			g.solveCentered(xx, xy, strength, beta)
			errors[i] += held.loss(train.intercept(beta), beta)
		}
	}
	return chosen(path, errors)
}

func (g *grams) solve(w []float64, strength float64, beta []float64) (b0 float64) {
	whole := g.whole
	if g.whole = nil; whole == nil {
		whole = gramOf(g.cols, g.y, w, nil, -1)
	}
	return g.solveGram(whole, strength, beta)
}

func (l Learner) solveGram(g *gram, strength float64, beta []float64) (b0 float64) {
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

// gram holds weighted sums over rows: of products of columns, of columns times
// the target, of columns, of the target, and of weights.
type gram struct {
	p  int
	xx []float64 // p by p, both halves
	xy []float64
	x  []float64
	y  float64
	yy float64
	w  float64
}

func newGram(p int) *gram {
	return &gram{p: p, xx: make([]float64, p*p), xy: make([]float64, p), x: make([]float64, p)}
}

// gramOf sums over the rows for which fold is k, or all rows for k < 0.
func gramOf(cols [][]float64, y, w []float64, fold []int, k int) *gram {
	g := newGram(len(cols))
	var rows []int
	for i := range y {
		if k < 0 || fold[i] == k {
			rows = append(rows, i)
		}
	}
	n := len(rows)
	scaled := make([]float64, n*g.p) // by row, times the root of the weight
	for j, col := range cols {
		for r, i := range rows {
			scaled[r*g.p+j] = col[i] * math.Sqrt(w[i])
			g.x[j] += w[i] * col[i]
			g.xy[j] += w[i] * col[i] * y[i]
		}
	}
	for _, i := range rows {
		g.w += w[i]
		g.y += w[i] * y[i]
		g.yy += w[i] * y[i] * y[i]
	}
	if n > 0 && g.p > 0 {
		x := mat.NewDense(n, g.p, scaled)
		out := mat.NewSymDense(g.p, nil)
		out.SymOuterK(1, x.T())
		for a := range g.p {
			for b := a; b < g.p; b++ {
				v := out.At(a, b)
				g.xx[a*g.p+b], g.xx[b*g.p+a] = v, v
			}
		}
	}
	return g
}

// plus adds s times o.
func (g *gram) plus(o *gram, s float64) *gram {
	out := newGram(g.p)
	for i := range g.xx {
		out.xx[i] = g.xx[i] + s*o.xx[i]
	}
	for j := range g.x {
		out.x[j] = g.x[j] + s*o.x[j]
		out.xy[j] = g.xy[j] + s*o.xy[j]
	}
	out.y, out.yy, out.w = g.y+s*o.y, g.yy+s*o.yy, g.w+s*o.w
	return out
}

// centered returns the sums about the means, divided by the weight: the
// covariances of the columns and of columns and target.
func (g *gram) centered() (xx, xy []float64) {
	xx, xy = make([]float64, len(g.xx)), make([]float64, g.p)
	for a := range g.p {
		for b := range g.p {
			xx[a*g.p+b] = (g.xx[a*g.p+b] - g.x[a]*g.x[b]/g.w) / g.w
		}
		xy[a] = (g.xy[a] - g.x[a]*g.y/g.w) / g.w
	}
	return xx, xy
}

// intercept returns the intercept that goes with beta.
func (g *gram) intercept(beta []float64) float64 {
	s := g.y
	for j, b := range beta {
		s -= b * g.x[j]
	}
	return s / g.w
}

// loss returns the weighted squared error of the rows by intercept and beta.
func (g *gram) loss(b0 float64, beta []float64) float64 {
	s := g.yy - 2*b0*g.y + b0*b0*g.w
	for a, ba := range beta {
		if ba == 0 {
			continue
		}
		s += 2 * ba * (b0*g.x[a] - g.xy[a])
		row := g.xx[a*g.p : (a+1)*g.p]
		for b, bb := range beta {
			s += ba * bb * row[b]
		}
	}
	return s
}

// lassoSettled is the change of a coefficient, times its variance, at which
// lassoGram stops, as a share of the greatest covariance with the target.
const lassoSettled = 1e-4

// lassoGram lowers ½βᵀXXβ - xyᵀβ + strength·|β|₁ from beta on, in place, by
// coordinate descent. Covariances with no spread give no coefficient.
func lassoGram(xx, xy []float64, strength float64, beta []float64) {
	p := len(xy)
	grad := make([]float64, p) // xy - XX·beta
	copy(grad, xy)
	for j, b := range beta {
		if b != 0 {
			subtract(grad, xx[j*p:(j+1)*p], b)
		}
	}
	scale := 0.0
	for _, v := range xy {
		scale = max(scale, math.Abs(v))
	}
	enough := lassoSettled * scale
	var few active
	for range 200 {
		// A pass over all coordinates, and then passes over those that are not zero.
		few.list = few.list[:0]
		moved := 0.0
		for j := range p {
			moved = max(moved, step(xx[j*p:(j+1)*p], grad, beta, j, strength))
			if beta[j] != 0 {
				few.list = append(few.list, j)
			}
		}
		if moved <= enough {
			return
		}
		few.settle(xx, grad, beta, strength, enough)
	}
}

// step moves a coordinate, of which row is that of the matrix, and returns the change
// times its variance.
func step(row, grad, beta []float64, j int, strength float64) float64 {
	v := row[j]
	if v <= 1e-12 {
		return 0
	}
	old := beta[j]
	next := soft(grad[j]+v*old, strength) / v
	if next == old {
		return 0
	}
	beta[j] = next
	subtract(grad, row, next-old)
	return math.Abs(next-old) * v
}

// active are the coordinates that are not zero, and what of the problem is theirs alone.
type active struct {
	list           []int
	xx, grad, beta []float64
}

// settle passes over these coordinates until they move no more, and brings the gradient of
// the others after them at the end.
func (f *active) settle(xx, grad, beta []float64, strength, enough float64) {
	n, p := len(f.list), len(beta)
	f.xx, f.grad, f.beta = f.xx[:0], f.grad[:0], f.beta[:0]
	for _, j := range f.list {
		for _, k := range f.list {
			f.xx = append(f.xx, xx[j*p+k])
		}
		f.grad, f.beta = append(f.grad, grad[j]), append(f.beta, beta[j])
	}
	for range 200 {
		moved := 0.0
		for k := range n {
			moved = max(moved, step(f.xx[k*n:(k+1)*n], f.grad, f.beta, k, strength))
		}
		if moved <= enough {
			break
		}
	}
	for k, j := range f.list {
		if d := f.beta[k] - beta[j]; d != 0 {
			beta[j] = f.beta[k]
			subtract(grad, xx[j*p:(j+1)*p], d)
		}
	}
}

func subtract(a, b []float64, s float64) {
	for i, v := range b {
		a[i] -= s * v
	}
}

// soft moves x towards 0 by t.
func soft(x, t float64) float64 {
	switch {
	case x > t:
		return x - t
	case x < -t:
		return x + t
	}
	return 0
}

// ridgeGram solves (XX + strength·I)β = xy.
func ridgeGram(xx, xy []float64, strength float64, beta []float64) {
	p := len(xy)
	if p == 0 {
		return
	}
	a := blas64.Symmetric{N: p, Stride: p, Uplo: blas.Upper, Data: slices.Clone(xx)}
	for j := range p {
		a.Data[j*p+j] += strength
	}
	root, ok := lapack64.Potrf(a)
	if !ok {
		clear(beta)
		return
	}
	copy(beta, xy)
	lapack64.Potrs(root, blas64.General{Rows: p, Cols: 1, Stride: 1, Data: beta})
	for _, b := range beta {
		if math.IsNaN(b) || math.IsInf(b, 0) {
			clear(beta)
			return
		}
	}
}
