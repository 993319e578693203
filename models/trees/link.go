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

// sigmoids are values of the logistic function, sigmoidSteps for each unit, from
// -sigmoidEnd on.
var sigmoids = func() (t [2*sigmoidEnd*sigmoidSteps + 2]float64) {
	for i := range t {
		t[i] = 1 / (1 + math.Exp(sigmoidEnd-float64(i)/sigmoidSteps))
	}
	return t
}()

const (
	sigmoidEnd   = 16
	sigmoidSteps = 64
)

// sigmoid is the logistic function to within a 30,000th of itself, which is as near as a
// quantised gradient can be: a line between two values of a table.
func sigmoid(x float64) float64 {
	at := (min(max(x, -sigmoidEnd), sigmoidEnd) + sigmoidEnd) * sigmoidSteps
	if at != at {
		return at
	}
	i := int(at)
	a := sigmoids[i]
	return a + float64((sigmoids[i+1]-a)*(at-float64(i)))
}
