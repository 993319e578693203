package training

import (
	"math"

	"github.com/beamline-go/beamline/internal/metrics"
	"github.com/beamline-go/beamline/models/learn"
)

// Skill is how a model does beside a guess that looks at no column: always the mean of the
// target, its median where absolute errors count, or the shares of the classes.
type Skill struct {
	Metric       metrics.Metric // the goal's, or log loss where that depends on a threshold
	Model, Guess Score
	// None says that the model is not better than the guess by more than chance: by less than
	// two standard errors of the difference over the folds.
	None bool
}

// skill measures the model's predictions of the measured rows, in their order, and guesses.
func (s *selection) skill(held []float64) Skill {
	out := Skill{Metric: s.g.Metric}
	if s.g.Metric.Kind().Threshold != nil {
		out.Metric = metrics.LogLoss
	}
	var model, guess, better []float64
	for _, k := range s.d.Folds.Measured() {
		others := s.others(k)
		if len(others) == 0 { // the first of folds in time
			continue
		}
		constant := s.guess(others)
		var p, q []float64
		for _, r := range s.test[k] {
			p, q = append(p, held[s.at[r]*s.k:(s.at[r]+1)*s.k]...), append(q, constant...)
		}
		y := learn.Pick(s.d.Y, s.test[k])
		a, b := s.g.Measure(out.Metric, y, p), s.g.Measure(out.Metric, y, q)
		model, guess = append(model, a), append(guess, b)
		if d := a - b; metrics.Value(d).Defined() {
			if !out.Metric.Kind().Higher {
				d = -d
			}
			better = append(better, d)
		}
	}
	out.Model, out.Guess = newScore(out.Metric, model), newScore(out.Metric, guess)
	if len(better) > 1 {
		mean, sd := meanAndSD(better)
		out.None = mean <= 2*sd/math.Sqrt(float64(len(better)))
	}
	return out
}

// others are the rows of which something may be learned for fold k.
func (s *selection) others(k int) (rows []int) {
	for _, r := range s.rows {
		if s.speaksFor(r, k) {
			rows = append(rows, r)
		}
	}
	return rows
}

// guess is what is said of every record, learned from some.
func (s *selection) guess(rows []int) []float64 {
	y := learn.Pick(s.y, rows)
	if s.k == 1 {
		if s.g.Metric == "mae" {
			return []float64{medianOf(y)}
		}
		mean, _ := meanAndSD(y)
		return []float64{mean}
	}
	out := make([]float64, s.k)
	for _, v := range y {
		out[int(v)] += 1 / float64(len(y))
	}
	return out
}
