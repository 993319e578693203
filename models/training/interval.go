package training

import (
	"cmp"
	"math"
	"slices"

	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/models/catalogue"
	"github.com/beamline-go/beamline/models/learn"
)

// Interval gives a prediction its bounds: the prediction, on the learned scale,
// plus and minus Quantile times the spread that is expected at the row
// (normalized conformal prediction, Lei and others, 2018). The spread is what a
// forest learned of the absolute residuals of held-out rows, plus Offset.
type Interval struct {
	Level    float64 `json:"level"`
	Coverage float64 `json:"coverage"` // that was reached on held-out rows
	Quantile float64 `json:"quantile"`
	Offset   float64 `json:"offset"`
}

// spreadLearner is the forest that learns residuals.
const spreadLearner = "forest"

// spreadSettings keep the forest small and its leaves wide: every prediction
// pays for it. With many rows a leaf is an average of so many of them that half
// the trees do.
func spreadSettings(rows int) learn.Settings {
	trees := 60.0
	if rows > 10000 {
		trees = 30
	}
	return learn.Settings{"trees": trees, "columns": 0.33, "min_leaf": math.Max(10, math.Floor(float64(rows)/500))}
}

// Names of the columns that the forest of residuals gets on top.
const (
	predictionColumn = "\x00prediction"
	disputeColumn    = "\x00dispute"
)

// SpreadFrame returns the frame with two more columns: the prediction, and how
// far the candidates are apart about it.
func SpreadFrame(f *features.Frame, prediction, dispute []float64) *features.Frame {
	out := &features.Frame{N: f.N, Columns: slices.Clone(f.Columns)}
	out.Columns = append(out.Columns,
		features.Column{Name: predictionColumn, Num: prediction},
		features.Column{Name: disputeColumn, Num: dispute})
	return out
}

// Dispute is the weighted root mean square of the distances of the candidates'
// predictions from their mixture.
func Dispute(weights []float64, predictions [][]float64, mixed []float64) []float64 {
	out := make([]float64, len(mixed))
	for a, w := range weights {
		if w == 0 {
			continue
		}
		for i, v := range predictions[a] {
			d := v - mixed[i]
			out[i] += w * d * d
		}
	}
	for i := range out {
		out[i] = math.Sqrt(out[i])
	}
	return out
}

// fitInterval learns the spread of the residuals. The spread of each held-out
// row comes from a forest of the rows of other folds; so does the quantile by
// which the coverage of a fold is counted.
func fitInterval(d Data, level float64, rows []int, y, mixed, dispute []float64, seed uint64) (Interval, Result, error) {
	residuals := make([]float64, len(rows))
	for i := range residuals {
		residuals[i] = math.Abs(y[i] - mixed[i])
	}
	frame := SpreadFrame(d.Frame.Select(rows), mixed, dispute)
	fold := make([]int, len(rows))
	for i, r := range rows {
		fold[i] = d.Folds.Of[r]
	}
	out := Interval{Level: level, Offset: 0.5*medianOf(residuals) + 1e-12}
	scores := make([]float64, len(rows))
	for _, k := range d.Folds.Measured() {
		train, test := others(fold, k)
		p, err := fitSpread(frame, residuals, train, seed)
		if err != nil {
			return out, Result{}, err
		}
		spread := make([]float64, len(test))
		if err := p.Predict(frame.Select(test), spread); err != nil {
			return out, Result{}, err
		}
		for i, r := range test {
			scores[r] = residuals[r] / (spread[i] + out.Offset)
		}
	}
	out.Quantile = upperQuantile(scores, level)
	covered := 0
	for _, k := range d.Folds.Measured() {
		train, test := others(fold, k)
		q := upperQuantile(pick(scores, train), level)
		for _, r := range test {
			if scores[r] <= q {
				covered++
			}
		}
	}
	out.Coverage = float64(covered) / float64(len(rows))
	all, _ := others(fold, -1)
	p, err := fitSpread(frame, residuals, all, seed)
	if err != nil {
		return out, Result{}, err
	}
	text, binary, err := p.Save()
	return out, Result{Text: text, Binary: binary}, err
}

func fitSpread(f *features.Frame, residuals []float64, rows []int, seed uint64) (learn.Predictor, error) {
	l, err := catalogue.Find(spreadLearner)
	if err != nil {
		return nil, err
	}
	return l.Fit(learn.Examples{Frame: f.Select(rows), Y: pick(residuals, rows), Seed: seed}, spreadSettings(len(rows)))
}

// LoadSpread reads the forest of residuals.
func LoadSpread(text, binary []byte) (learn.Predictor, error) {
	l, err := catalogue.Find(spreadLearner)
	if err != nil {
		return nil, err
	}
	return l.Load(text, binary)
}

// others returns the rows of all folds but k, and those of fold k.
func others(fold []int, k int) (train, test []int) {
	for i, f := range fold {
		if f == k {
			test = append(test, i)
		} else {
			train = append(train, i)
		}
	}
	return train, test
}

// upperQuantile is the ⌈(n+1)·level⌉-th smallest score, the greatest when that
// is past the end.
func upperQuantile(scores []float64, level float64) float64 {
	s := slices.Clone(scores)
	slices.SortFunc(s, func(a, b float64) int { return cmp.Compare(a, b) })
	k := int(math.Ceil(float64(len(s)+1) * level))
	return s[min(max(k, 1), len(s))-1]
}

func medianOf(x []float64) float64 {
	s := slices.Clone(x)
	slices.Sort(s)
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}
