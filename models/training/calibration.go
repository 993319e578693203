package training

import "math"

// Calibration makes probabilities mean what they say: the log odds are scaled
// and shifted (Platt, 1999), of more than two classes the log probabilities
// (temperature and bias, after Guo and others, 2017). The zero value leaves
// probabilities as they are.
type Calibration struct {
	Scale float64   `json:"scale,omitempty"` // 0 means that nothing was learned
	Shift []float64 `json:"shift,omitempty"` // of each class
}

// calibrate learns from the probabilities p, k a row, of the classes y, by
// Newton's method on the log loss; a weak prior draws towards no change.
func calibrate(y, p []float64, k int) Calibration {
	c := Calibration{Scale: 1, Shift: make([]float64, k)}
	n := len(y)
	if n == 0 {
		return Calibration{}
	}
	z := logs(p)
	q := make([]float64, k)
	const prior = 1.0
	for range 100 {
		gs, hs := prior*(c.Scale-1), prior
		g, h := make([]float64, k), make([]float64, k)
		for j := range k {
			g[j], h[j] = prior*c.Shift[j], prior
		}
		for i := range n {
			c.apply(z[i*k:(i+1)*k], q)
			mean, second := 0.0, 0.0
			for j := range k {
				mean += q[j] * z[i*k+j]
				second += q[j] * z[i*k+j] * z[i*k+j]
				d := q[j]
				if int(y[i]) == j {
					d--
				}
				g[j] += d
				h[j] += q[j] * (1 - q[j])
			}
			gs += mean - z[i*k+int(y[i])]
			hs += second - mean*mean
		}
		// A step for each parameter by itself, damped, since they share rows.
		moved := 0.0
		step := func(x *float64, g, h float64) {
			d := 0.7 * g / h
			*x -= d
			moved = max(moved, math.Abs(d))
		}
		step(&c.Scale, gs, hs)
		for j := range k {
			step(&c.Shift[j], g[j], h[j])
		}
		c.Scale = min(max(c.Scale, 0.05), 20)
		if moved < 1e-8 {
			break
		}
	}
	return c
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
		q[j] = c.Scale*z[j] + c.Shift[j]
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
