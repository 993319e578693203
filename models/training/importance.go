package training

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/models/catalogue"
	"github.com/beamline-go/beamline/models/learn"
)

// Importance is how much worse the predictions of held-out rows become when a
// column is shuffled among them (Breiman, 2001): the rise of the root mean
// squared error on the learned scale, or of the log loss, over the mean error
// of all folds.
type Importance struct {
	Column string  `json:"column"`
	Mean   float64 `json:"mean"`
	SD     float64 `json:"sd"` // over folds
}

// FoldErrors are the errors of a fold: of its rows as they are, and with each of the
// columns, of which there are the places, shuffled.
type FoldErrors struct {
	Base    float64
	Columns []int
	Worse   []float64
}

// mostMeasured is how many columns are shuffled: of more, those that tell most by
// themselves, since each costs a prediction from all of them.
const mostMeasured = 500

// Bounds of the rows of a fold that are shuffled: fewer where many columns are, each of
// which is predicted again.
const (
	mostShuffled   = 400
	fewestShuffled = 40
	shuffledCells  = 20000
)

// FoldImportance measures the columns on the rows of a held fold, with the
// members of the ensemble that did not see it. members holds their results for
// that fold, nil for candidates of no weight.
func FoldImportance(d Data, g Goal, k int, c []Candidate, weights []float64, members []*Result, seed uint64) (out FoldErrors, err error) {
	predictors := make([]learn.Predictor, len(c))
	for a, r := range members {
		if r == nil || weights[a] == 0 {
			continue
		}
		l, err := catalogue.Loader(c[a].Name)
		if err != nil {
			return out, err
		}
		if predictors[a], err = l.Load(r.Text, r.Binary); err != nil {
			return out, err
		}
	}
	rows := d.Folds.Test([]int{k})
	if most := min(max(shuffledCells/max(len(d.Frame.Columns), 1), fewestShuffled), mostShuffled); len(rows) > most {
		var some []int
		for i := range most {
			some = append(some, rows[i*len(rows)/most])
		}
		rows = some
	}
	f, y := d.Frame.Select(rows), learn.Pick(d.Y, rows)
	if out.Base, err = errorOf(f, y, g, weights, predictors); err != nil {
		return out, err
	}
	out.Columns = features.Strongest(d.Frame, features.Target{Classes: g.Classes(), Y: d.Y}, mostMeasured)
	shuffled := &features.Frame{N: f.N, Columns: slices.Clone(f.Columns)}
	for _, j := range out.Columns {
		rng := rand.New(rand.NewPCG(seed, uint64(k)<<32|uint64(j)))
		shuffled.Columns[j] = f.Columns[j].Select(rng.Perm(f.N))
		worse, err := errorOf(shuffled, y, g, weights, predictors)
		if err != nil {
			return out, err
		}
		out.Worse = append(out.Worse, worse)
		shuffled.Columns[j] = f.Columns[j]
	}
	return out, nil
}

func errorOf(f *features.Frame, y []float64, g Goal, weights []float64, members []learn.Predictor) (float64, error) {
	k := g.Outputs()
	mixed, own := make([]float64, f.N*k), make([]float64, f.N*k)
	for a, p := range members {
		if p == nil {
			continue
		}
		if err := p.Predict(f, own); err != nil {
			return 0, err
		}
		for i, v := range own {
			mixed[i] += weights[a] * v
		}
	}
	mean, _ := meanAndSD(losses(y, mixed, g))
	if g.Classes() == 0 {
		return math.Sqrt(mean), nil
	}
	return mean, nil
}

// JoinImportance joins the folds, the most important column first.
func JoinImportance(f *features.Frame, folds []FoldErrors) []Importance {
	base := 0.0
	for _, x := range folds {
		base += x.Base / float64(len(folds))
	}
	var out []Importance
	if len(folds) > 0 {
		for n, j := range folds[0].Columns {
			var rises []float64
			for _, x := range folds {
				rises = append(rises, (x.Worse[n]-x.Base)/max(base, 1e-12))
			}
			m, sd := meanAndSD(rises)
			out = append(out, Importance{f.Columns[j].Name, m, sd})
		}
	}
	slices.SortStableFunc(out, func(a, b Importance) int { return cmp.Compare(b.Mean, a.Mean) })
	return out
}
