package trees

import "math"

// link turns the sums of trees into predictions.
type link string

const (
	identity link = "identity" // a quantity, or the mean of class shares
	logistic link = "logistic" // two classes from one sum
	softmax  link = "softmax"  // classes from a sum each
)

// apply turns the sums of one row into its outputs. sums and out may be the
// same slice; logistic reads one sum and writes two outputs.
func (l link) apply(sums, out []float64) {
	switch l {
	case logistic:
		p := 1 / (1 + math.Exp(-sums[0]))
		out[0], out[1] = 1-p, p
	case softmax:
		top := sums[0]
		for _, s := range sums[1:] {
			top = max(top, s)
		}
		total := 0.0
		for k, s := range sums {
			out[k] = math.Exp(s - top)
			total += out[k]
		}
		for k := range out {
			out[k] /= total
		}
	default:
		copy(out, sums)
	}
}
