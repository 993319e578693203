// Package linear holds learners that add columns up: ridge and lasso, for
// quantities with a robust loss, for classes with the log loss.
//
// A quantity is learned from the Gram matrix of the columns (ridge by Cholesky's
// decomposition, lasso by coordinate descent on it, after Friedman, Hastie and
// Tibshirani, "Regularization paths for generalized linear models", 2010). Rows
// far off are weighted down in a few rounds of iteratively reweighted least
// squares with Huber's weights. Classes, and texts, are learned by coordinate
// descent over the columns themselves, sparse ones as they are. The strength of
// the penalty is chosen by folds inside the training rows.
package linear

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/models/learn"
)

// Penalty is what keeps coefficients small.
type Penalty string

// The penalties.
const (
	Ridge Penalty = "ridge" // the sum of squares
	Lasso Penalty = "lasso" // the sum of absolute values
)

// Learner learns a linear model.
type Learner struct{ penalty Penalty }

// New returns the learner with that penalty, which is its name too.
func New(p Penalty) Learner { return Learner{p} }

// Name is the learner's name.
func (l Learner) Name() string { return string(l.penalty) }

// Fits reports that any target can be learned.
func (Learner) Fits(int) bool { return true }

// Defaults: huber is the bound, in robust deviations, from which on a row far
// off counts less (0 is plain least squares); squares adds the squares of
// numbers; penalty fixes the strength, 0 chooses it.
func (l Learner) Defaults(_, classes int) learn.Settings {
	s := learn.Settings{"penalty": 0, "squares": 1}
	if classes > 0 {
		s["squares"] = 0
		return s
	}
	s["huber"] = 1.5
	return s
}

// model is a fitted linear model.
type model struct {
	Encoder *features.Encoder
	Classes int
	Penalty float64 // the strength that was chosen
	// Intercepts and Coefficients are those of each output: one for a quantity
	// and for two classes, else one for each class.
	Intercepts   []float64
	Coefficients [][]float64
	// Lo and Hi bound the prediction of a quantity to the range that was seen.
	Lo, Hi float64
}

// Fit learns the coefficients.
func (l Learner) Fit(e learn.Examples, s learn.Settings) (learn.Predictor, error) {
	if e.Classes == 0 {
		if m, ok, err := l.exact(e, s); ok || err != nil {
			return m, err
		}
	}
	enc, m, err := features.Fit(e.Frame, e.Target(), features.Options{View: features.Linear, Squares: s["squares"] > 0 && !wide(e.Frame), Text: true})
	if err != nil {
		return nil, err
	}
	out := &model{Encoder: enc, Classes: e.Classes}
	switch {
	case e.Classes > 0:
		l.fitClasses(out, m, e, s)
	default:
		out.Lo, out.Hi = bounds(e.Y)
		l.fitQuantity(out, m, e, s)
	}
	return out, nil
}

// wide reports whether a table has so many columns that their squares would be more
// columns than rows.
func wide(f *features.Frame) bool { return 2*len(f.Columns) > f.N }

func bounds(y []float64) (lo, hi float64) {
	lo, hi = y[0], y[0]
	for _, v := range y {
		lo, hi = min(lo, v), max(hi, v)
	}
	return lo, hi
}

// Predict adds up intercept and columns of each row, in the order of the
// columns.
func (m *model) Predict(f *features.Frame, out []float64) error {
	x, err := m.Encoder.Transform(f)
	if err != nil {
		return err
	}
	defer x.Release()
	k := learn.Outputs(m.Classes)
	sums := make([]float64, x.N)
	for o, beta := range m.Coefficients {
		for i := range sums {
			sums[i] = m.Intercepts[o]
		}
		add(x, beta, sums)
		for i, s := range sums {
			switch {
			case m.Classes == 0:
				out[i] = min(max(s, m.Lo), m.Hi)
			case m.Classes == 2:
				p := 1 / (1 + math.Exp(-s))
				out[i*k], out[i*k+1] = 1-p, p
			default:
				out[i*k+o] = s
			}
		}
	}
	if m.Classes > 2 {
		for i := range x.N {
			learn.Softmax(out[i*k : (i+1)*k])
		}
	}
	return nil
}

// add adds the columns of x, times their coefficients, to sums.
func add(x *features.Matrix, beta, sums []float64) {
	for j, col := range x.Dense {
		b := beta[j]
		if b == 0 {
			continue
		}
		for i, v := range col {
			sums[i] += b * v
		}
	}
	if x.Sparse.Columns == 0 {
		return
	}
	words := beta[len(x.Dense):]
	for i := range sums {
		for k := x.Sparse.Start[i]; k < x.Sparse.Start[i+1]; k++ {
			sums[i] += words[x.Sparse.Index[k]] * x.Sparse.Values[k]
		}
	}
}

// Encoding is how rows become columns.
func (m *model) Encoding() *features.Encoder { return m.Encoder }

// Cost counts coefficients.
func (m *model) Cost() learn.Cost {
	n := 0
	for _, b := range m.Coefficients {
		for _, v := range b {
			if v != 0 {
				n++
			}
		}
	}
	return learn.Cost{Keeps: fmt.Sprintf("%d coefficients", n), Steps: n}
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
		return nil, fmt.Errorf("linear: %w", err)
	}
	if m.Encoder == nil {
		return nil, fmt.Errorf("linear: the model has no encoder")
	}
	width := len(m.Encoder.Names())
	for _, b := range m.Encoder.Bags {
		width += len(b.Words)
	}
	outputs := m.Classes
	if m.Classes <= 2 {
		outputs = 1
	}
	if len(m.Coefficients) != outputs || len(m.Intercepts) != outputs {
		return nil, fmt.Errorf("linear: %d sets of coefficients for %d classes", len(m.Coefficients), m.Classes)
	}
	for _, c := range m.Coefficients {
		if len(c) != width {
			return nil, fmt.Errorf("linear: %d coefficients for %d columns", len(c), width)
		}
	}
	return m, nil
}
