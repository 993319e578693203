package training

import (
	"cmp"
	"math"
	"slices"

	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/internal/number"
	"github.com/beamline-go/beamline/models/learn"
)

// Slice is the held-out rows that have something in common, and how the model
// does on them.
type Slice struct {
	Column string  `json:"column"` // that tells the slice
	Value  string  `json:"value"`  // that its records have there
	Rows   int     `json:"rows"`   // records
	Score  float64 `json:"score"`  // the metric on them
	// Ratio is the slice's mean loss over that of all rows, and Z how many
	// standard errors it is away from it.
	Ratio float64 `json:"ratio"`
	Z     float64 `json:"z"` // see ratio
	// Coverage is the share of its records that lie in their interval.
	Coverage *float64 `json:"coverage,omitempty"`
}

// Bounds of the slices.
const (
	sliceRows  = 20
	sliceMost  = 20
	sliceParts = 4 // a number is cut at its quartiles
	sliceZ     = 2.0
)

// worst returns the slices on which the model errs the most, the worst first:
// those whose mean loss is above that of all rows by more than chance explains,
// at sliceZ standard errors. within tells which of the rows lie in their interval, nil
// where there are none.
func worst(f *features.Frame, rows []int, y, p []float64, within []bool, g Goal) []Slice {
	loss := losses(y, p, g)
	mean, sd := meanAndSD(loss)
	if mean == 0 || sd == 0 {
		return []Slice{}
	}
	out := []Slice{}
	for i := range f.Columns {
		for value, members := range groups(&f.Columns[i], rows) {
			if len(members) < sliceRows || len(members)*2 > len(rows) {
				continue
			}
			m, _ := meanAndSD(learn.Pick(loss, members))
			z := (m - mean) / (sd / math.Sqrt(float64(len(members))))
			if z < sliceZ {
				continue
			}
			k := g.Outputs()
			var own []float64
			for _, r := range members {
				own = append(own, p[r*k:(r+1)*k]...)
			}
			score := g.Measure(g.Metric, learn.Pick(y, members), own)
			if math.IsNaN(score) {
				continue
			}
			s := Slice{Column: f.Columns[i].Name, Value: value, Rows: len(members), Score: score, Ratio: m / mean, Z: z}
			if within != nil {
				share := shareOf(learn.Pick(within, members))
				s.Coverage = &share
			}
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b Slice) int {
		return cmp.Or(cmp.Compare(b.Z, a.Z), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Value, b.Value))
	})
	return out[:min(len(out), sliceMost)]
}

// losses returns the squared error of each row on the learned scale, or its log
// loss.
func losses(y, p []float64, g Goal) []float64 {
	out := make([]float64, len(y))
	learned := g.Learned(y)
	for i := range y {
		if k := g.Classes(); k > 0 {
			out[i] = -math.Log(max(p[i*k+int(y[i])], 1e-15))
			continue
		}
		out[i] = (p[i] - learned[i]) * (p[i] - learned[i])
	}
	return out
}

func shareOf(yes []bool) float64 {
	n := 0
	for _, y := range yes {
		if y {
			n++
		}
	}
	return float64(n) / float64(max(len(yes), 1))
}

func meanAndSD(x []float64) (mean, sd float64) {
	for _, v := range x {
		mean += v / float64(len(x))
	}
	for _, v := range x {
		sd += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(sd / float64(max(len(x)-1, 1)))
}

// groups returns the places in rows that have the same value of the column, or
// lie between the same quartiles.
func groups(c *features.Column, rows []int) map[string][]int {
	out := map[string][]int{}
	switch c.Kind {
	case features.Word:
		for i, r := range rows {
			v := c.Str[r]
			if c.Null[r] {
				v = "(missing)"
			}
			out[v] = append(out[v], i)
		}
	case features.Number:
		var known []float64
		for _, r := range rows {
			if !math.IsNaN(c.Num[r]) {
				known = append(known, c.Num[r])
			}
		}
		slices.Sort(known)
		for i, r := range rows {
			name := quartile(known, c.Num[r])
			out[name] = append(out[name], i)
		}
	}
	return out
}

func quartile(sorted []float64, v float64) string {
	if math.IsNaN(v) {
		return "(missing)"
	}
	for q := 1; q < sliceParts; q++ {
		if edge := sorted[len(sorted)*q/sliceParts]; v < edge {
			if q == 1 {
				return "below " + number.Shown(edge, 4)
			}
			return number.Shown(sorted[len(sorted)*(q-1)/sliceParts], 4) + " to " + number.Shown(edge, 4)
		}
	}
	return "from " + number.Shown(sorted[len(sorted)*(sliceParts-1)/sliceParts], 4)
}
