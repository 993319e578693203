package profile

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/beamline-go/beamline/internal/dates"
	"github.com/beamline-go/beamline/internal/sketch"
	"github.com/beamline-go/beamline/internal/stats"
	"github.com/beamline-go/beamline/table"
)

// Bins is the number of bins of a histogram.
const Bins = 20

// topValues is how many frequent values are shown.
const topValues = 20

// Summary is what profile.json says of a column, with the accumulator that it
// was made from, by which columns of several profiles can be merged.
type Summary struct {
	Name           string         `json:"name"`
	Type           table.Type     `json:"type"`
	Role           table.Role     `json:"role"`
	Count          int64          `json:"count"` // cells with a value
	Missing        int64          `json:"missing"`
	Distinct       int64          `json:"distinct"`
	DistinctApprox bool           `json:"distinct_approx,omitempty"`
	Invalid        int64          `json:"invalid,omitempty"`  // cells that can't be read as the type
	Repaired       int64          `json:"repaired,omitempty"` // cells that are counted as cleaning left them
	Min            any            `json:"min,omitempty"`      // a number, or a date
	Max            any            `json:"max,omitempty"`
	Mean           *float64       `json:"mean,omitempty"`
	SD             *float64       `json:"sd,omitempty"`
	Zeros          int64          `json:"zeros,omitempty"`
	Quantiles      []Quantile     `json:"quantiles,omitempty"`
	Histogram      *Histogram     `json:"histogram,omitempty"`
	Top            []sketch.Value `json:"top,omitempty"`
	Words          []sketch.Value `json:"words,omitempty"` // frequent words of a text, counted in the values that are kept of it
	Target         *Strength      `json:"with_target,omitempty"`
	Alerts         []string       `json:"alerts,omitempty"`
	Sketch         Packed         `json:"sketch,omitzero"`
}

// Quantile is the value below which a share of the cells lies.
type Quantile struct {
	Share float64 `json:"share"`
	Value float64 `json:"value"`
}

// Histogram counts cells in bins of equal width. The first and the last bin hold what lies
// below and above as well, where a few cells are far from the others.
type Histogram struct {
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
	Counts []int64 `json:"counts"`
}

// Profile is the content of profile.json.
type Profile struct {
	Rows    int64     `json:"rows"`
	Target  string    `json:"target,omitempty"`
	Columns []Summary `json:"columns"`
}

// Summarize describes the columns of t, read as s says.
func Summarize(t Table, s table.Schema) Profile {
	p := Profile{Rows: t.Rows, Columns: make([]Summary, len(t.Columns))}
	target, hasTarget := s.ByRole(table.RoleTarget)
	if hasTarget {
		p.Target = target.Name
	}
	places := s.Places()
	for i := range t.Columns {
		var as table.Column
		if k, ok := places[t.Columns[i].Name]; ok {
			as = s.Columns[k]
		}
		p.Columns[i] = t.Columns[i].summarize(as, target, t.Rows)
	}
	return p
}

var quantileShares = []float64{0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99}

func (c *Column) summarize(as, target table.Column, rows int64) Summary {
	s := Summary{Name: c.Name, Type: as.Type, Role: as.Role, Missing: c.Missing(as), Repaired: c.Repaired,
		DistinctApprox: c.Values.Over, Sketch: Packed{c}}
	s.Count = c.Cells - s.Missing
	s.Distinct = min(c.Values.NumDistinct(), s.Count) // an estimate may be too high
	s.Invalid = max(0, s.Count-c.readable(as))
	switch {
	case as.Type.Numeric() && c.Moments.N > 0:
		c.numbers(&s, as.Type == table.Int64)
	case as.Type.Temporal():
		c.times(&s, as)
	default:
		s.Top = c.words(as.Missing, topValues)
		if as.Role == table.RoleText {
			s.Words = frequentWords(c.words(as.Missing, sketch.MaxValues))
		}
	}
	if c.Target != nil && target.Name != "" && as.Role != table.RoleConstant {
		if r, ok := c.Target.Strength(as.Type.Numeric(), target.Type == table.Categorical); ok {
			s.Target = &r
		}
	}
	s.Alerts = c.alerts(s, as, rows)
	return s
}

// frequentWords counts the words of texts, in any case; those that stand in one text are
// left out.
func frequentWords(texts []sketch.Value) (out []sketch.Value) {
	counts := map[string]int64{}
	for _, t := range texts {
		own := strings.FieldsFunc(strings.ToLower(t.Text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' })
		slices.Sort(own)
		for _, w := range slices.Compact(own) {
			if utf8.RuneCountInString(w) > 1 {
				counts[w] += t.Count
			}
		}
	}
	for w, n := range counts {
		if n > 1 {
			out = append(out, sketch.Value{Text: w, Count: n})
		}
	}
	slices.SortFunc(out, func(a, b sketch.Value) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Text, b.Text))
	})
	return out[:min(len(out), topValues)]
}

// readable counts the cells that can be read as the type.
func (c *Column) readable(as table.Column) int64 {
	switch as.Type {
	case table.Int64:
		return c.Ints
	case table.Float64:
		return c.Numbers + c.Loose
	case table.Date, table.Timestamp:
		return c.Dates + c.Days
	case table.Bool:
		return c.Bools
	}
	return c.Cells
}

func (c *Column) numbers(s *Summary, whole bool) {
	mean, sd := c.Moments.Mean(), c.Moments.SD()
	s.Min, s.Max, s.Mean, s.Zeros = c.Moments.Min, c.Moments.Max, &mean, c.Zeros
	if !math.IsNaN(sd) {
		s.SD = &sd
	}
	for i, v := range c.Quantiles.At(quantileShares...) {
		s.Quantiles = append(s.Quantiles, Quantile{quantileShares[i], v})
	}
	s.Histogram = c.histogram(whole)
	if !c.Values.Over && c.Values.NumDistinct() <= topValues {
		s.Top = c.Values.Top(topValues)
	}
}

// wholeBins is how many whole numbers have a bin each.
const wholeBins = 40

// histogram counts the numbers of the column, in bins of whole numbers where it has such.
func (c *Column) histogram(whole bool) *Histogram {
	lo, hi := c.Moments.Min, c.Moments.Max
	ends := c.Quantiles.At(0.01, 0.99)
	if span := ends[1] - ends[0]; span > 0 {
		lo, hi = max(lo, ends[0]-span/2), min(hi, ends[1]+span/2)
	}
	bins := Bins
	if whole && hi-lo < 1e15 {
		lo, hi = math.Floor(lo), math.Ceil(hi)
		width := 1.0
		if n := hi - lo + 1; n > wholeBins {
			width = math.Ceil(n / Bins)
		}
		bins = int(math.Ceil((hi - lo + 1) / width))
		lo, hi = lo-0.5, lo-0.5+float64(bins)*width
	}
	return &Histogram{lo, hi, c.Quantiles.Histogram(lo, hi, bins)}
}

func (c *Column) times(s *Summary, as table.Column) {
	var merged LayoutCount
	for _, l := range c.chosenLayouts() {
		have := c.layout(l).within(as.Since)
		merged.Moments = merged.Moments.Merge(have.Moments)
		merged.Quantiles.Merge(have.Quantiles)
	}
	if merged.Moments.N == 0 {
		return
	}
	format := time.DateOnly
	if as.Type == table.Timestamp {
		format = time.RFC3339
		if as.Local() {
			format = "2006-01-02T15:04:05"
		}
	}
	lo, hi := merged.Moments.Min, merged.Moments.Max
	s.Min, s.Max = time.Unix(int64(lo), 0).UTC().Format(format), time.Unix(int64(hi), 0).UTC().Format(format)
	s.Histogram = &Histogram{lo, hi, merged.Quantiles.Histogram(lo, hi, Bins)}
}

// within is what was counted of a layout, with years of two digits in the hundred from
// since on.
func (l *LayoutCount) within(since int) LayoutCount {
	if !l.Layout.Year2 || since == 0 || l.Moments.N == 0 {
		return *l
	}
	out := LayoutCount{Layout: l.Layout, Quantiles: l.Quantiles.Map(func(seconds float64) float64 {
		r := dates.Reading{Layout: l.Layout, Time: time.Unix(int64(seconds), 0).UTC()}
		if t, ok := r.Within(since); ok {
			return float64(t.Unix())
		}
		return seconds
	})}
	out.Moments = stats.Moments{N: l.Moments.N}
	ends := out.Quantiles.At(0, 1)
	out.Moments.Min, out.Moments.Max = ends[0], ends[1]
	return out
}

// plural is what cells of a type are.
var plural = map[table.Type]string{table.Int64: "whole numbers", table.Float64: "numbers", table.Bool: "truth values", table.Date: "dates", table.Timestamp: "times",
	table.String: "texts", table.Categorical: "texts"}

// alerts says what a person should look at before trusting the column.
func (c *Column) alerts(s Summary, as table.Column, rows int64) []string {
	var out []string
	alert := func(when bool, format string, args ...any) {
		if when {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	share := func(n int64) float64 { return float64(n) / float64(max(rows, 1)) }
	alert(s.Count == 0, "no cell has a value")
	alert(s.Count > 0 && as.Role == table.RoleConstant, "every cell is the same")
	alert(s.Count > 0 && share(s.Missing) > 0.5, "%.0f %% of the cells are missing", 100*share(s.Missing))
	// Numbers with their unit are read by cleaning, and not counted here.
	alert(s.Invalid > 0 && as.Unit == "", "%d cells are no %s", s.Invalid, plural[as.Type])
	alert(s.Repaired > 0, "%d cells are counted as they are after cleaning", s.Repaired)
	alert(c.Untidy > 0, "%d cells have untidy white space", c.Untidy)
	alert(as.Since > 0, "years of two digits are read as %d to %d", as.Since, as.Since+99)
	alert(len(as.Layouts) > 1, "dates in %d layouts", len(as.Layouts))
	alert(as.Type.Numeric() && share(c.Zeros) > 0.5 && s.Distinct > 2, "%.0f %% of the cells are zero", 100*share(c.Zeros))
	alert(as.Role == table.RoleCategorical && as.Type == table.String, "a class with about %d values", s.Distinct)
	alert(s.Target != nil && s.Target.Value*s.Target.Value > 0.98, "it tells nearly all of the target: is it known when the prediction is made?")
	return out
}

// Find returns the summary of a column, or nil.
func (p *Profile) Find(name string) *Summary {
	i := slices.IndexFunc(p.Columns, func(s Summary) bool { return s.Name == name })
	if i < 0 {
		return nil
	}
	return &p.Columns[i]
}
