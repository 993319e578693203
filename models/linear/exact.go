package linear

import (
	"math"

	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/models/learn"
)

// Bounds of exact relations.
const (
	exactShare   = 1e-5  // of the variance of the target, that may be left on held-out rows
	exactPenalty = 1e-10 // keeps columns that repeat each other solvable
)

// exact looks for a relation that holds to the last digits, such as a gross price and
// a net one: plain least squares of the numbers as they are, neither clipped nor logged,
// so that it goes on beyond the range that was seen.
func (l Learner) exact(e learn.Examples, s learn.Settings) (*model, bool, error) {
	if l.penalty != Ridge || s["penalty"] > 0 {
		return nil, false, nil
	}
	numbers := &features.Frame{N: e.Frame.N}
	for _, c := range e.Frame.Columns {
		if c.Kind == features.Number {
			numbers.Columns = append(numbers.Columns, c)
		}
	}
	if len(numbers.Columns) == 0 {
		return nil, false, nil
	}
	enc, m, err := features.Fit(numbers, e.Target(), features.Options{View: features.Linear, Plain: true})
	if err != nil || len(m.Dense) == 0 || 2*len(m.Dense) > m.N {
		return nil, false, err
	}
	fold, w := e.Deal(innerFolds), ones(m.N)
	whole := newGram(len(m.Dense))
	parts := make([]*gram, innerFolds)
	for k := range parts {
		parts[k] = gramOf(m.Dense, e.Y, w, fold, k)
		whole = whole.plus(parts[k], 1)
	}
	mean, left, all := whole.y/whole.w, 0.0, 0.0
	beta := make([]float64, len(m.Dense))
	for k := range parts {
		b0 := l.solveGram(whole.plus(parts[k], -1), exactPenalty, beta)
		for i, p := range predict(m, b0, beta) {
			if fold[i] == k {
				left += (e.Y[i] - p) * (e.Y[i] - p)
				all += (e.Y[i] - mean) * (e.Y[i] - mean)
			}
		}
	}
	if !(left <= exactShare*all) || all == 0 {
		return nil, false, nil
	}
	b0 := l.solveGram(whole, exactPenalty, beta)
	return &model{Encoder: enc, Penalty: exactPenalty, Intercepts: []float64{b0}, Coefficients: [][]float64{beta}, Lo: -math.MaxFloat64, Hi: math.MaxFloat64}, true, nil
}
