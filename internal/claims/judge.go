package claims

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
)

// Said is what metrics.json says of training.
type Said struct {
	Metric   string   `json:"metric"`
	Mean     *float64 `json:"mean"`
	SD       *float64 `json:"sd"`
	Folds    []*float64
	Interval *struct{ Level, Coverage float64 }
	Holdout  struct {
		Rows     int
		Level    float64
		Coverage float64
		Metrics  map[string]struct{ Value, SD *float64 }
	}
	Confusion [][]int
}

// read reads a metrics.json.
func read(path string) (s Said, err error) {
	data, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(data, &s)
	}
	if err != nil {
		err = fmt.Errorf("claims: %w", err)
	}
	return s, err
}

// Verdict is how far what was claimed is above what was held, in standard errors, of the
// metric, the coverage of intervals, and the log loss beside that of a constant. NaN
// where there is nothing to compare.
type Verdict struct {
	Claimed, Held       float64
	Metric              string
	MetricZ, CoverZ     float64
	Coverage            float64
	LossZ               float64
	LogLoss, OfConstant float64
}

// Judge holds what was claimed of a table against what the artifact did on the records
// that were held out.
func Judge(t Table, claimed, held Said) Verdict {
	nan := math.NaN()
	v := Verdict{Claimed: nan, Held: nan, Metric: claimed.Metric, MetricZ: nan, CoverZ: nan, Coverage: nan, LossZ: nan, LogLoss: nan, OfConstant: nan}
	own := held.Holdout.Metrics[claimed.Metric]
	if claimed.Mean != nil && own.Value != nil && claimed.SD != nil && own.SD != nil {
		k := float64(len(claimed.Folds))
		// Means of folds vary more than folds that share nothing would (Nadeau and
		// Bengio, "Inference for the generalization error", 2003).
		se := math.Sqrt(*claimed.SD**claimed.SD*(1/k+1/(k-1)) + *own.SD**own.SD*perUnit(t))
		v.Claimed, v.Held = *claimed.Mean, *own.Value
		gap := v.Held - v.Claimed // of an error
		if claimed.Metric == "auc" || claimed.Metric == "r2" || claimed.Metric == "f1" || claimed.Metric == "accuracy" {
			gap = -gap
		}
		if t.Units == 1 {
			se *= oneCourse
		}
		v.MetricZ = gap / max(se, 1e-9)
	}
	if claimed.Interval != nil && t.Units > 1 {
		l := min(held.Holdout.Level, claimed.Interval.Coverage)
		v.Coverage = held.Holdout.Coverage
		v.CoverZ = (l - v.Coverage) / math.Sqrt(l*(1-l)*(1/float64(t.Units)+1/float64(t.HeldUnits)))
	}
	if loss := held.Holdout.Metrics["logloss"]; loss.Value != nil && loss.SD != nil {
		v.LogLoss, v.OfConstant = *loss.Value, entropy(claimed.Confusion, held.Confusion)
		v.LossZ = (v.LogLoss - v.OfConstant) / max(*loss.SD*math.Sqrt(perUnit(t))+1/float64(max(t.Units, 1)), 1e-9)
	}
	return v
}

// oneCourse widens the error of what is known of one course of things: its folds are
// stretches of it, and what comes next may be unlike all of them.
const oneCourse = 3.0

// perUnit is by how much records that hang together widen the variance of a mean.
func perUnit(t Table) float64 {
	if t.HeldUnits < heldUnits && t.HeldUnits > 1 {
		return 6
	}
	return 1
}

// entropy is the log loss on held records of the shares that training saw.
func entropy(trained, held [][]int) float64 {
	counts := func(c [][]int) (n []float64, all float64) {
		n = make([]float64, len(c))
		for i, row := range c {
			for _, k := range row {
				n[i] += float64(k)
				all += float64(k)
			}
		}
		return n, all
	}
	p, all := counts(trained)
	q, of := counts(held)
	loss := 0.0
	for i := range q {
		loss -= q[i] / of * math.Log((p[i]+0.5)/(all+0.5*float64(len(p))))
	}
	return loss
}

// MostZ is the distance, in standard errors, beyond which a claim is outside of chance,
// when some hundred are looked at.
const MostZ = 4.0

// Broken lists what of a verdict is outside of chance.
func (v Verdict) Broken() (out []string) {
	if v.MetricZ > MostZ {
		out = append(out, fmt.Sprintf("%s %.4g is claimed, %.4g held", v.Metric, v.Claimed, v.Held))
	}
	if v.CoverZ > MostZ {
		out = append(out, fmt.Sprintf("intervals hold %.1f %%", 100*v.Coverage))
	}
	if v.LossZ > MostZ {
		out = append(out, fmt.Sprintf("log loss %.4g, of a constant %.4g", v.LogLoss, v.OfConstant))
	}
	return out
}
