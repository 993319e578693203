package features

import (
	"math"
	"time"
)

// datePart takes a point in time apart: days since 1970, the year, the month,
// the day of the week, and the hour where any row has a clock.
type datePart struct {
	Clock   bool
	Numbers []*numberPart // of the parts, in the linear view
}

func fitDate(c *Column, tree bool) *datePart {
	p := &datePart{}
	for _, v := range c.Num {
		p.Clock = p.Clock || v != math.Trunc(v) && !math.IsNaN(v)
	}
	if tree {
		return p
	}
	for _, x := range p.split(c) {
		p.Numbers = append(p.Numbers, fitNumber(x, false, false))
	}
	return p
}

func (p *datePart) parts() int {
	if p.Clock {
		return 5
	}
	return 4
}

// split returns the parts, NaN where the date is missing.
func (p *datePart) split(c *Column) [][]float64 {
	out := newColumns(p.parts(), c.N())
	for i, days := range c.Num {
		if math.IsNaN(days) {
			for j := range out {
				out[j][i] = days
			}
			continue
		}
		t := time.Unix(int64(math.Floor(days*86400)), 0).UTC()
		out[0][i], out[1][i] = days, float64(t.Year())
		out[2][i], out[3][i] = float64(t.Month()), float64(t.Weekday())
		if p.Clock {
			out[4][i] = float64(t.Hour())
		}
	}
	return out
}

func (p *datePart) width() int {
	if p.Numbers == nil {
		return p.parts()
	}
	n := 0
	for _, x := range p.Numbers {
		n += x.width()
	}
	return n
}

func (p *datePart) encode(c *Column, out [][]float64) {
	for j, x := range p.split(c) {
		if p.Numbers == nil {
			copy(out[j], x)
			continue
		}
		w := p.Numbers[j].width()
		p.Numbers[j].encode(&Column{Num: x}, out[:w])
		out = out[w:]
	}
}

func (p *datePart) names(column string) []string {
	parts := []string{column, column + " year", column + " month", column + " weekday", column + " hour"}[:p.parts()]
	if p.Numbers == nil {
		return parts
	}
	var out []string
	for j, name := range parts {
		if p.Numbers[j].width() > 0 {
			out = append(out, p.Numbers[j].names(name)...)
		}
	}
	return out
}
