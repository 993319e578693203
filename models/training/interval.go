package training

import (
	"cmp"
	"errors"
	"math"
	"slices"

	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/internal/parallel"
	"github.com/beamline-go/beamline/models/catalogue"
	"github.com/beamline-go/beamline/models/learn"
)

// Interval gives a prediction its bounds: the prediction, on the learned scale,
// plus and minus Quantile times the spread that is expected at the row
// (normalized conformal prediction, Lei and others, 2018). The spread is what a
// forest learned of the absolute residuals of held-out rows, plus Offset.
type Interval struct {
	Level    float64 `json:"level"`    // share of records that intervals are to cover
	Coverage float64 `json:"coverage"` // that was reached on held-out rows
	Quantile float64 `json:"quantile"` // of the errors on held-out rows, which intervals reach to both sides
	Offset   float64 `json:"offset"`   // what is added to both ends
	// By is a column within whose values the level is held, each by a quantile of its own
	// (Vovk, "Conditional validity of inductive conformal predictors", 2012); what Groups
	// lacks has Quantile.
	By     string                   `json:"by,omitempty"`
	Groups map[string]IntervalGroup `json:"groups,omitempty"` // by the value of By
}

// IntervalGroup is the intervals of the records of one value of a column.
type IntervalGroup struct {
	Rows     int     `json:"rows"` // that it was learned from
	Quantile float64 `json:"quantile"`
	Coverage float64 `json:"coverage"`
}

// Quantiles returns the quantile of each row.
func (i *Interval) Quantiles(f *features.Frame) []float64 {
	out := make([]float64, f.N)
	c := f.Column(i.By)
	for r := range out {
		out[r] = i.Quantile
		if c != nil {
			if g, ok := i.Groups[c.Text(r)]; ok {
				out[r] = g.Quantile
			}
		}
	}
	return out
}

// spreadLearner is the forest that learns residuals.
const spreadLearner = "forest"

const spreadColumns = 150

// spreadSettings keep the forest small and its leaves wide: every prediction
// pays for it. With many rows a leaf is an average of so many of them that half
// the trees do; of very many columns a node looks at no more than 150.
func spreadSettings(rows, columns int) learn.Settings {
	trees := 60.0
	if rows > 10000 {
		trees = 30
	}
	return learn.Settings{"trees": trees, "columns": min(0.33, spreadColumns/float64(columns)), "min_leaf": math.Max(10, math.Floor(float64(rows)/500))}
}

// Names of the columns that the forest of residuals gets on top.
const (
	predictionColumn = "\x00prediction"
	disputeColumn    = "\x00dispute"
)

// SpreadFrame returns the frame with two more columns: the prediction, and how
// far the candidates are apart about it.
func SpreadFrame(f *features.Frame, prediction, dispute []float64) *features.Frame {
	out := &features.Frame{N: f.N, Columns: make([]features.Column, 0, len(f.Columns)+2)}
	out.Columns = append(append(out.Columns, f.Columns...),
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
// which the coverage of a fold is counted. within tells which rows lay in their
// interval.
func fitInterval(d Data, g Goal, rows []int, y, mixed, dispute []float64, seed uint64) (out Interval, within []bool, _ Result, _ error) {
	residuals := make([]float64, len(rows))
	for i := range residuals {
		residuals[i] = math.Abs(y[i] - mixed[i])
	}
	frame := SpreadFrame(d.Frame.Select(rows), mixed, dispute)
	fold := make([]int, len(rows))
	for i, r := range rows {
		fold[i] = d.Folds.Of[r]
	}
	out = Interval{Level: g.Confidence, Offset: 0.5*medianOf(residuals) + 1e-12, By: g.IntervalBy}
	scores := make([]float64, len(rows))
	measured := d.Folds.Measured()
	faults := make([]error, len(measured))
	parallel.Each(len(measured), func(i int) {
		train, test := others(fold, measured[i])
		faults[i] = spreadScores(frame, residuals, train, test, out.Offset, seed, scores)
	})
	if err := errors.Join(faults...); err != nil {
		return out, nil, Result{}, err
	}
	within = make([]bool, len(rows))
	all, _ := others(fold, -1)
	for _, k := range measured {
		train, test := others(fold, k)
		part := out
		part.learn(frame, scores, train)
		for i, q := range part.Quantiles(frame.Select(test)) {
			within[test[i]] = scores[test[i]] <= q
		}
	}
	out.learn(frame, scores, all)
	out.cover(frame, within)
	p, err := fitSpread(frame, residuals, all, seed)
	if err != nil {
		return out, nil, Result{}, err
	}
	text, binary, err := p.Save()
	return out, within, Result{Text: text, Binary: binary}, err
}

// spreadScores fills the scores of the rows of a fold, by a forest of the others.
func spreadScores(frame *features.Frame, residuals []float64, train, test []int, offset float64, seed uint64, scores []float64) error {
	p, err := fitSpread(frame, residuals, train, seed)
	if err != nil {
		return err
	}
	spread := make([]float64, len(test))
	if err := p.Predict(frame.Select(test), spread); err != nil {
		return err
	}
	for i, r := range test {
		scores[r] = residuals[r] / (spread[i] + offset)
	}
	return nil
}

// learn takes the quantiles of the scores of some rows.
func (i *Interval) learn(f *features.Frame, scores []float64, rows []int) {
	i.Quantile, i.Groups = upperQuantile(learn.Pick(scores, rows), i.Level), nil
	c := f.Column(i.By)
	if c == nil {
		return
	}
	of := map[string][]float64{}
	for _, r := range rows {
		of[c.Text(r)] = append(of[c.Text(r)], scores[r])
	}
	i.Groups = map[string]IntervalGroup{}
	for name, own := range of {
		// With fewer the greatest score of all would be the quantile, or nearly.
		if float64(len(own)) >= 2/(1-i.Level) {
			i.Groups[name] = IntervalGroup{Rows: len(own), Quantile: upperQuantile(own, i.Level)}
		}
	}
}

// cover counts what lay in its interval, in all and by group.
func (i *Interval) cover(f *features.Frame, within []bool) {
	c := f.Column(i.By)
	all, of := 0.0, map[string]float64{}
	for r, yes := range within {
		if !yes {
			continue
		}
		all++
		if c != nil {
			of[c.Text(r)]++
		}
	}
	i.Coverage = all / float64(len(within))
	for name, g := range i.Groups {
		g.Coverage = of[name] / float64(g.Rows)
		i.Groups[name] = g
	}
}

func fitSpread(f *features.Frame, residuals []float64, rows []int, seed uint64) (learn.Predictor, error) {
	l, err := catalogue.Find(spreadLearner)
	if err != nil {
		return nil, err
	}
	return l.Fit(learn.Examples{Frame: f.Select(rows), Y: learn.Pick(residuals, rows), Seed: seed}, spreadSettings(len(rows), len(f.Columns)))
}

// LoadSpread reads the forest of residuals.
func LoadSpread(text, binary []byte) (learn.Predictor, error) {
	l, err := catalogue.Loader(spreadLearner)
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
