package linear

import (
	"math"
	"slices"

	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/models/learn"
)

// Bounds of the search for classes.
const (
	manyRows    = 5000 // times coefficient sets, from which on one fold stands for all of them
	newtonSteps = 8
	sweeps      = 12
	settled     = 1e-4
	mostHalved  = 7    // times that a step is halved before it is given up
	rounding    = 1e-9 // of a mean loss
)

// logit is the coefficients of the classes: one set for two classes.
type logit struct {
	b0   []float64
	beta [][]float64
}

func newLogit(outputs, width int) *logit {
	q := &logit{make([]float64, outputs), make([][]float64, outputs)}
	for o := range q.beta {
		q.beta[o] = make([]float64, width)
	}
	return q
}

// fitClasses chooses the penalty and learns the coefficients.
func (l Learner) fitClasses(out *model, m *features.Matrix, e learn.Examples, s learn.Settings) {
	outputs := e.Classes
	if e.Classes == 2 {
		outputs = 1
	}
	d := newDesign(m)
	path := l.classPath(d, e)
	best := 1
	if s["penalty"] > 0 {
		path = []float64{s["penalty"]}
	} else {
		best = l.chooseClasses(m, e, path, outputs) + 1
	}
	q := newLogit(outputs, m.Width())
	for _, strength := range path[:best] {
		l.logistic(d, e.Y, e.Classes, strength, q)
	}
	out.Penalty, out.Intercepts, out.Coefficients = path[best-1], q.b0, q.beta
}

// classPath returns the strengths that are tried, the strongest first.
func (l Learner) classPath(d *design, e learn.Examples) []float64 {
	if l.penalty == Ridge {
		return []float64{1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001}
	}
	top := 0.0
	for k := range max(e.Classes, 2) {
		mean := 0.0
		for _, y := range e.Y {
			mean += indicator(y, k) / float64(d.n)
		}
		rest := make([]float64, d.n)
		for i, y := range e.Y {
			rest[i] = indicator(y, k) - mean
		}
		for j := range d.columns {
			top = max(top, math.Abs(d.columns[j].dot(rest, 0))/float64(d.n))
		}
	}
	out := make([]float64, 10)
	for i := range out {
		out[i] = max(top, 1e-9) * math.Pow(10, -0.3-2.5*float64(i)/9)
	}
	return out
}

func indicator(y float64, class int) float64 {
	if int(y) == class {
		return 1
	}
	return 0
}

// chooseClasses returns the place on the path with the least log loss on held
// out rows.
func (l Learner) chooseClasses(m *features.Matrix, e learn.Examples, path []float64, outputs int) int {
	fold := e.Deal(innerFolds)
	tests := innerFolds
	if m.N*outputs >= manyRows {
		tests = 1
	}
	losses := make([]float64, len(path))
	for k := range tests {
		train, test := divide(m, fold, k)
		d := newDesign(train.m)
		q := newLogit(outputs, m.Width())
		for i, strength := range path {
			l.logistic(d, train.pick(e.Y), e.Classes, strength, q)
			losses[i] += logLoss(test.m, test.pick(e.Y), q)
			if tests == 1 && i > 1 && losses[i] > losses[i-1] && losses[i-1] > losses[i-2] {
				for j := i + 1; j < len(path); j++ {
					losses[j] = math.Inf(1)
				}
				break // weaker penalties overfit more
			}
		}
	}
	best := 0
	for i, v := range losses {
		if v < losses[best] {
			best = i
		}
	}
	return best
}

// part is some rows of a matrix.
type part struct {
	m    *features.Matrix
	rows []int
}

func (p part) pick(y []float64) []float64 {
	out := make([]float64, len(p.rows))
	for i, r := range p.rows {
		out[i] = y[r]
	}
	return out
}

// divide returns the rows of all folds but k, and those of fold k.
func divide(m *features.Matrix, fold []int, k int) (train, test part) {
	for i, f := range fold {
		if f == k {
			test.rows = append(test.rows, i)
		} else {
			train.rows = append(train.rows, i)
		}
	}
	train.m, test.m = m.Select(train.rows), m.Select(test.rows)
	return train, test
}

// logistic lowers the penalized log loss from q on, in place. Each step replaces the loss
// by its quadratic approximation, class after class, and goes as far towards the least of
// it as the loss itself falls: where classes are nearly told apart, the least of the
// approximation can be far beyond that of the loss.
func (l Learner) logistic(d *design, y []float64, classes int, strength float64, q *logit) {
	n := d.n
	scores := make([]float64, n*len(q.beta))
	for o := range q.beta {
		d.scores(q.b0[o], q.beta[o], scores[o*n:(o+1)*n])
	}
	w, r := make([]float64, n), make([]float64, n)
	odds := newOdds(scores, n)
	odds.all()
	before := odds.loss(y)
	for range newtonSteps {
		odds.all()
		for o := range q.beta {
			class := o
			if classes == 2 {
				class = 1
			}
			for i := range n {
				p := odds.probability(i, o)
				w[i] = max(p*(1-p), 1e-4)
				r[i] = (indicator(y[i], class) - p) / w[i]
			}
			l.step(d, y, w, r, strength, q, o, odds)
		}
		odds.all()
		after := odds.loss(y)
		if math.Abs(before-after) < 1e-4*float64(n)*0.1 {
			return
		}
		before = after
	}
}

// step lowers the penalized loss by the coefficients of one output, from weights w and
// residuals r of its quadratic approximation.
func (l Learner) step(d *design, y, w, r []float64, strength float64, q *logit, o int, odds *odds) {
	loss := func() float64 { return odds.loss(y)/float64(d.n) + l.penaltyOf(q.beta[o], strength) }
	b0, beta, from := q.b0[o], slices.Clone(q.beta[o]), loss()
	q.b0[o] = l.least(d, w, r, strength, b0, q.beta[o], sweeps, settled)
	for halved := 0; ; halved++ {
		d.scores(q.b0[o], q.beta[o], odds.scores[o*d.n:(o+1)*d.n])
		odds.again(o)
		if halved > mostHalved || loss() <= from+rounding {
			return
		}
		if halved == mostHalved { // as good as no step at all
			q.b0[o] = b0
			copy(q.beta[o], beta)
			continue
		}
		q.b0[o] = (b0 + q.b0[o]) / 2
		for j := range beta {
			q.beta[o][j] = (beta[j] + q.beta[o][j]) / 2
		}
	}
}

// penaltyOf is what coefficients cost beside the mean of the loss.
func (l Learner) penaltyOf(beta []float64, strength float64) float64 {
	s := 0.0
	for _, b := range beta {
		if l.penalty == Ridge {
			s += b * b / 2
		} else {
			s += math.Abs(b)
		}
	}
	return strength * s
}

// scores fills out with b0 + xβ.
func (d *design) scores(b0 float64, beta, out []float64) {
	clear(out)
	for j, b := range beta {
		if b != 0 {
			d.columns[j].add(b, out)
			b0 += b * d.columns[j].lo
		}
	}
	for i := range out {
		out[i] += b0
	}
}

// odds are the exponentials of scores, output by output, those of a row over that of its
// greatest, and their sums by row: so that the probabilities of n rows and k outputs cost
// n*k exponentials, and those after a change of one output n.
type odds struct {
	scores           []float64
	n, k             int
	exp, tops, total []float64
}

func newOdds(scores []float64, n int) *odds {
	return &odds{scores, n, len(scores) / n, make([]float64, len(scores)), make([]float64, n), make([]float64, n)}
}

// all computes everything anew.
func (x *odds) all() {
	if x.k == 1 {
		return
	}
	for i := range x.n {
		x.tops[i], x.total[i] = math.Inf(-1), 0
		for c := range x.k {
			x.tops[i] = max(x.tops[i], x.scores[c*x.n+i])
		}
	}
	for at, s := range x.scores {
		i := at % x.n
		x.exp[at] = math.Exp(s - x.tops[i])
		x.total[i] += x.exp[at]
	}
}

// again takes up the changed scores of output o.
func (x *odds) again(o int) {
	if x.k == 1 {
		return
	}
	for i := range x.n {
		at := o*x.n + i
		now := math.Exp(min(x.scores[at]-x.tops[i], 700))
		x.total[i] += now - x.exp[at]
		x.exp[at] = now
	}
}

// probability is the probability of output o for row i.
func (x *odds) probability(i, o int) float64 {
	if x.k == 1 {
		return 1 / (1 + math.Exp(-x.scores[i]))
	}
	return min(max(x.exp[o*x.n+i]/max(x.total[i], 1e-300), 0), 1)
}

func (x *odds) likelihood(i, class int) float64 {
	if x.k > 1 {
		return x.probability(i, class)
	}
	p := x.probability(i, 0)
	if class == 0 {
		return 1 - p
	}
	return p
}

// loss is the log loss of all rows, in sum.
func (x *odds) loss(y []float64) float64 {
	loss := 0.0
	for i := range x.n {
		loss -= math.Log(max(x.likelihood(i, int(y[i])), 1e-15))
	}
	return loss
}

func logLoss(m *features.Matrix, y []float64, q *logit) float64 {
	n := m.N
	scores := make([]float64, 0, n*len(q.beta))
	for o := range q.beta {
		scores = append(scores, predict(m, q.b0[o], q.beta[o])...)
	}
	x := newOdds(scores, n)
	x.all()
	return x.loss(y)
}
