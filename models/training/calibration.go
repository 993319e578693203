package training

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// Calibration makes probabilities mean what they say: the log odds are scaled
// and shifted (Platt, 1999), of more than two classes the log probabilities
// (temperature and bias, after Guo and others, 2017). The zero value leaves
// probabilities as they are.
type Calibration struct {
	Scale float64   `json:"scale,omitempty"` // 0 means that nothing was learned
	Shift []float64 `json:"shift,omitempty"` // of each class; none where only the scale was learned
}

// form is what a calibration may change.
type form int

// The forms: those that are learned, the simplest first, and the shares of the classes,
// beside which probabilities only keep their order.
const (
	uncalibrated form = iota
	scaled
	shifted
	flat
)

// Bounds of calibrations.
const (
	calibrationPrior = 1.0 // rows' worth, towards no change
	leastScale       = 0.01
	mostScale        = 20.0
	mostShifted      = 10  // classes that are shifted one by one
	surelyBetter     = 2.0 // standard errors by which the shares of the classes are
)

// calibrate learns from the probabilities p, k a row, of the classes y. The log
// loss with a weak prior towards no change has one minimum, which Newton's method
// finds: each step is shortened until the loss falls.
func calibrate(y, p []float64, k int, f form) Calibration {
	if len(y) == 0 || f == uncalibrated || f == shifted && k > mostShifted {
		return Calibration{}
	}
	if f == flat {
		return shares(y, logs(p), k)
	}
	c := calibrating{y: y, z: logs(p), k: k, free: make([]bool, 1+k), at: make([]float64, 1+k)}
	c.at[0] = 1
	for j := range c.free {
		c.free[j] = j == 0 || f == shifted
	}
	c.minimize()
	if scale := min(max(c.at[0], leastScale), mostScale); scale != c.at[0] {
		c.at[0], c.free[0] = scale, false
		c.minimize()
	}
	out := Calibration{Scale: c.at[0]}
	if f == shifted {
		out.Shift = c.at[1:]
	}
	return out
}

// shares gives all rows the shares of the classes, or nearly: their order stays.
func shares(y, z []float64, k int) Calibration {
	c := Calibration{Scale: leastScale, Shift: make([]float64, k)}
	counts := make([]float64, k)
	for i, class := range y {
		counts[int(class)]++
		for j := range k {
			c.Shift[j] -= leastScale * z[i*k+j] / float64(len(y))
		}
	}
	for j, n := range counts {
		c.Shift[j] += math.Log((n + 0.5) / (float64(len(y)) + 0.5*float64(k)))
	}
	return c
}

// calibrating is the state of calibrate. Its parameters are the scale, and the shift
// of each class.
type calibrating struct {
	y, z []float64
	k    int
	free []bool // of each parameter
	at   []float64
}

func (c *calibrating) minimize() {
	var free []int
	for j, f := range c.free {
		if f {
			free = append(free, j)
		}
	}
	if len(free) == 0 {
		return
	}
	loss, g, h := c.loss(c.at, free)
	for range 50 {
		var chol mat.Cholesky
		step := mat.NewVecDense(len(free), nil)
		if !chol.Factorize(h) || chol.SolveVecTo(step, mat.NewVecDense(len(free), g)) != nil {
			return
		}
		slope := mat.Dot(step, mat.NewVecDense(len(free), g))
		if slope < 1e-10*float64(len(c.y)) {
			return
		}
		for length := 1.0; ; length /= 2 {
			if length < 1e-6 {
				return
			}
			next := append([]float64(nil), c.at...)
			for i, j := range free {
				next[j] -= length * step.AtVec(i)
			}
			if l, ng, nh := c.loss(next, free); l <= loss-1e-4*length*slope {
				c.at, loss, g, h = next, l, ng, nh
				break
			}
		}
	}
}

// loss is the log loss with its prior, and its first and second derivatives by the
// free parameters.
func (c *calibrating) loss(at []float64, free []int) (loss float64, g []float64, h *mat.SymDense) {
	now := Calibration{at[0], at[1:]}
	q := make([]float64, c.k)
	all := make([]float64, (1+c.k)*(1+c.k))
	slope := make([]float64, 1+c.k)
	cell := func(a, b int) *float64 { return &all[a*(1+c.k)+b] }
	for j, v := range at {
		d := v
		if j == 0 {
			d--
		}
		loss += calibrationPrior * d * d / 2
		slope[j] += calibrationPrior * d
		*cell(j, j) += calibrationPrior
	}
	for i, y := range c.y {
		z := c.z[i*c.k : (i+1)*c.k]
		now.apply(z, q)
		loss -= math.Log(max(q[int(y)], 1e-300))
		mean := 0.0
		for j := range z {
			mean += q[j] * z[j]
		}
		slope[0] += mean - z[int(y)]
		slope[1+int(y)]--
		for j := range z {
			slope[1+j] += q[j]
			*cell(0, 0) += q[j] * (z[j] - mean) * (z[j] - mean)
			if len(free) == 1 && free[0] == 0 {
				continue
			}
			*cell(0, 1+j) += q[j] * (z[j] - mean)
			*cell(1+j, 1+j) += q[j]
			for l := j; l < c.k; l++ {
				*cell(1+j, 1+l) -= q[j] * q[l]
			}
		}
	}
	h = mat.NewSymDense(len(free), nil)
	for a, i := range free {
		g = append(g, slope[i])
		for b := a; b < len(free); b++ {
			h.SetSym(a, b, *cell(i, free[b]))
		}
	}
	return loss, g, h
}

// proven is the form of calibration that is better than the simpler ones by more than
// its standard error, on rows that it was not learned from, or the shares of the classes
// where these are surely better than what was learned. y are classes, of which each form
// gave probabilities, k a row.
func proven(y []float64, by [][]float64, k int) form {
	best := uncalibrated
	gain := func(f form) (mean, sd float64) {
		gains := make([]float64, len(y))
		for i, c := range y {
			at := i*k + int(c)
			gains[i] = math.Log(max(by[f][at], 1e-15)) - math.Log(max(by[best][at], 1e-15))
		}
		return meanAndSD(gains)
	}
	for f := scaled; f <= shifted; f++ {
		if mean, sd := gain(f); mean > sd/math.Sqrt(float64(len(y))) {
			best = f
		}
	}
	if mean, sd := gain(flat); mean > surelyBetter*sd/math.Sqrt(float64(len(y))) {
		return flat
	}
	return best
}

// logs returns the logarithms of probabilities, bounded.
func logs(p []float64) []float64 {
	out := make([]float64, len(p))
	for i, v := range p {
		out[i] = math.Log(min(max(v, 1e-7), 1))
	}
	return out
}

// apply fills q with the probabilities of the scaled and shifted logarithms z.
func (c Calibration) apply(z, q []float64) {
	top, total := math.Inf(-1), 0.0
	for j := range z {
		q[j] = c.Scale * z[j]
		if len(c.Shift) > 0 {
			q[j] += c.Shift[j]
		}
		top = max(top, q[j])
	}
	for j := range q {
		q[j] = math.Exp(q[j] - top)
		total += q[j]
	}
	for j := range q {
		q[j] /= total
	}
}

// Apply calibrates probabilities, k a row, in place.
func (c Calibration) Apply(p []float64, k int) {
	if c.Scale == 0 {
		return
	}
	q := make([]float64, k)
	for i := 0; i+k <= len(p); i += k {
		c.apply(logs(p[i:i+k]), q)
		copy(p[i:i+k], q)
	}
}
