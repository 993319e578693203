package training

import (
	"cmp"
	"math"
	"slices"

	"github.com/beamline-go/beamline/internal/metrics"
	"github.com/beamline-go/beamline/models/learn"
)

// Skill is how a model does beside a guess that looks at no column: always the mean of the
// target, its median where absolute errors count, or the shares of the classes.
type Skill struct {
	Metric       metrics.Metric // the goal's, or log loss where that depends on a threshold
	Model, Guess Score
	// None says that the model is not better than the guess by more than chance: by less than
	// two standard errors of the difference over the folds. Where squares count, so that a few
	// records can hide what a model knows, it is not better by absolute errors either.
	None bool
	// Few are records that make half of the sum of squared errors, the worst first, where
	// those are one in a thousand or fewer: places among the rows that were measured.
	Few []int
}

// skill measures the model's predictions of the measured rows, in their order, and guesses.
func (s *selection) skill(held []float64) (out Skill) {
	m := s.g.Metric
	if m.Kind().Threshold != nil {
		m = metrics.LogLoss
	}
	out = s.beside(m, held)
	if s.k == 1 && m != metrics.MAE {
		out.None = out.None && s.beside(metrics.MAE, held).None
		out.Few = few(learn.Pick(s.y, s.rows), held)
	}
	return out
}

// beside measures predictions and guesses by a metric.
func (s *selection) beside(m metrics.Metric, held []float64) Skill {
	out := Skill{Metric: m}
	var model, guess, better []float64
	for _, k := range s.d.Folds.Measured() {
		others := s.others(k)
		if len(others) == 0 { // the first of folds in time
			continue
		}
		constant := s.guess(m, others)
		var p, q []float64
		for _, r := range s.test[k] {
			p, q = append(p, held[s.at[r]*s.k:(s.at[r]+1)*s.k]...), append(q, constant...)
		}
		y := learn.Pick(s.d.Y, s.test[k])
		a, b := s.g.Measure(m, y, p), s.g.Measure(m, y, q)
		model, guess = append(model, a), append(guess, b)
		if d := a - b; metrics.Value(d).Defined() {
			if !m.Kind().Higher {
				d = -d
			}
			better = append(better, d)
		}
	}
	out.Model, out.Guess = newScore(m, model), newScore(m, guess)
	if len(better) > 1 {
		mean, sd := meanAndSD(better)
		out.None = mean <= 2*sd/math.Sqrt(float64(len(better)))
	}
	return out
}

// fewOf is in how many records one may decide.
const fewOf = 1000

// few are the fewest records that make half of the sum of squared errors, none where those
// are more than one in fewOf.
func few(y, p []float64) []int {
	worst := make([]int, len(y))
	sum := 0.0
	for i := range y {
		worst[i], sum = i, sum+(y[i]-p[i])*(y[i]-p[i])
	}
	slices.SortStableFunc(worst, func(a, b int) int { return cmp.Compare(math.Abs(y[b]-p[b]), math.Abs(y[a]-p[a])) })
	half := 0.0
	for n, i := range worst[:min(len(worst), max(1, len(y)/fewOf))] {
		if half += (y[i] - p[i]) * (y[i] - p[i]); half > sum/2 {
			return worst[:n+1]
		}
	}
	return nil
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

// guess is what is said of every record, learned from some, to be measured by a metric.
func (s *selection) guess(m metrics.Metric, rows []int) []float64 {
	y := learn.Pick(s.y, rows)
	if s.k == 1 {
		if m == metrics.MAE {
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
