// Package stats holds the statistics of columns and of pairs of columns, in a
// form that merges, and the tests that compare them.
package stats

import "math"

// Sum is a sum that keeps twice the digits of a float64: the value is Hi + Lo
// (Dekker, "A floating-point technique for extending the available precision",
// 1971). The zero value is 0.
type Sum struct {
	Hi float64 `json:"hi"`
	Lo float64 `json:"lo"`
}

// Add returns s + x.
func (s Sum) Add(x float64) Sum {
	hi, lo := twoSum(s.Hi, x)
	return normal(hi, lo+s.Lo)
}

// AddProduct returns s + x·y, with the product exact.
func (s Sum) AddProduct(x, y float64) Sum {
	p := x * y
	return s.Plus(Sum{p, math.FMA(x, y, -p)})
}

// Plus returns s + t.
func (s Sum) Plus(t Sum) Sum {
	hi, lo := twoSum(s.Hi, t.Hi)
	return normal(hi, lo+(s.Lo+t.Lo))
}

// Value returns the nearest float64.
func (s Sum) Value() float64 { return s.Hi + s.Lo }

func twoSum(a, b float64) (sum, err float64) {
	sum = a + b
	t := sum - a
	return sum, (a - (sum - t)) + (b - t)
}

func normal(hi, lo float64) Sum {
	s := hi + lo
	return Sum{s, lo - (s - hi)}
}

// minusProduct returns s - a·b/n for double-length a and b, in double length.
func (s Sum) minusProduct(a, b Sum, n float64) float64 {
	p := a.Hi * b.Hi
	e := math.FMA(a.Hi, b.Hi, -p) + a.Hi*b.Lo + a.Lo*b.Hi
	q := p / n
	r := (math.FMA(-q, n, p) + e) / n
	return s.Plus(Sum{-q, -r}).Value()
}

// Moments are the count, sum, sum of squares, least and greatest of numbers.
// The zero value is empty; methods return the new value.
type Moments struct {
	N     int64   `json:"n"`
	Sum   Sum     `json:"sum"`
	SumSq Sum     `json:"sum_sq"`
	Min   float64 `json:"min"`
	Max   float64 `json:"max"`
}

// Add counts x, which must be finite.
func (m Moments) Add(x float64) Moments {
	if m.N == 0 || x < m.Min {
		m.Min = x
	}
	if m.N == 0 || x > m.Max {
		m.Max = x
	}
	m.N++
	m.Sum = m.Sum.Add(x)
	m.SumSq = m.SumSq.AddProduct(x, x)
	return m
}

// AddAll counts values, all of which must be finite. It gives the bits that Add
// gives, one value after the other.
func (m Moments) AddAll(values []float64) Moments {
	if len(values) == 0 {
		return m
	}
	if m.N == 0 {
		m.Min, m.Max = values[0], values[0]
	}
	sum, sumSq, lo, hi := m.Sum, m.SumSq, m.Min, m.Max
	for _, x := range values {
		lo, hi = min(lo, x), max(hi, x)
		sum = sum.Add(x)
		p := x * x
		sumSq = sumSq.Plus(Sum{p, math.FMA(x, x, -p)})
	}
	return Moments{m.N + int64(len(values)), sum, sumSq, lo, hi}
}

// Merge counts all that o counted.
func (m Moments) Merge(o Moments) Moments {
	if m.N == 0 {
		return o
	}
	if o.N == 0 {
		return m
	}
	return Moments{m.N + o.N, m.Sum.Plus(o.Sum), m.SumSq.Plus(o.SumSq), min(m.Min, o.Min), max(m.Max, o.Max)}
}

// Mean returns the arithmetic mean, NaN of nothing.
func (m Moments) Mean() float64 { return m.Sum.Value() / float64(m.N) }

// SumOfSquares returns the sum of squared deviations from the mean.
func (m Moments) SumOfSquares() float64 {
	if m.N == 0 {
		return 0
	}
	return max(m.SumSq.minusProduct(m.Sum, m.Sum, float64(m.N)), 0)
}

// SD returns the sample standard deviation (divisor n-1), NaN of fewer than
// two numbers.
func (m Moments) SD() float64 {
	if m.N < 2 {
		return math.NaN()
	}
	return math.Sqrt(m.SumOfSquares() / float64(m.N-1))
}

// CoMoments are the moments of pairs. The zero value is empty.
type CoMoments struct {
	X, Y Moments
	XY   Sum
}

// Add counts the pair, both of which must be finite.
func (c CoMoments) Add(x, y float64) CoMoments {
	return CoMoments{c.X.Add(x), c.Y.Add(y), c.XY.AddProduct(x, y)}
}

// Merge counts all that o counted.
func (c CoMoments) Merge(o CoMoments) CoMoments {
	return CoMoments{c.X.Merge(o.X), c.Y.Merge(o.Y), c.XY.Plus(o.XY)}
}

// Correlation returns Pearson's coefficient, NaN where either side is constant
// or there are fewer than two pairs.
func (c CoMoments) Correlation() float64 {
	xx, yy := c.X.SumOfSquares(), c.Y.SumOfSquares()
	if c.X.N < 2 || xx == 0 || yy == 0 {
		return math.NaN()
	}
	xy := c.XY.minusProduct(c.X.Sum, c.Y.Sum, float64(c.X.N))
	return max(-1, min(1, xy/math.Sqrt(xx)/math.Sqrt(yy)))
}
