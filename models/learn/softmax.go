package learn

import "math"

// Softmax turns scores into probabilities, in place: their exponentials,
// divided by the sum. The greatest score is taken off first, so that nothing
// overflows.
func Softmax(o []float64) {
	top := o[0]
	for _, v := range o {
		top = max(top, v)
	}
	total := 0.0
	for i := range o {
		o[i] = math.Exp(o[i] - top)
		total += o[i]
	}
	for i := range o {
		o[i] /= total
	}
}
