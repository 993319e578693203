package report

import (
	"fmt"
	"html/template"
	"math"
	"strings"

	"github.com/beamline-go/beamline/internal/number"
)

// Bars is a bar, or a dot, for each name, with its spread. Places are shares of the width
// of the chart, in percent.
type Bars struct {
	Title, Axis, Note string
	Rows              []Bar
	Dots              bool // the axis does not begin at 0
}

// Bar is the line of a name.
type Bar struct {
	Label, Value string
	Zero, End    float64 // from where the bar goes to where, End right of Zero
	Low, High    float64 // ends of the spread; equal where there is none
}

// NewBars lays bars out that begin at 0, or dots, with their spread; spread may be nil, and
// shown says how a value is written. There are no bars without labels.
func NewBars(title string, labels []string, values, spread []float64, axis, note string, dots bool, shown func(i int) string) *Bars {
	if len(labels) == 0 {
		return nil
	}
	lo, hi := 0.0, 0.0
	if dots {
		lo, hi = math.Inf(1), math.Inf(-1)
	}
	off := func(i int) float64 {
		if spread == nil {
			return 0
		}
		return spread[i]
	}
	for i, v := range values {
		lo, hi = min(lo, v-off(i)), max(hi, v+off(i))
	}
	if hi <= lo {
		hi = lo + 1
	}
	if dots { // none stands at an end
		lo, hi = lo-(hi-lo)/20, hi+(hi-lo)/20
	}
	place := func(x float64) float64 { return 100 * (x - lo) / (hi - lo) }
	b := &Bars{Title: title, Axis: axis, Note: note, Dots: dots}
	for i, v := range values {
		zero := place(max(lo, min(0, hi)))
		b.Rows = append(b.Rows, Bar{Label: clip(labels[i], 40), Value: shown(i), Zero: min(zero, place(v)), End: max(zero, place(v)), Low: place(v - off(i)), High: place(v + off(i))})
		if dots {
			b.Rows[i].End = place(v)
		}
	}
	return b
}

// Histogram is how many values lie in bins of equal width.
type Histogram struct {
	Title, Lo, Hi string
	Bins          []Bin
}

// Bin is a column of a histogram. Height is in percent of the highest.
type Bin struct {
	Height float64
	Name   string // what it holds, and how many
}

// NewHistogram lays out a histogram; name says what bin i holds.
func NewHistogram(title string, counts []int64, lo, hi string, name func(i int) string) *Histogram {
	h := &Histogram{Title: title, Lo: lo, Hi: hi}
	most := int64(1)
	for _, n := range counts {
		most = max(most, n)
	}
	for i, n := range counts {
		height := 100 * float64(n) / float64(most)
		if n > 0 {
			height = max(height, 1.5) // a few are not none
		}
		h.Bins = append(h.Bins, Bin{height, name(i)})
	}
	return h
}

// clip shortens a text to n characters.
func clip(s string, n int) string {
	r := []rune(strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, s))
	if len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return string(r)
}

// ticks are round numbers between two, some four of them.
func ticks(lo, hi float64) (out []float64) {
	if !(hi > lo) {
		return []float64{lo}
	}
	step := math.Pow(10, math.Floor(math.Log10((hi-lo)/2)))
	for _, m := range []float64{5, 2} {
		if (hi-lo)/(step*m) >= 2 {
			step *= m
			break
		}
	}
	for k := math.Ceil(lo / step); k*step <= hi+step*1e-9; k++ {
		out = append(out, k*step+0) // never -0
	}
	return out
}

// short writes a number for an axis.
func short(x float64) string {
	switch a := math.Abs(x); {
	case a >= 1e9 || a > 0 && a < 1e-4:
		return fmt.Sprintf("%.2g", x)
	case a >= 1e6:
		return number.Shown(x/1e6, 4) + "M"
	case a >= 1e4:
		return number.Shown(x/1e3, 4) + "k"
	}
	return number.Shown(x, 4)
}

// The picture of points, in its own units; it is as wide as the page lets it be.
const (
	side = 460 // of the square of the points
	left = 64  // for what is written beside it
	foot = 46
	top  = 8
)

// scatter draws points over the diagonal.
func scatter(title string, x, y []float64, xName, yName string) template.HTML {
	lo, hi := math.Inf(1), math.Inf(-1)
	for i := range x {
		lo, hi = min(lo, x[i], y[i]), max(hi, x[i], y[i])
	}
	if !(hi > lo) {
		lo, hi = lo-1, lo+1
	}
	right := func(v float64) float64 { return left + side*(v-lo)/(hi-lo) }
	down := func(v float64) float64 { return top + side*(hi-v)/(hi-lo) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="points" role="img" viewBox="0 0 %d %d"><title>%s</title>`, left+side+16, top+side+foot, template.HTMLEscapeString(title))
	for _, v := range ticks(lo, hi) {
		fmt.Fprintf(&b, `<path class="grid" d="M%.1f %dV%dM%d %.1fH%d"/>`, right(v), top, top+side, left, down(v), left+side)
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle">%s</text><text x="%d" y="%.1f" text-anchor="end">%[3]s</text>`,
			right(v), top+side+18, short(v), left-8, down(v)+5)
	}
	for i := range x {
		fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="2.6"/>`, right(x[i]), down(y[i]))
	}
	fmt.Fprintf(&b, `<path class="diagonal" d="M%d %dL%d %d"/>`, left, top+side, left+side, top)
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">%s</text>`, left+side/2, top+side+38, template.HTMLEscapeString(clip(xName, 60)))
	fmt.Fprintf(&b, `<text x="14" y="%d" text-anchor="middle" transform="rotate(-90 14 %[1]d)">%s</text></svg>`, top+side/2, template.HTMLEscapeString(clip(yName, 60)))
	return template.HTML(b.String())
}
