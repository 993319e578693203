// Package drift tells whether the columns of a table hold what they held in another one,
// such as the one that a model was trained on, by counts in a few bins.
package drift

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/beamline-go/beamline/internal/number"
)

// Reference says how often a column held what, in a few bins.
type Reference struct {
	Column string    `json:"column"`
	Cuts   []float64 `json:"cuts,omitempty"`   // of quantities, ascending: bin i holds those up to Cuts[i], the last bin the others
	Levels []string  `json:"levels,omitempty"` // of words: bin i holds Levels[i], the last bin the others
	Counts []int64   `json:"counts"`           // by bin, and last the cells without a value
}

// Bins of a column.
const (
	mostBins   = 10 // of quantities, each of them as full as the others where values don't repeat
	mostLevels = 50
	mostSorted = 100_000 // values that the ends of bins are found by
)

// Quantities is the reference of a column of numbers, NaN where there is none.
func Quantities(column string, values []float64) Reference {
	step := max(1, len(values)/mostSorted)
	known := make([]float64, 0, len(values)/step+1)
	for i := 0; i < len(values); i += step {
		if v := values[i]; !math.IsNaN(v) && !math.IsInf(v, 0) {
			known = append(known, v)
		}
	}
	slices.Sort(known)
	r := Reference{Column: column}
	for i := 1; i < mostBins && len(known) > 0; i++ {
		cut := known[(len(known)*i-1)/mostBins]
		if n := len(r.Cuts); cut < known[len(known)-1] && (n == 0 || cut > r.Cuts[n-1]) {
			r.Cuts = append(r.Cuts, cut)
		}
	}
	c := NewCounter(r)
	c.Quantities(values)
	r.Counts = c.Counts
	return r
}

// Words is the reference of a column of words.
func Words(column string, values []string, null []bool) Reference {
	counts := map[string]int64{}
	for i, v := range values {
		if !null[i] {
			counts[v]++
		}
	}
	r := Reference{Column: column}
	for v := range counts {
		r.Levels = append(r.Levels, v)
	}
	slices.SortFunc(r.Levels, func(a, b string) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b)) })
	r.Levels = r.Levels[:min(len(r.Levels), mostLevels)]
	c := NewCounter(r)
	c.Words(values, null)
	r.Counts = c.Counts
	return r
}

// Presence is the reference of a column of which it only counts whether there is a value.
func Presence(column string, missing func(i int) bool, n int) Reference {
	r := Reference{Column: column}
	c := NewCounter(r)
	c.Presence(missing, n)
	r.Counts = c.Counts
	return r
}

// Counter counts the cells of a column by the bins of a reference.
type Counter struct {
	Counts []int64 // as those of the reference

	cuts   []float64
	levels map[string]int
	others int
}

// NewCounter returns a counter that has counted nothing.
func NewCounter(r Reference) *Counter {
	c := &Counter{Counts: make([]int64, r.bins()+1), cuts: r.Cuts, others: r.bins() - 1}
	if len(r.Levels) > 0 {
		c.levels = make(map[string]int, len(r.Levels))
		for i, l := range r.Levels {
			c.levels[l] = i
		}
	}
	return c
}

// bins are how many bins hold values.
func (r Reference) bins() int { return len(r.Cuts) + len(r.Levels) + 1 }

// Quantities counts numbers.
func (c *Counter) Quantities(values []float64) {
	missing := len(c.Counts) - 1
	for _, v := range values {
		if math.IsNaN(v) {
			c.Counts[missing]++
			continue
		}
		bin := 0
		for _, cut := range c.cuts {
			if v > cut {
				bin++
			}
		}
		c.Counts[bin]++
	}
}

// Words counts words.
func (c *Counter) Words(values []string, null []bool) {
	missing := len(c.Counts) - 1
	for i, v := range values {
		bin := missing
		if !null[i] {
			var known bool
			if bin, known = c.levels[v]; !known {
				bin = c.others
			}
		}
		c.Counts[bin]++
	}
}

// Presence counts n cells by whether they have a value.
func (c *Counter) Presence(missing func(i int) bool, n int) {
	for i := range n {
		bin := 0
		if missing(i) {
			bin = 1
		}
		c.Counts[bin]++
	}
}

// Rules of what is found.
const (
	RuleMissing = "missing_share" // another share of the cells has no value
	RuleShift   = "shift"         // the values are others, or in other shares
)

// Shift is what a column holds otherwise.
type Shift struct {
	Column, Rule   string
	Expected, Seen string  // the part of the column that moved most, in words
	Stability      float64 // population stability index
	Share          float64 // of the cells, as far as they moved
}

// A column has shifted where its population stability index is at least unstable (the
// usual limit of lenders, e.g. N. Siddiqi, Credit Risk Scorecards, 2006, is .1 for a look
// and .25 for action), and chance gives such counts less often than once in rare, all
// columns taken together.
const (
	unstable = 0.2
	rare     = 1000
	// fewest is how many records a bin must be expected to have; less full ones are taken
	// together, since the chi-squared distribution does not hold for them.
	fewest = 3
)

// Find says which columns hold other things than their references; seen are their counts,
// by column.
func Find(references []Reference, seen map[string][]int64) (out []Shift) {
	alpha := 1.0 / rare / float64(max(len(references), 1))
	for _, r := range references {
		now := seen[r.Column]
		if len(now) != len(r.Counts) {
			continue
		}
		n := len(now) - 1
		if was, is := split(r.Counts), split(now); moved(was, is, alpha) {
			out = append(out, Shift{Column: r.Column, Rule: RuleMissing, Stability: stability(was, is), Share: math.Abs(share(now, n) - share(r.Counts, n)),
				Expected: percent(share(r.Counts, n)) + " of the cells without a value", Seen: percent(share(now, n)) + " of " + count(total(now))})
		}
		if was, is := r.Counts[:n], now[:n]; moved(was, is, alpha) {
			i := most(was, is)
			out = append(out, Shift{Column: r.Column, Rule: RuleShift, Stability: stability(was, is), Share: distance(was, is),
				Expected: percent(share(was, i)) + " " + r.Name(i), Seen: percent(share(is, i)) + " of " + count(total(is))})
		}
	}
	return out
}

// split counts cells with a value, and those without.
func split(counts []int64) []int64 {
	n := len(counts) - 1
	return []int64{total(counts[:n]), counts[n]}
}

func total(counts []int64) (sum int64) {
	for _, n := range counts {
		sum += n
	}
	return sum
}

func share(counts []int64, i int) float64 { return float64(counts[i]) / float64(max(total(counts), 1)) }

// moved reports whether counts are others than they were, by more than chance and enough to
// matter.
func moved(was, is []int64, alpha float64) bool {
	if total(was) == 0 || total(is) == 0 {
		return false
	}
	return stability(was, is) >= unstable && chance(was, is) < alpha
}

// stability is the population stability index of two counts, half a record added to each
// bin.
func stability(was, is []int64) (sum float64) {
	k := float64(len(was)) / 2
	for i := range was {
		p, q := (float64(was[i])+0.5)/(float64(total(was))+k), (float64(is[i])+0.5)/(float64(total(is))+k)
		sum += (q - p) * math.Log(q/p)
	}
	return sum
}

// chance is how often two samples of one population differ as much: Pearson's test of two
// rows of counts.
func chance(was, is []int64) float64 {
	a, b := float64(total(was)), float64(total(is))
	p, q := together(was, is, a, b)
	if len(p) < 2 {
		return 1
	}
	sum := 0.0
	for i := range p {
		x, y := a*(p[i]+q[i])/(a+b), b*(p[i]+q[i])/(a+b)
		sum += (p[i]-x)*(p[i]-x)/x + (q[i]-y)*(q[i]-y)/y
	}
	return distuv.ChiSquared{K: float64(len(p) - 1)}.Survival(sum)
}

// together takes bins together with those behind them until each is expected to be full
// enough on both sides, which have a and b records.
func together(was, is []int64, a, b float64) (p, q []float64) {
	open := false
	for i := range was {
		if !open {
			p, q = append(p, 0), append(q, 0)
		}
		at := len(p) - 1
		p[at], q[at] = p[at]+float64(was[i]), q[at]+float64(is[i])
		open = min(a, b)*(p[at]+q[at])/(a+b) < fewest
	}
	if at := len(p) - 1; open && at > 0 {
		p[at-1], q[at-1] = p[at-1]+p[at], q[at-1]+q[at]
		p, q = p[:at], q[:at]
	}
	return p, q
}

// distance is the share of the records that would have to be others.
func distance(was, is []int64) (sum float64) {
	for i := range was {
		sum += math.Abs(share(was, i)-share(is, i)) / 2
	}
	return sum
}

// most is the bin whose share moved most.
func most(was, is []int64) (at int) {
	moved := func(i int) float64 { return math.Abs(share(was, i) - share(is, i)) }
	for i := range was {
		if moved(i) > moved(at) {
			at = i
		}
	}
	return at
}

// Name says what a bin holds.
func (r Reference) Name(i int) string {
	shown := func(x float64) string { return number.Shown(x, 6) }
	switch {
	case i < len(r.Levels):
		return fmt.Sprintf("%.40q", r.Levels[i])
	case len(r.Levels) > 0:
		return "other values"
	case len(r.Cuts) == 0:
		return "with a value"
	case i == 0:
		return "up to " + shown(r.Cuts[0])
	case i == len(r.Cuts):
		return "above " + shown(r.Cuts[i-1])
	}
	return "above " + shown(r.Cuts[i-1]) + " up to " + shown(r.Cuts[i])
}

func percent(x float64) string { return number.Shown(100*x, 3) + " %" }

func count(n int64) string { return fmt.Sprintf("%d records", n) }
