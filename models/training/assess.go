package training

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/beamline-go/beamline/internal/drift"
	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/internal/metrics"
)

// Outcome is what was predicted of rows whose target is known. Predictions of a
// quantity are on the target's own scale, those of classes are probabilities.
type Outcome struct {
	Actual, Predicted []float64
	Lower, Upper      []float64 // of a quantity
}

// Measure is a metric with its spread.
type Measure struct {
	Value metrics.Value `json:"value"`
	SD    metrics.Value `json:"sd"`            // by the bootstrap
	Why   string        `json:"why,omitempty"` // it is not defined
}

// Assessment is how a model does on rows that it was not trained on.
type Assessment struct {
	Rows    int                        `json:"rows"`
	Metrics map[metrics.Metric]Measure `json:"metrics"`
	// Coverage is the share of the rows whose target lies in its interval.
	Coverage  float64 `json:"coverage,omitempty"`
	Level     float64 `json:"level,omitempty"`
	Confusion [][]int `json:"confusion,omitempty"`
	Slices    []Slice `json:"slices"`
	// Known is the share of the rows that the model was trained on, where that is more
	// than chance: then this is no measure of new ones.
	Known float64 `json:"known,omitempty"`
	// Shifts are columns that hold other things than those of training.
	Shifts  []drift.Shift `json:"-"`
	Outcome Outcome       `json:"-"`
}

// Assess measures an outcome, overall and by slice. The spread is the standard
// deviation over resamples of the rows (Efron, 1979).
func Assess(f *features.Frame, g Goal, o Outcome, seed uint64) Assessment {
	a := Assessment{Rows: len(o.Actual), Metrics: map[metrics.Metric]Measure{}, Outcome: o}
	lowest := math.Inf(1)
	for _, y := range o.Actual {
		lowest = min(lowest, y)
	}
	var wanted []metrics.Metric
	for _, m := range metrics.For(g.Classes() > 0) {
		if m == g.Metric || m.Takes(lowest) {
			wanted = append(wanted, m)
		}
	}
	spread := bootstrap(g, wanted, o, seed)
	for i, m := range wanted {
		a.Metrics[m] = Measure{Value: metrics.Value(g.own(m, o.Actual, o.Predicted)), SD: metrics.Value(spread[i])}
		if !a.Metrics[m].Value.Defined() {
			a.Metrics[m] = Measure{metrics.Undefined(), metrics.Undefined(), fmt.Sprintf("%s is not defined here: %s", m, m.Kind().Needs)}
		}
	}
	rows := make([]int, len(o.Actual))
	for i := range rows {
		rows[i] = i
	}
	if k := g.Classes(); k > 0 {
		a.Confusion = metrics.Confusion(o.Actual, o.Predicted, k, g.cut())
		a.Slices = worst(f, rows, o.Actual, o.Predicted, nil, g)
		return a
	}
	within := make([]bool, len(o.Actual))
	for i, y := range o.Actual {
		within[i] = y >= o.Lower[i] && y <= o.Upper[i]
	}
	a.Level, a.Coverage = g.Confidence, shareOf(within)
	a.Slices = worst(f, rows, o.Actual, g.Learned(o.Predicted), within, g)
	return a
}

// resamples is how often the bootstrap draws, and resampleRows bounds what it
// draws from: of more rows every n-th is taken, and the deviation is scaled.
const (
	resamples    = 100
	resampleRows = 20000
)

func bootstrap(g Goal, wanted []metrics.Metric, o Outcome, seed uint64) []float64 {
	k, n := g.Outputs(), len(o.Actual)
	step := (n + resampleRows - 1) / resampleRows
	out := make([]float64, len(wanted))
	if n == 0 {
		return out
	}
	var pool []int
	for i := 0; i < n; i += step {
		pool = append(pool, i)
	}
	rng := rand.New(rand.NewPCG(seed, 0xb007))
	values := make([][]float64, len(wanted))
	y, p := make([]float64, len(pool)), make([]float64, len(pool)*k)
	for range resamples {
		for i := range pool {
			r := pool[rng.IntN(len(pool))]
			y[i] = o.Actual[r]
			copy(p[i*k:(i+1)*k], o.Predicted[r*k:(r+1)*k])
		}
		for i, m := range wanted {
			if v := g.own(m, y, p); !math.IsNaN(v) {
				values[i] = append(values[i], v)
			}
		}
	}
	for i := range out {
		_, sd := meanAndSD(values[i])
		out[i] = sd * math.Sqrt(float64(len(pool))/float64(n))
	}
	return out
}
