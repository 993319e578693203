package training

import (
	"math"
	"slices"
)

// minWeight is the weight below which a candidate is left out: it would cost a
// prediction more than it adds.
const minWeight = 0.02

// blendQuantity returns the weights, none negative and one in sum, with which
// the candidates' predictions come nearest to y in the mean of squares.
// predictions holds those of each candidate.
func blendQuantity(y []float64, predictions [][]float64) []float64 {
	m := len(predictions)
	q := make([]float64, m*m)
	for a := range m {
		for b := range m {
			for i, v := range predictions[a] {
				q[a*m+b] += (v - y[i]) * (predictions[b][i] - y[i])
			}
		}
	}
	gradient := func(w, g []float64) {
		for a := range m {
			g[a] = 0
			for b := range m {
				g[a] += q[a*m+b] * w[b]
			}
		}
	}
	trace := 0.0
	for a := range m {
		trace += q[a*m+a]
	}
	return prune(descend(m, 1/max(trace, 1e-300), gradient))
}

// blendClasses returns the weights with which the mean of the candidates'
// probabilities, k a row, has the least log loss.
func blendClasses(y []float64, predictions [][]float64, k int) []float64 {
	m := len(predictions)
	n := float64(len(y))
	own := make([][]float64, m) // of the true class
	for a := range own {
		own[a] = make([]float64, len(y))
		for i, c := range y {
			own[a][i] = predictions[a][i*k+int(c)]
		}
	}
	// Each step multiplies a weight by the mean of its share of the mixture:
	// expectation maximization for the proportions of a mixture (Dempster,
	// Laird and Rubin, 1977), which never makes the loss worse.
	w := equal(m)
	next := make([]float64, m)
	for range 300 {
		clear(next)
		for i := range y {
			total := 0.0
			for a := range m {
				total += w[a] * own[a][i]
			}
			for a := range m {
				next[a] += w[a] * own[a][i] / max(total, 1e-300) / n
			}
		}
		moved := 0.0
		for a := range m {
			moved = max(moved, math.Abs(next[a]-w[a]))
		}
		copy(w, next)
		if moved < 1e-5 {
			break
		}
	}
	return prune(w)
}

func equal(m int) []float64 {
	w := make([]float64, m)
	for a := range w {
		w[a] = 1 / float64(m)
	}
	return w
}

// descend follows the gradient on the simplex, with accelerated projected steps
// (Beck and Teboulle, 2009).
func descend(m int, step float64, gradient func(w, g []float64)) []float64 {
	w, ahead, g := equal(m), equal(m), make([]float64, m)
	t := 1.0
	for range 2000 {
		gradient(ahead, g)
		next := make([]float64, m)
		for a := range next {
			next[a] = ahead[a] - step*g[a]
		}
		project(next)
		s := (1 + math.Sqrt(1+4*t*t)) / 2
		moved := 0.0
		for a := range next {
			ahead[a] = next[a] + (t-1)/s*(next[a]-w[a])
			moved = max(moved, math.Abs(next[a]-w[a]))
		}
		w, t = next, s
		if moved < 1e-9 {
			break
		}
	}
	return w
}

// project moves w to the nearest point of the simplex (Duchi and others, 2008).
func project(w []float64) {
	u := slices.Clone(w)
	slices.SortFunc(u, func(a, b float64) int {
		if a > b {
			return -1
		}
		return 1
	})
	sum, theta := 0.0, 0.0
	for i, v := range u {
		sum += v
		if t := (sum - 1) / float64(i+1); v-t > 0 {
			theta = t
		}
	}
	for i := range w {
		w[i] = max(w[i]-theta, 0)
	}
}

// prune leaves out candidates of little weight.
func prune(w []float64) []float64 {
	total := 0.0
	for a := range w {
		if w[a] < minWeight {
			w[a] = 0
		}
		total += w[a]
	}
	if total == 0 {
		return equal(len(w))
	}
	for a := range w {
		w[a] /= total
	}
	return w
}

// Mix adds up the predictions of candidates, in their order, times their
// weights. Candidates of no weight may be nil.
func Mix(weights []float64, predictions [][]float64, out []float64) {
	clear(out)
	for a, w := range weights {
		if w == 0 {
			continue
		}
		for i, v := range predictions[a] {
			out[i] += w * v
		}
	}
}
