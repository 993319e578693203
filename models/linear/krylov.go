package linear

import "math"

// krylov is a system of ridge for many columns. The solutions of all strengths lie, up to
// what no digit shows, in the space that a few products of the rows' matrix with the
// target span (Lanczos, 1950; Golub and Van Loan, "Matrix Computations", chapter 10): one
// space a fold serves them all, and no matrix of columns by columns or rows by rows is made.
type krylov struct {
	Learner
	cols [][]float64
	y    []float64
	fold []int
}

// Bounds of a space.
const (
	mostProducts = 150
	krylovLeft   = 1e-5 // of the target's length, that the weakest penalty may leave unsolved
)

func (k *krylov) choose(w []float64) float64 {
	path := k.path(nil)
	errors := make([]float64, len(path))
	beta, train := make([]float64, len(k.cols)), make([]float64, len(w))
	for f := range innerFolds {
		held := make([]int, 0, len(w)/innerFolds+1)
		for i, v := range w {
			train[i] = v
			if k.fold[i] == f {
				train[i] = 0
				held = append(held, i)
			}
		}
		s := k.span(train, path[len(path)-1])
		for i, strength := range path {
			b0 := s.solve(strength, beta)
			for _, r := range held {
				d := k.y[r] - b0
				for j, b := range beta {
					d -= b * k.cols[j][r]
				}
				errors[i] += w[r] * d * d
			}
		}
	}
	return chosen(path, errors)
}

func (k *krylov) solve(w []float64, strength float64, beta []float64) (b0 float64) {
	return k.span(w, strength).solve(strength, beta)
}

// space is an orthonormal basis, in which the matrix of weighted, centred rows times
// itself is tridiagonal.
type space struct {
	cols           [][]float64
	root           []float64 // of the share of each row in the weight
	means          []float64 // of the columns
	mean, length   float64   // of the target: its mean, and its length, centred
	basis          [][]float64
	diagonal, next []float64
}

// span makes the space for rows with weights w in which the weakest strength is solved.
func (k *krylov) span(w []float64, weakest float64) *space {
	s := &space{cols: k.cols, root: make([]float64, len(w)), means: make([]float64, len(k.cols))}
	total := 0.0
	for _, v := range w {
		total += v
	}
	if total <= 0 {
		return s
	}
	for i, v := range w {
		s.root[i] = math.Sqrt(v / total)
		s.mean += v / total * k.y[i]
	}
	share := make([]float64, len(w))
	for i, v := range s.root {
		share[i] = v * v
	}
	for j, col := range k.cols {
		s.means[j] = dot(col, share)
	}
	q := make([]float64, len(w))
	for i, v := range s.root {
		q[i] = v * (k.y[i] - s.mean)
	}
	s.length = math.Sqrt(dot(q, q))
	for before := s.length; len(s.basis) < mostProducts && before > 0; {
		for i := range q {
			q[i] /= before
		}
		s.basis = append(s.basis, q)
		q = s.product(q)
		s.diagonal = append(s.diagonal, dot(q, s.basis[len(s.basis)-1]))
		for range 2 { // once more for what rounding left
			for _, b := range s.basis {
				subtract(q, b, dot(q, b))
			}
		}
		after := math.Sqrt(dot(q, q))
		s.next = append(s.next, after)
		z := s.inside(weakest)
		if math.Abs(after*z[len(z)-1]) <= krylovLeft*s.length {
			break
		}
		before = after
	}
	return s
}

// product is the matrix of rows times itself, times v.
func (s *space) product(v []float64) []float64 {
	scaled, out := make([]float64, len(v)), make([]float64, len(v))
	all, shift := 0.0, 0.0
	for i, x := range v {
		scaled[i] = s.root[i] * x
		all += scaled[i]
	}
	for j, col := range s.cols {
		t := dot(col, scaled) - s.means[j]*all
		shift += s.means[j] * t
		subtract(out, col, -t)
	}
	for i := range out {
		out[i] = s.root[i] * (out[i] - shift)
	}
	return out
}

// inside solves for a strength inside of the space, by elimination.
func (s *space) inside(strength float64) []float64 {
	n := len(s.diagonal)
	z, pivot := make([]float64, n), make([]float64, n)
	right := s.length
	for i := range n {
		pivot[i] = s.diagonal[i] + strength
		if i > 0 {
			by := s.next[i-1] / pivot[i-1]
			pivot[i] -= by * s.next[i-1]
			right *= -by
		}
		z[i] = right
	}
	for i := n - 1; i >= 0; i-- {
		if i+1 < n {
			z[i] -= s.next[i] * z[i+1]
		}
		z[i] /= pivot[i]
	}
	return z
}

// solve fills beta for a strength and returns the intercept.
func (s *space) solve(strength float64, beta []float64) (b0 float64) {
	u := make([]float64, len(s.root))
	for i, v := range s.inside(strength) {
		subtract(u, s.basis[i], -v)
	}
	all := 0.0
	for i := range u {
		u[i] *= s.root[i]
		all += u[i]
	}
	b0 = s.mean
	for j, col := range s.cols {
		beta[j] = dot(col, u) - s.means[j]*all
		b0 -= beta[j] * s.means[j]
	}
	return b0
}
