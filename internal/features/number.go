package features

import (
	"math"
	"slices"
	"strconv"
)

// Bounds of the encoding of numbers.
const (
	logSkew  = 0.75 // skewness from which on a column without negatives is logged
	clipTail = 0.01 // share of the training rows beyond each end of the clip
)

// numberPart imputes, logs, clips, squares and standardizes a number for
// learners that add columns up.
type numberPart struct {
	Median    float64
	Indicator bool // a column that says where the value was missing
	Log       bool // log1p
	Lo, Hi    float64
	Square    bool
	Center    []float64 // of the value, its square, the indicator
	Scale     []float64 // 0 for a constant column, which becomes 0
}

// fitNumber learns the encoding of x, in which NaN is missing. mayLog allows
// the logarithm.
func fitNumber(x []float64, squares, mayLog bool) *numberPart {
	known := make([]float64, 0, len(x))
	for _, v := range x {
		if !math.IsNaN(v) {
			known = append(known, v)
		}
	}
	if len(known) == 0 {
		return &numberPart{}
	}
	slices.Sort(known)
	p := &numberPart{Median: quantile(known, 0.5), Square: squares,
		Indicator: len(x)-len(known) >= missingRows, Log: mayLog && known[0] >= 0 && skewness(known) > logSkew}
	if p.Log {
		for i := range known {
			known[i] = math.Log1p(known[i])
		}
	}
	p.Lo, p.Hi = quantile(known, clipTail), quantile(known, 1-clipTail)
	if p.Lo == p.Hi { // nearly constant: what differs is what counts
		p.Lo, p.Hi = known[0], known[len(known)-1]
	}
	p.Center, p.Scale = make([]float64, p.columns()), make([]float64, p.columns())
	for i := range p.Scale {
		p.Scale[i] = 1
	}
	out := newColumns(p.columns(), len(x))
	p.encode(&Column{Num: x}, out)
	for i, col := range out {
		p.Center[i], p.Scale[i] = centerAndScale(col)
	}
	return p
}

// unclipped is the encoding without bounds, of a column of the training rows.
func (p *numberPart) unclipped(c *Column) *numberPart {
	if p.width() == 0 {
		return p
	}
	p.Lo, p.Hi = -math.MaxFloat64, math.MaxFloat64
	clear(p.Center)
	for i := range p.Scale {
		p.Scale[i] = 1
	}
	out := newColumns(p.columns(), c.N())
	p.encode(c, out)
	for i, col := range out {
		p.Center[i], p.Scale[i] = centerAndScale(col)
	}
	return p
}

func (p *numberPart) columns() int {
	n := 1
	if p.Square {
		n++
	}
	if p.Indicator {
		n++
	}
	return n
}

func (p *numberPart) width() int { return len(p.Center) }

func (p *numberPart) encode(c *Column, out [][]float64) {
	for i, v := range c.Num {
		missing := math.IsNaN(v)
		if missing {
			v = p.Median
		}
		if p.Log {
			v = math.Log1p(max(v, 0))
		}
		v = min(max(v, p.Lo), p.Hi)
		out[0][i] = (v - p.Center[0]) * p.Scale[0]
		k := 1
		if p.Square {
			out[k][i] = (v*v - p.Center[k]) * p.Scale[k]
			k++
		}
		if p.Indicator {
			m := 0.0
			if missing {
				m = 1
			}
			out[k][i] = (m - p.Center[k]) * p.Scale[k]
		}
	}
}

func (p *numberPart) names(column string) []string {
	out := []string{column}
	if p.Square {
		out = append(out, column+"²")
	}
	if p.Indicator {
		out = append(out, column+" missing")
	}
	return out
}

// rawPart is the number as it is.
type rawPart struct{}

func (*rawPart) width() int                        { return 1 }
func (*rawPart) encode(c *Column, out [][]float64) { copy(out[0], c.Num) }
func (*rawPart) names(column string) []string      { return []string{column} }

// quantile interpolates in sorted values (Hyndman and Fan, type 7).
func quantile(sorted []float64, p float64) float64 {
	h := p * float64(len(sorted)-1)
	lo := int(h)
	if lo+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[lo] + (h-float64(lo))*(sorted[lo+1]-sorted[lo])
}

// skewness is the third standardized moment, 0 for a constant.
func skewness(x []float64) float64 {
	n, mean := float64(len(x)), 0.0
	for _, v := range x {
		mean += v / n
	}
	m2, m3 := 0.0, 0.0
	for _, v := range x {
		d := v - mean
		m2 += d * d / n
		m3 += d * d * d / n
	}
	if m2 <= 1e-300 {
		return 0
	}
	return m3 / (m2 * math.Sqrt(m2))
}

// centerAndScale returns the mean and one over the standard deviation, or 0 for
// a constant column.
func centerAndScale(x []float64) (center, scale float64) {
	n := float64(len(x))
	for _, v := range x {
		center += v
	}
	center /= n
	ss := 0.0
	for _, v := range x {
		ss += (v - center) * (v - center)
	}
	sd := math.Sqrt(ss / n)
	if sd <= 1e-12*(1+math.Abs(center)) {
		return center, 0
	}
	return center, 1 / sd
}

// fitWholeLevels takes a number with few distinct whole values as levels too.
func fitWholeLevels(c *Column) part {
	seen := map[float64]int{}
	for _, v := range c.Num {
		if math.IsNaN(v) {
			continue
		}
		if v != math.Trunc(v) {
			return &oneHotPart{}
		}
		if seen[v]++; len(seen) > lowCardinality {
			return &oneHotPart{}
		}
	}
	if len(seen) < 3 {
		return &oneHotPart{}
	}
	var levels []string
	var counts []int
	for v, n := range seen {
		levels, counts = append(levels, wholeLevel(v)), append(counts, n)
	}
	return fitOneHot(levels, counts, lowCardinality, c.N(), true)
}

func wholeLevel(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
