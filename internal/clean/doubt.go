package clean

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/beamline-go/beamline/internal/dates"
	"github.com/beamline-go/beamline/internal/missing"
	"github.com/beamline-go/beamline/internal/number"
	"github.com/beamline-go/beamline/table"
)

// doubt is something that looks wrong and that nothing proves, so that it is left
// alone.
type doubt struct {
	Column  string // empty where it is about rows
	Kind    string
	Cells   int // or rows
	Example string
	Why     string // it is left alone
	Do      string // what a person could do
}

// The kinds of doubts.
const (
	DoubtSpelling  = "spelling_unsure"
	DoubtDate      = "date_unsure"
	DoubtWord      = "missing_word"
	DoubtDisguised = "disguised_missing"
	DoubtOutlier   = "outlier"
	DoubtOrder     = "order"
	DoubtRow       = "outlying_row"
	DoubtHeader    = "header_row"
	DoubtTotals    = "totals_row"
)

// finding is the doubt as it is told, of so many rows that were looked at.
func (d doubt) finding(rows int) table.Finding {
	what := "cells"
	if d.Column == "" {
		what = "rows"
	}
	return table.Finding{Column: d.Column, Rule: d.Kind, Severity: table.Info, Expected: d.expected(),
		Seen: fmt.Sprintf("%d %s, such as %q", d.Cells, what, d.Example), Share: float64(d.Cells) / float64(max(rows, 1)), Proposal: d.Do, Why: d.Why}
}

// expected says what a cell without doubt would be.
func (d doubt) expected() string {
	switch d.Kind {
	case DoubtSpelling:
		return "one spelling of each value"
	case DoubtDate:
		return "dates in the layout of the column"
	case DoubtOutlier:
		return "values near the others"
	case DoubtOrder:
		return "the order of the two columns in the other rows"
	case DoubtRow, DoubtHeader, DoubtTotals:
		return "rows like the others"
	}
	return "a value"
}

// Doubts lists what is left alone in a table that was cleaned by a plan. Counts and
// shares are of the rows that were looked at.
func (t *Table) Doubts(p Plan) []table.Finding {
	var out []table.Finding
	for _, d := range t.doubts(p) {
		out = append(out, d.finding(t.Rows))
	}
	return out
}

func (t *Table) doubts(p Plan) (out []doubt) {
	kept, told := map[string][]string{}, map[string][]doubter{}
	p.eachSettings(func(column string, settings any) {
		if k, ok := settings.(keeper); ok {
			kept[column] = append(kept[column], k.keptValues()...)
		}
		if d, ok := settings.(doubter); ok {
			told[column] = append(told[column], d)
		}
	})
	of := make([]*measured, len(t.Columns))
	for k, c := range t.Columns {
		if d, ok := c.twoSpellings(kept[c.Name]); ok {
			out = append(out, d)
		}
		for _, d := range told[c.Name] {
			out = append(out, d.doubts(c)...)
		}
		if d, ok := c.unsureOrder(); ok {
			out = append(out, d)
		}
		if c.Type.Textual() {
			if d, ok := c.missingWords(); ok {
				out = append(out, d)
			}
		}
		if x := c.numbers(); x != nil {
			of[k] = x
			out = append(out, c.disguised(x)...)
			if d, ok := c.outliers(x); ok {
				out = append(out, d)
			}
		}
	}
	out = append(out, t.notRows()...)
	out = append(out, t.orders(of)...)
	return append(out, t.oddRows(of)...)
}

// notRows finds rows that name columns, and rows that are called sums, which no
// rule refuses.
func (t *Table) notRows() (out []doubt) {
	header := doubt{Kind: DoubtHeader, Why: "it has names of columns, but not all of them", Do: "take it out of the file if it is no record"}
	sum := doubt{Kind: DoubtTotals, Why: "it is called a sum of other rows, but its numbers are not their sums", Do: "take it out of the file if it is no record"}
	proven := t.provenTotals()
	for row := range t.Rows {
		names, filled, word := 0, 0, ""
		for _, c := range t.Columns {
			text := c.text(row)
			if text == "" {
				continue
			}
			filled++
			if strings.EqualFold(text, c.Name) && c.coded().Distinct > 1 && !isPlain(text) {
				names++
			}
			if sumWords[sumWord(text)] {
				word = text
			}
		}
		switch {
		case names >= 2 && 2*names > filled && names < len(t.Columns):
			header.Cells++
			header.Example = t.Columns[0].text(row)
		case word != "" && row+1 >= t.Rows-mostTotals && !proven[row]:
			sum.Cells++
			sum.Example = word
		}
	}
	for _, d := range []doubt{header, sum} {
		if d.Cells > 0 {
			out = append(out, d)
		}
	}
	return out
}

// mostTotals is how many rows from the end totals are looked for.
const mostTotals = 3

func (c *Column) twoSpellings(kept []string) (doubt, bool) {
	d := doubt{Column: c.Name, Kind: DoubtSpelling, Why: "it differs from another spelling in case, marks or language only, and both are too frequent to be a slip",
		Do: "map one to the other in clean.map"}
	for _, text := range kept {
		if v := c.Find(text); v != nil {
			d.Cells += v.Count
			if d.Example == "" {
				d.Example = text
			}
		}
	}
	return d, d.Cells > 0
}

// unsureOrder reports dates of which none tells whether the day or the month stands
// first.
func (c *Column) unsureOrder() (doubt, bool) {
	d := doubt{Column: c.Name, Kind: DoubtDate, Do: "say which it is in the data, or with the layouts of the schema"}
	if !c.Type.Temporal() || len(c.Layouts) == 0 {
		return d, false
	}
	d.Why = "no date of the column tells whether the day or the month stands first; it is read as " + c.Layouts[0]
	for v := range c.Present() {
		r, n := dates.Readings(v.Text)
		switch {
		case n == 2 && !r[0].Time.Equal(r[1].Time):
			d.Cells += v.Count
			if d.Example == "" {
				d.Example = v.Text
			}
		case n == 1:
			return d, false
		}
	}
	return d, d.Cells > 0
}

func (c *Column) missingWords() (doubt, bool) {
	d := doubt{Column: c.Name, Kind: DoubtWord, Why: "among words it may be a class of its own", Do: "list it under data.missing if it means that there is no value"}
	for _, v := range c.Values {
		if v.Text != "" && missing.Token(v.Text) != missing.Not {
			d.Cells += v.Count
			if d.Example == "" {
				d.Example = v.Text
			}
		}
	}
	return d, d.Cells > 0
}

// measured is the values of a column as numbers, in their order, with how often
// each is there. Dates are days.
type measured struct {
	values []weighted
	texts  map[float64]string
	all    int
	days   bool
	rows   []float64 // of each row; NaN where it has none
}

func (c *Column) numbers() *measured {
	m := &measured{texts: map[float64]string{}, days: c.Type.Temporal()}
	if c.Fixed || !c.Type.Numeric() && !m.days {
		return nil
	}
	for v := range c.Present() {
		x, ok := c.measure(v.Text)
		if !ok {
			continue
		}
		m.values = append(m.values, weighted{x, v.Count})
		m.texts[x] = v.Text
		m.all += v.Count
	}
	slices.SortFunc(m.values, func(a, b weighted) int {
		switch {
		case a.x < b.x:
			return -1
		case a.x > b.x:
			return 1
		}
		return 0
	})
	if m.all < fewestMeasured || len(m.values) < fewestDifferent {
		return nil
	}
	m.rows = c.measuredRows()
	return m
}

func (c *Column) measure(text string) (float64, bool) {
	if c.Type.Temporal() {
		r, n := dates.Readings(text)
		if n == 0 {
			return 0, false
		}
		return float64(r[0].Time.Unix()) / 86400, true
	}
	return number.Parse(text)
}

// quantile is the value below which a share of the cells lies.
func (m *measured) quantile(q float64) float64 {
	left := q * float64(m.all)
	for _, v := range m.values {
		if left -= float64(v.count); left <= 0 {
			return v.x
		}
	}
	return m.values[len(m.values)-1].x
}

// Bounds of doubts about numbers.
const (
	fewestMeasured  = 50
	fewestDifferent = 10
	spikeCells      = 5
	spikeShare      = 0.002
	spikeGap        = 1.5 // spreads between a spike and the next value
	outlierSpreads  = 8.0 // from the median, in the robust spread of that side
	orderHolds      = 0.99
)

// sentinels are numbers by which people say that there is no value.
var sentinels = []float64{-1, -9, -99, -999, -9999, 99, 999, 9999, 99999, 999999, 0}

// sentinelDays are dates of that kind.
var sentinelDays = []string{"1900-01-01", "1901-01-01", "1970-01-01", "1899-12-30", "1899-12-31", "9999-12-31", "2099-12-31", "1111-11-11"}

// disguised finds a well-known stand-in for "no value" at an end of the values,
// far from the others, and there many times.
func (c *Column) disguised(m *measured) (out []doubt) {
	spread := m.quantile(0.75) - m.quantile(0.25)
	ends := []int{0, len(m.values) - 1}
	for _, i := range ends {
		v := m.values[i]
		next := m.values[1]
		if i > 0 {
			next = m.values[len(m.values)-2]
		}
		if v.count < max(spikeCells, int(spikeShare*float64(m.all))) || math.Abs(next.x-v.x) < spikeGap*spread || spread == 0 || !m.sentinel(v.x) {
			continue
		}
		out = append(out, doubt{c.Name, DoubtDisguised, v.count, m.texts[v.x], "it stands far from all other values, and many times, as a stand-in for no value does, but it may be true",
			fmt.Sprintf("list %q under data.missing if it means that there is no value", m.texts[v.x])})
	}
	return out
}

func (m *measured) sentinel(x float64) bool {
	if !m.days {
		return slices.Contains(sentinels, x)
	}
	day := time.Unix(int64(x*86400), 0).UTC().Format(time.DateOnly)
	return slices.Contains(sentinelDays, day)
}

// outliers are far from the median, by the spread of their side (Rousseeuw and
// Croux, "Alternatives to the Median Absolute Deviation", 1993, for the idea of
// spreads that outliers don't move).
func (c *Column) outliers(m *measured) (doubt, bool) {
	d := doubt{Column: c.Name, Kind: DoubtOutlier, Why: "it is far from the other values, which proves nothing", Do: "look at these records"}
	mid := m.quantile(0.5)
	low, high := (mid-m.quantile(0.05))/1.645, (m.quantile(0.95)-mid)/1.645
	if low <= 0 || high <= 0 {
		return d, false
	}
	farthest := 0.0
	for _, v := range m.values {
		z := (v.x - mid) / high
		if v.x < mid {
			z = (mid - v.x) / low
		}
		if z > outlierSpreads {
			d.Cells += v.count
			if z > farthest {
				farthest, d.Example = z, m.texts[v.x]
			}
		}
	}
	return d, d.Cells > 0 && d.Cells <= m.all/100
}

// orders finds pairs of columns of which one is not less than the other in
// nearly all rows: what was sold was built before.
func (t *Table) orders(of []*measured) (out []doubt) {
	for a := range t.Columns {
		from, to := t.beside(a)
		for b := from; b < to; b++ {
			if a == b || of[a] == nil || of[b] == nil || of[a].days != of[b].days {
				continue
			}
			if row, n, ok := ordered(of[a].rows, of[b].rows, of[b].quantile(0.05), of[a].quantile(0.95)); ok {
				ca, cb := t.Columns[a], t.Columns[b]
				out = append(out, doubt{ca.Name, DoubtOrder, n, fmt.Sprintf("%s %s, %s %s", ca.Name, ca.text(row), cb.Name, cb.text(row)),
					fmt.Sprintf("in all other rows %s is not more than %s; which of the two is wrong is not proven", ca.Name, cb.Name), "look at these records"})
			}
		}
	}
	return out
}

func (c *Column) measuredRows() []float64 {
	byCode := make([]float64, len(c.Values))
	for i, v := range c.Values {
		byCode[i] = math.NaN()
		if x, ok := c.measure(v.Text); ok && !v.Absent {
			byCode[i] = x
		}
	}
	out := make([]float64, len(c.Codes))
	for row, code := range c.Codes {
		out[row] = byCode[code]
	}
	return out
}

// ordered reports whether a is at most b in nearly all rows, although their
// values overlap, and an exception. Nearly all of b is above least, and of a below
// most.
func ordered(a, b []float64, least, most float64) (row, exceptions int, ok bool) {
	n, less, allowed := 0, 0, int((1-orderHolds)*float64(len(a)))
	for i := range a {
		if math.IsNaN(a[i]) || math.IsNaN(b[i]) {
			continue
		}
		n++
		switch {
		case a[i] < b[i]:
			less++
		case a[i] > b[i]:
			if exceptions++; exceptions > allowed {
				return row, exceptions, false
			}
			row = i
		}
	}
	overlap := 0
	for i := range a {
		if a[i] > least && b[i] < most {
			overlap++
		}
	}
	return row, exceptions, n >= fewestMeasured && exceptions > 0 && float64(exceptions) <= (1-orderHolds)*float64(n) && 2*less >= n && 4*overlap >= n
}
