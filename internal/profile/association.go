package profile

import (
	"maps"
	"math"
	"slices"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/beamline-go/beamline/internal/missing"
	"github.com/beamline-go/beamline/internal/number"
	"github.com/beamline-go/beamline/internal/stats"
)

// Bounds of an Association.
const (
	maxGroups  = 256 // values of a column
	maxClasses = 64  // classes of a target
)

// Association accumulates how a column goes along with the target. Whether the
// target is a quantity or a class is known only when all was read, so both are
// counted.
type Association struct {
	Pairs stats.CoMoments // both numbers
	// ByValue are the targets, as numbers, by the value of the column.
	ByValue map[string]stats.Moments
	// ByClass are the numbers of the column by the class of the target.
	ByClass map[string]stats.Moments
	// Counts are the records by value and class.
	Counts map[string]map[string]int64
	// ManyValues and ManyClasses are set when a bound was passed; what they
	// bound is then given up.
	ManyValues, ManyClasses bool
}

// targets is the target column of a batch.
type targets struct {
	text    *array.String
	numbers []float64
	state   []kind
}

func readTargets(text *array.String) *targets {
	t := &targets{text: text, numbers: make([]float64, text.Len()), state: make([]kind, text.Len())}
	for i := range text.Len() {
		cell := text.Value(i)
		if cell == "" || missing.Token(cell) != missing.Not {
			continue
		}
		t.state[i] = other
		if x, ok := number.Parse(cell); ok {
			t.numbers[i], t.state[i] = x, numeric
		}
	}
	return t
}

// add counts the cell of row i, which is x where it is a number.
func (a *Association) add(cell string, x float64, isNumber bool, t *targets, i int) {
	if t.state[i] == absent {
		return
	}
	class := t.text.Value(i)
	if t.state[i] == numeric {
		if isNumber {
			a.Pairs = a.Pairs.Add(x, t.numbers[i])
		}
		if !a.ManyValues {
			a.value(cell, t.numbers[i])
		}
	}
	if !a.ManyClasses && isNumber {
		a.class(class, x)
	}
	if !a.ManyValues && !a.ManyClasses {
		a.count(cell, class, 1)
	}
}

func (a *Association) value(cell string, y float64) {
	if a.ByValue == nil {
		a.ByValue = map[string]stats.Moments{}
	}
	m, ok := a.ByValue[cell]
	if !ok {
		cell = string(append([]byte(nil), cell...))
	}
	a.ByValue[cell] = m.Add(y)
	a.bound()
}

func (a *Association) class(class string, x float64) {
	if a.ByClass == nil {
		a.ByClass = map[string]stats.Moments{}
	}
	m, ok := a.ByClass[class]
	if !ok {
		class = string(append([]byte(nil), class...))
	}
	a.ByClass[class] = m.Add(x)
	a.bound()
}

func (a *Association) count(cell, class string, n int64) {
	if a.Counts == nil {
		a.Counts = map[string]map[string]int64{}
	}
	row := a.Counts[cell]
	if row == nil {
		row = map[string]int64{}
		a.Counts[string(append([]byte(nil), cell...))] = row
	}
	if _, ok := row[class]; !ok {
		class = string(append([]byte(nil), class...))
	}
	row[class] += n
	if len(row) > maxClasses {
		a.ManyClasses = true
	}
	a.bound()
}

// bound gives up what has become too large.
func (a *Association) bound() {
	a.ManyValues = a.ManyValues || len(a.ByValue) > maxGroups || len(a.Counts) > maxGroups
	a.ManyClasses = a.ManyClasses || len(a.ByClass) > maxClasses
	if a.ManyValues {
		a.ByValue, a.Counts = nil, nil
	}
	if a.ManyClasses {
		a.ByClass, a.Counts = nil, nil
	}
}

func (a *Association) merge(b *Association) {
	a.Pairs = a.Pairs.Merge(b.Pairs)
	a.ManyValues = a.ManyValues || b.ManyValues
	a.ManyClasses = a.ManyClasses || b.ManyClasses
	a.ByValue = mergeMoments(a.ByValue, b.ByValue)
	a.ByClass = mergeMoments(a.ByClass, b.ByClass)
	if !a.ManyValues && !a.ManyClasses {
		for cell, row := range b.Counts {
			for class, n := range row {
				if a.ManyValues || a.ManyClasses {
					return
				}
				a.count(cell, class, n)
			}
		}
	}
	a.bound()
}

func mergeMoments(a, b map[string]stats.Moments) map[string]stats.Moments {
	if a == nil && len(b) > 0 {
		a = map[string]stats.Moments{}
	}
	for k, m := range b {
		a[k] = a[k].Merge(m)
	}
	return a
}

// Strength is how closely a column goes along with the target.
type Strength struct {
	Measure string  `json:"measure"` // pearson, correlation_ratio or cramers_v
	Value   float64 `json:"value"`
}

// Strength measures the association, for a column that is a quantity or not and
// a target that is classes or not. It reports false where nothing can be said.
//
// Pearson's coefficient is for two quantities. The correlation ratio η² =
// SS_between / SS_total is for a quantity in groups, and its root is given.
// Cramér's V for two classes is corrected for bias after Bergsma (2013).
func (a *Association) Strength(quantity, classes bool) (Strength, bool) {
	s := Strength{}
	switch {
	case quantity && !classes:
		s = Strength{"pearson", a.Pairs.Correlation()}
	case quantity:
		s = Strength{"correlation_ratio", ratio(a.ByClass)}
	case !classes:
		s = Strength{"correlation_ratio", ratio(a.ByValue)}
	default:
		s = Strength{"cramers_v", cramersV(a.Counts)}
	}
	return s, !math.IsNaN(s.Value)
}

func ratio(groups map[string]stats.Moments) float64 {
	var all stats.Moments
	within := 0.0
	for _, k := range slices.Sorted(maps.Keys(groups)) {
		all = all.Merge(groups[k])
		within += groups[k].SumOfSquares()
	}
	total := all.SumOfSquares()
	if len(groups) < 2 || total == 0 {
		return math.NaN()
	}
	return math.Sqrt(max(0, 1-within/total))
}

func cramersV(counts map[string]map[string]int64) float64 {
	n, rows, cols := 0.0, map[string]float64{}, map[string]float64{}
	for v, row := range counts {
		for c, k := range row {
			n += float64(k) // whole numbers: the order does not matter
			rows[v] += float64(k)
			cols[c] += float64(k)
		}
	}
	r, c := float64(len(rows)), float64(len(cols))
	if r < 2 || c < 2 {
		return math.NaN()
	}
	chi2 := 0.0
	for _, v := range slices.Sorted(maps.Keys(rows)) {
		for _, class := range slices.Sorted(maps.Keys(cols)) {
			e := rows[v] * cols[class] / n
			d := float64(counts[v][class]) - e
			chi2 += d * d / e
		}
	}
	phi2 := max(0, chi2/n-(r-1)*(c-1)/(n-1))
	rr, cc := r-(r-1)*(r-1)/(n-1), c-(c-1)*(c-1)/(n-1)
	if d := min(rr, cc) - 1; d > 0 {
		return math.Sqrt(min(1, phi2/d))
	}
	return math.NaN()
}
