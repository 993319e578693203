package clean

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/beamline-go/beamline/internal/number"
)

// outliers tells of numbers that stand apart from those of their column, one by one.
// It changes nothing, and states no confidence: how far a number is from the others
// says neither that it is wrong nor what it should have been. Where a person accepts
// it, the cell has no value.
var outliers = Rule{Name: outlier, learn: learnOutliers, cells: fencedCells.cells, why: whyOutlier}

const outlier = "outlier"

var fencedCells = cellRule(outlier, func(*Column) *fences { return nil }, outlierRepair)

// fences are what nearly all numbers of a column lie between.
type fences struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	// Of the numbers, half lie between the quartiles.
	Q1 float64 `json:"q1"`
	Q3 float64 `json:"q3"`
}

// Bounds of outliers.
const (
	tukeyReach  = 1.5  // interquartile ranges (Tukey, "Exploratory Data Analysis", 1977)
	skewed      = 2.0  // times as wide is the upper half of the middle, where numbers are judged by their logarithms
	tailShare   = 0.02 // of the numbers, that may be told of on a side whose tail falls off
	heapSteps   = 12   // in which a heap is looked for
	heapOdd     = 3.0  // standard deviations by which a step has more than the one before
	tariffShare = 0.5  // of a step, that one number of several makes by itself: a tariff, and no heap
)

// fences finds the fences of a column: Tukey's, of the logarithms where the column
// is positive and leans to the right. Numbers that are as many beyond a fence as before
// it are a heap of their own, without which the fences are found again. A tail that
// falls off evenly is of the column's own kind, however long; of it only the farthest
// are told.
func (m *measured) fences() (f fences, ok bool) {
	rest := *m
	for {
		if f, ok = rest.tukey(); !ok {
			return f, false
		}
		low, high := m.heap(f.Low, f.Low-f.Q1), m.heap(f.High, f.High-f.Q3)
		if !high {
			f.High = max(f.High, rest.quantile(1-tailShare))
		}
		if !low {
			f.Low = min(f.Low, rest.quantile(tailShare))
		}
		inner := rest.between(f)
		if !low && !high || inner.all == rest.all || 2*inner.all < m.all {
			break
		}
		rest = inner
	}
	return f, !math.IsInf(f.Low, 0) && !math.IsInf(f.High, 0) && (m.values[0].x < f.Low || m.values[len(m.values)-1].x > f.High)
}

// tukey gives Tukey's fences.
func (m *measured) tukey() (f fences, ok bool) {
	f.Q1, f.Q3 = m.quantile(0.25), m.quantile(0.75)
	mid := m.quantile(0.5)
	f.Low, f.High = f.Q1-tukeyReach*(f.Q3-f.Q1), f.Q3+tukeyReach*(f.Q3-f.Q1)
	if f.Q3-mid > skewed*(mid-f.Q1) && m.values[0].x > 0 {
		low, high := math.Log(f.Q1), math.Log(f.Q3)
		f.Low, f.High = math.Exp(low-tukeyReach*(high-low)), math.Exp(high+tukeyReach*(high-low))
	}
	return f, f.Q1 < f.Q3
}

// between are the numbers between fences.
func (m *measured) between(f fences) measured {
	var in measured
	for _, v := range m.values {
		if v.x >= f.Low && v.x <= f.High {
			in.values = append(in.values, v)
			in.all += v.count
		}
	}
	return in
}

// heap reports whether the numbers do not grow fewer beyond a fence: in steps of half
// of a width, one of which has more of them than the one before it, and by more than
// chance beyond the first. A number that makes most of its step by itself, such as a flat
// fare, is not counted. The width is negative on the lower side.
func (m *measured) heap(fence, width float64) bool {
	var steps, spikes [heapSteps]float64 // the first lies before the fence
	var different [heapSteps]int
	for _, v := range m.values {
		if f := math.Floor((v.x-fence)/(width/2)) + 1; f >= 0 && f < heapSteps {
			k, n := int(f), float64(v.count)
			steps[k], spikes[k] = steps[k]+n, max(spikes[k], n)
			different[k]++
		}
	}
	for k := 1; k < heapSteps; k++ {
		own := steps[k]
		if different[k] > 1 && spikes[k] > tariffShare*own {
			own -= spikes[k]
		}
		more := own - steps[k-1]
		if k == 1 && more > 0 || more > heapOdd*math.Sqrt(own+steps[k-1]) {
			return true
		}
	}
	return false
}

// learnOutliers are the steps of the columns of a table that has been mended.
func learnOutliers(t *Table) (steps []Step) {
	for _, c := range t.Columns {
		if !c.Type.Numeric() {
			continue
		}
		if m := c.numbers(); m != nil {
			if f, ok := m.fences(); ok {
				steps = append(steps, newStep(outlier, c.Name, f))
			}
		}
	}
	return steps
}

func outlierRepair(f fences) (Repair, error) {
	return func(cell string) (string, float64, bool) {
		x, ok := number.Parse(cell)
		return "", 0, ok && (x < f.Low || x > f.High)
	}, nil
}

func whyOutlier(s Step) func(old, mended string) string {
	var f fences
	_ = json.Unmarshal(s.Settings, &f) // outlierRepair says what is wrong with them
	because := fmt.Sprintf("half of the column is from %s to %s, and nearly all from %s to %s", number.Figure(f.Q1), number.Figure(f.Q3), number.Figure(f.Low), number.Figure(f.High))
	return func(string, string) string { return because }
}
