package modeltest_test

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/models/learn"
	"github.com/beamline-go/beamline/models/modeltest"
)

// The learner of this example is a line through one column: the number that goes
// along best with a quantity. It stands for a package of its own, such as
// models/line, with one line in the list of models/catalogue.

// Line is the learner.
type Line struct{}

func (Line) Name() string { return "line" }

func (Line) Fits(classes int) bool { return classes == 0 }

func (Line) Defaults(rows, classes int) learn.Settings {
	return learn.Settings{"shrink": 1} // of the slope, in [0,1]
}

// line is the fitted predictor: data, all of it exported.
type line struct {
	Rows             int     // it was fitted to
	Column           string  // none where no column varies
	Middle           float64 // of the column, also for missing values
	Intercept, Slope float64
}

func (Line) Fit(e learn.Examples, s learn.Settings) (learn.Predictor, error) {
	best := &line{Rows: len(e.Y), Intercept: mean(e.Y)} // where no column varies
	bestGain := 0.0
	for i := range e.Frame.Columns {
		c := &e.Frame.Columns[i]
		if c.Kind != features.Number {
			continue
		}
		p := &line{Rows: len(e.Y), Column: c.Name, Middle: mean(c.Num), Intercept: mean(e.Y)}
		xy, xx := 0.0, 0.0
		for r, x := range c.Num {
			if !math.IsNaN(x) {
				xy += (x - p.Middle) * (e.Y[r] - p.Intercept)
				xx += (x - p.Middle) * (x - p.Middle)
			}
		}
		if xx == 0 {
			continue
		}
		p.Slope = s["shrink"] * xy / xx
		if gain := xy * xy / xx; gain > bestGain {
			best, bestGain = p, gain
		}
	}
	return best, nil
}

// mean is the mean of the values that are not missing.
func mean(x []float64) float64 {
	sum, n := 0.0, 0.0
	for _, v := range x {
		if !math.IsNaN(v) {
			sum += v
			n++
		}
	}
	return sum / max(n, 1)
}

func (p *line) Predict(f *features.Frame, out []float64) error {
	c := f.Column(p.Column)
	if c == nil && p.Column != "" {
		return fmt.Errorf("line: the frame has no column %q", p.Column)
	}
	for i := range out {
		out[i] = p.Intercept
		if c != nil && !math.IsNaN(c.Num[i]) {
			out[i] += p.Slope * (c.Num[i] - p.Middle)
		}
	}
	return nil
}

func (p *line) Cost() learn.Cost { return learn.Cost{Keeps: "1 coefficient", Steps: 1} }

func (p *line) Save() (text, binary []byte, err error) {
	text, err = json.Marshal(p)
	return text, nil, err
}

func (Line) Load(text, binary []byte) (learn.Predictor, error) {
	var p line
	if err := json.Unmarshal(text, &p); err != nil {
		return nil, fmt.Errorf("line: %w", err)
	}
	if p.Rows == 0 {
		return nil, fmt.Errorf("line: the model was fitted to nothing")
	}
	return &p, nil
}

func TestALearnerInOneFile(t *testing.T) { modeltest.Conform(t, Line{}, Line{}) }
