// Package bayes predicts classes as if columns said what they say independently
// of each other: naive Bayes.
package bayes

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/models/learn"
)

// Learner learns the distribution of each column within each class: numbers as
// normal (Gauss), one-hot levels by frequency (Bernoulli), words of texts by
// their share of all words (multinomial, after McCallum and Nigam, 1998), all
// smoothed. Columns are seldom independent, which makes the sum of what they say
// too sure; how much of it to believe is chosen by folds inside the training
// rows.
type Learner struct{}

// Name is the learner's name.
func (Learner) Name() string { return "bayes" }

// Fits reports that only classes can be learned.
func (Learner) Fits(classes int) bool { return classes > 1 }

// Defaults: smooth is the count that every word and level gets on top.
func (Learner) Defaults(int, int) learn.Settings { return learn.Settings{"smooth": 0.1} }

// model is the distributions, by class.
type model struct {
	Encoder *features.Encoder
	Classes int
	Prior   []float64   // log share of each class
	Mean    [][]float64 // of the dense columns
	Var     [][]float64
	Words   [][]float64 // log share of each word
	// Cut is the value between the two that a column has, nil for
	// columns of more values; Share is how often it has the greater one.
	Cut    []*float64
	Share  [][]float64
	Belief float64 // by which log likelihoods are multiplied
}

// beliefs are what is tried.
var beliefs = []float64{1, 0.7, 0.5, 0.3, 0.2, 0.1, 0.05}

const folds = 5

// Fit counts, and chooses the belief.
func (Learner) Fit(e learn.Examples, s learn.Settings) (learn.Predictor, error) {
	enc, m, err := features.Fit(e.Frame, e.Target(), features.Options{View: features.Linear, Text: true})
	if err != nil {
		return nil, err
	}
	losses := make([]float64, len(beliefs))
	for k := range folds {
		var train, test []int
		for i := range m.N {
			if i%folds == k {
				test = append(test, i)
			} else {
				train = append(train, i)
			}
		}
		part := count(m.Select(train), learn.Pick(e.Y, train), e.Classes, s["smooth"])
		part.measure(m.Select(test), learn.Pick(e.Y, test), losses)
	}
	out := count(m, e.Y, e.Classes, s["smooth"])
	out.Encoder = enc
	best := 0
	for i, v := range losses {
		if v < losses[best] {
			best = i
		}
	}
	out.Belief = beliefs[best]
	return out, nil
}

// count learns the distributions.
func count(m *features.Matrix, y []float64, classes int, smooth float64) *model {
	out := &model{Classes: classes, Cut: cuts(m)}
	counts := make([]float64, classes)
	for _, v := range y {
		counts[int(v)]++
	}
	for k := range classes {
		out.Prior = append(out.Prior, math.Log((counts[k]+1)/float64(m.N+classes)))
		mean, variance := normal(m, y, k, counts[k])
		out.Mean, out.Var = append(out.Mean, mean), append(out.Var, variance)
		out.Share = append(out.Share, out.twoValued(m, y, k, counts[k], smooth))
		if m.Sparse.Columns > 0 {
			out.Words = append(out.Words, shares(m.Sparse, y, k, smooth))
		}
	}
	return out
}

// cuts finds the columns of exactly two values.
func cuts(m *features.Matrix) []*float64 {
	out := make([]*float64, len(m.Dense))
	for j, col := range m.Dense {
		lo, hi := math.Inf(1), math.Inf(-1)
		for _, x := range col {
			lo, hi = min(lo, x), max(hi, x)
		}
		two := lo < hi
		for _, x := range col {
			two = two && (x == lo || x == hi)
		}
		if two {
			mid := lo + (hi-lo)/2
			out[j] = &mid
		}
	}
	return out
}

func (m *model) twoValued(x *features.Matrix, y []float64, k int, n, smooth float64) []float64 {
	out := make([]float64, len(x.Dense))
	for j, cut := range m.Cut {
		if cut == nil {
			continue
		}
		hi := 0.0
		for i, v := range x.Dense[j] {
			if int(y[i]) == k && v > *cut {
				hi++
			}
		}
		out[j] = (hi + smooth) / (n + 2*smooth)
	}
	return out
}

// measure adds the log loss of the rows for each belief.
func (m *model) measure(x *features.Matrix, y []float64, losses []float64) {
	likely, o := make([]float64, m.Classes), make([]float64, m.Classes)
	for i := range x.N {
		for k := range likely {
			likely[k] = m.logLikelihood(x, i, k)
		}
		for b, belief := range beliefs {
			m.posterior(likely, belief, o)
			losses[b] -= math.Log(max(o[int(y[i])], 1e-15))
		}
	}
}

// posterior fills o with the probabilities of the classes.
func (m *model) posterior(likely []float64, belief float64, o []float64) {
	for k := range o {
		o[k] = m.Prior[k] + belief*likely[k]
	}
	learn.Softmax(o)
}

// normal returns mean and variance of the dense columns in class k; the
// variance is drawn to 1, that of the column in all rows, as if by one row.
func normal(m *features.Matrix, y []float64, k int, n float64) (mean, variance []float64) {
	mean, variance = make([]float64, len(m.Dense)), make([]float64, len(m.Dense))
	for j, col := range m.Dense {
		for i, x := range col {
			if int(y[i]) == k {
				mean[j] += x / max(n, 1)
			}
		}
		ss := 1.0
		for i, x := range col {
			if int(y[i]) == k {
				ss += (x - mean[j]) * (x - mean[j])
			}
		}
		variance[j] = ss / (n + 1)
	}
	return mean, variance
}

// shares returns the log share of each word among the words of class k.
func shares(s features.Sparse, y []float64, k int, smooth float64) []float64 {
	out := make([]float64, s.Columns)
	total := smooth * float64(s.Columns)
	for i := range y {
		if int(y[i]) != k {
			continue
		}
		for at := s.Start[i]; at < s.Start[i+1]; at++ {
			out[s.Index[at]] += s.Values[at]
			total += s.Values[at]
		}
	}
	for j := range out {
		out[j] = math.Log((out[j] + smooth) / total)
	}
	return out
}

// Predict adds up log likelihoods. A text's words count by their weights, as
// often as the text is long.
func (m *model) Predict(f *features.Frame, out []float64) error {
	x, err := m.Encoder.Transform(f)
	if err != nil {
		return err
	}
	defer x.Release()
	likely := make([]float64, m.Classes)
	for i := range x.N {
		for k := range likely {
			likely[k] = m.logLikelihood(x, i, k)
		}
		m.posterior(likely, m.Belief, out[i*m.Classes:(i+1)*m.Classes])
	}
	return nil
}

func (m *model) logLikelihood(x *features.Matrix, i, k int) float64 {
	s := 0.0
	for j, col := range x.Dense {
		if cut := m.Cut[j]; cut != nil {
			p := m.Share[k][j]
			if col[i] <= *cut {
				p = 1 - p
			}
			s += math.Log(p)
			continue
		}
		d := col[i] - m.Mean[k][j]
		s -= 0.5 * (math.Log(m.Var[k][j]) + d*d/m.Var[k][j])
	}
	if len(m.Words) > 0 {
		a, b := x.Sparse.Start[i], x.Sparse.Start[i+1]
		length := math.Sqrt(float64(b - a)) // a row of the bag has length one
		for at := a; at < b; at++ {
			s += length * x.Sparse.Values[at] * m.Words[k][x.Sparse.Index[at]]
		}
	}
	return s
}

// Encoding is how rows become columns.
func (m *model) Encoding() *features.Encoder { return m.Encoder }

// Cost counts the distributions.
func (m *model) Cost() learn.Cost {
	n := 0
	for _, of := range [][][]float64{m.Mean, m.Words} { // either may be empty
		for _, class := range of {
			n += len(class)
		}
	}
	return learn.Cost{Keeps: fmt.Sprintf("%d distributions", n), Steps: n}
}

// Save writes the model as JSON.
func (m *model) Save() (text, binary []byte, err error) {
	text, err = json.Marshal(m)
	return text, nil, err
}

// Load reads what Save wrote.
func (Learner) Load(text, _ []byte) (learn.Predictor, error) {
	m := &model{}
	if err := json.Unmarshal(text, m); err != nil {
		return nil, fmt.Errorf("bayes: %w", err)
	}
	if m.Encoder == nil || m.Classes < 2 || len(m.Prior) != m.Classes || len(m.Mean) != m.Classes || len(m.Var) != m.Classes || len(m.Share) != m.Classes {
		return nil, fmt.Errorf("bayes: the model is not that of %d classes", m.Classes)
	}
	dense, words := len(m.Encoder.Names()), 0
	for _, b := range m.Encoder.Bags {
		words += len(b.Words)
	}
	for k := range m.Classes {
		if len(m.Mean[k]) != dense || len(m.Var[k]) != dense || len(m.Share[k]) != dense || len(m.Cut) != dense || words > 0 && (len(m.Words) != m.Classes || len(m.Words[k]) != words) {
			return nil, fmt.Errorf("bayes: class %d has the wrong number of columns", k+1)
		}
	}
	return m, nil
}
