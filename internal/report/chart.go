package report

import (
	"bytes"
	"fmt"
	"html/template"
	"image/color"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

var (
	ink   = color.RGBA{0x33, 0x41, 0x55, 0xff}
	faint = color.RGBA{0xcb, 0xd5, 0xe1, 0xff}
	blue  = color.RGBA{0x25, 0x63, 0xeb, 0xff}
	light = color.NRGBA{0x25, 0x63, 0xeb, 0x66}
	red   = color.RGBA{0xdc, 0x26, 0x26, 0xff}
)

// newPlot returns a plot in the style of the page.
func newPlot() *plot.Plot {
	p := plot.New()
	p.BackgroundColor = color.Transparent
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.LineStyle.Color, a.Tick.LineStyle.Color = faint, faint
		a.Tick.Label.Color, a.Label.TextStyle.Color = ink, ink
		a.Tick.Label.Font.Size, a.Label.TextStyle.Font.Size = vg.Points(9), vg.Points(10)
		for _, f := range []*font.Font{&a.Tick.Label.Font, &a.Label.TextStyle.Font} {
			f.Variant = "Sans"
		}
		a.Padding = 0
	}
	return p
}

// margin is what stands free beside a plot.
const margin = 28

// svg draws a plot as an element of a page, with a title for those who can't
// see it.
func svg(p *plot.Plot, width, height vg.Length, title string) (template.HTML, error) {
	c := vgsvg.New(width, height)
	// A label below an end of the axis reaches out of the plot.
	p.Draw(draw.Crop(draw.New(c), margin, -margin, 0, 0))
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return "", fmt.Errorf("report: %w", err)
	}
	text := b.String()
	begin := strings.Index(text, "<svg")
	if begin < 0 {
		return "", fmt.Errorf("report: the drawing is no SVG")
	}
	text = text[begin:]
	end := strings.IndexByte(text, '>') + 1
	text = text[:end] + "<title>" + template.HTMLEscapeString(title) + "</title>" + text[end:]
	return template.HTML(strings.Replace(text, "<svg", `<svg role="img"`, 1)), nil
}

// few places ticks at round numbers, some four of them.
type few struct{}

func (few) Ticks(lo, hi float64) []plot.Tick {
	if !(hi > lo) {
		return []plot.Tick{{Value: lo, Label: short(lo)}}
	}
	step := math.Pow(10, math.Floor(math.Log10((hi-lo)/2)))
	for _, m := range []float64{5, 2} {
		if (hi-lo)/(step*m) >= 2 {
			step *= m
			break
		}
	}
	var out []plot.Tick
	for k := math.Ceil(lo / step); k*step <= hi+step*1e-9; k++ {
		v := k*step + 0 // never -0
		out = append(out, plot.Tick{Value: v, Label: short(v)})
	}
	return out
}

// short writes a number for an axis.
func short(x float64) string {
	switch a := math.Abs(x); {
	case a >= 1e9 || a > 0 && a < 1e-4:
		return fmt.Sprintf("%.2g", x)
	case a >= 1e6:
		return fmt.Sprintf("%.4gM", x/1e6)
	case a >= 1e4:
		return fmt.Sprintf("%.4gk", x/1e3)
	}
	return fmt.Sprintf("%.4g", x)
}

// names places a tick at each bar.
type names []string

func (n names) Ticks(_, _ float64) []plot.Tick {
	out := make([]plot.Tick, len(n))
	for i, s := range n {
		out[i] = plot.Tick{Value: float64(i), Label: clip(s, 24)}
	}
	return out
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

// histogram draws the counts of bins of equal width between lo and hi. ticks
// may be nil.
func histogram(title string, counts []int64, lo, hi float64, ticks plot.Ticker) (template.HTML, error) {
	p := newPlot()
	width := (hi - lo) / float64(len(counts))
	if width <= 0 {
		width = 1
	}
	bins := make([]plotter.HistogramBin, len(counts))
	for i, n := range counts {
		bins[i] = plotter.HistogramBin{Min: lo + float64(i)*width, Max: lo + float64(i+1)*width, Weight: float64(n)}
	}
	p.Add(&plotter.Histogram{Bins: bins, Width: width, FillColor: blue, LineStyle: draw.LineStyle{Color: color.White, Width: vg.Points(0.5)}})
	p.HideY()
	p.X.Tick.Marker = plot.Ticker(few{})
	if ticks != nil {
		p.X.Tick.Marker = ticks
	}
	return svg(p, 240, 100, title)
}

// bars draws a horizontal bar for each name, the first on top, with an error
// bar where spread is given.
func bars(title string, labels []string, values, spread []float64, axis string, width vg.Length) (template.HTML, error) {
	p := newPlot()
	n := len(labels)
	turned, v := make(names, n), make(plotter.Values, n)
	for i := range labels {
		turned[n-1-i], v[n-1-i] = labels[i], values[i]
	}
	b, err := plotter.NewBarChart(v, vg.Points(10))
	if err != nil {
		return "", fmt.Errorf("report: %w", err)
	}
	b.Horizontal, b.Color, b.LineStyle.Width = true, blue, 0
	p.Add(b)
	if spread != nil {
		if err := whiskers(p, v, spread); err != nil {
			return "", err
		}
	}
	p.Y.Tick.Marker, p.X.Tick.Marker = turned, few{}
	p.Y.Tick.Length, p.Y.LineStyle.Width = 0, 0
	p.X.Label.Text = axis
	p.Y.Padding = vg.Points(6)
	return svg(p, width, vg.Points(float64(n)*16+40), title)
}

// whiskers draws one deviation to both sides of the end of each bar. spread is
// in the order of the labels, v from the bottom up.
func whiskers(p *plot.Plot, v plotter.Values, spread []float64) error {
	n := len(v)
	e := struct {
		plotter.XYs
		plotter.XErrors
	}{make(plotter.XYs, n), make(plotter.XErrors, n)}
	for i := range v {
		e.XYs[i] = plotter.XY{X: v[i], Y: float64(i)}
		e.XErrors[i].Low, e.XErrors[i].High = spread[n-1-i], spread[n-1-i]
	}
	w, err := plotter.NewXErrorBars(e)
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	w.LineStyle.Color = ink
	p.Add(w)
	return nil
}

// scatter draws points over the diagonal.
func scatter(title string, x, y []float64, xName, yName string) (template.HTML, error) {
	p := newPlot()
	points := make(plotter.XYs, len(x))
	lo, hi := math.Inf(1), math.Inf(-1)
	for i := range x {
		points[i] = plotter.XY{X: x[i], Y: y[i]}
		lo, hi = min(lo, x[i], y[i]), max(hi, x[i], y[i])
	}
	s, err := plotter.NewScatter(points)
	if err != nil {
		return "", fmt.Errorf("report: %w", err)
	}
	s.GlyphStyle = draw.GlyphStyle{Color: light, Radius: vg.Points(1.6), Shape: draw.CircleGlyph{}}
	line, err := plotter.NewLine(plotter.XYs{{X: lo, Y: lo}, {X: hi, Y: hi}})
	if err != nil {
		return "", fmt.Errorf("report: %w", err)
	}
	line.LineStyle = draw.LineStyle{Color: red, Width: vg.Points(1)}
	p.Add(s, line)
	p.X.Tick.Marker, p.Y.Tick.Marker = few{}, few{}
	p.X.Label.Text, p.Y.Label.Text = xName, yName
	return svg(p, 380, 340, title)
}
