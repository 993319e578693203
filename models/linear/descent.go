package linear

import (
	"math"

	"github.com/beamline-go/beamline/internal/features"
)

// design is a matrix by columns, dense ones first, for coordinate descent. A column that
// is one value in most rows and another in the rest, as the indicator of a level is, costs
// no more than its rest.
type design struct {
	n       int
	columns []column
}

// column is lo in each row, and in the given rows another value: lo + step, or lo +
// values[k]. Nil rows are all rows, with their values.
type column struct {
	lo, step float64
	values   []float64
	rows     []int32
}

// mostRest is the share of rows up to which the rarer of two values is a rest.
const mostRest = 0.3

func newDesign(m *features.Matrix) *design {
	d := &design{n: m.N}
	for _, values := range m.Dense {
		d.columns = append(d.columns, columnOf(values))
	}
	if m.Sparse.Columns > 0 {
		s := m.Sparse.ByColumn(m.N)
		for j := range s.Start[:len(s.Start)-1] {
			a, b := s.Start[j], s.Start[j+1]
			d.columns = append(d.columns, column{values: s.Values[a:b], rows: s.Index[a:b]})
		}
	}
	return d
}

// columnOf finds out whether a dense column has two values.
func columnOf(values []float64) column {
	dense := column{values: values}
	if len(values) == 0 {
		return dense
	}
	first, second, firsts, found := values[0], 0.0, 0, false
	for _, x := range values {
		switch {
		case x == first:
			firsts++
		case !found:
			second, found = x, true
		case x != second:
			return dense
		}
	}
	if 2*firsts < len(values) {
		first, second = second, first
		firsts = len(values) - firsts
	}
	rest := len(values) - firsts
	if float64(rest) > mostRest*float64(len(values)) {
		return dense
	}
	c := column{lo: first, step: second - first, rows: make([]int32, 0, rest)}
	for i, x := range values {
		if x != first {
			c.rows = append(c.rows, int32(i))
		}
	}
	return c
}

// dot is Σ x v of a column x, where total is Σ v.
func (c *column) dot(v []float64, total float64) float64 {
	switch {
	case c.rows == nil:
		return dot(c.values, v)
	case c.values == nil:
		s := 0.0
		for _, r := range c.rows {
			s += v[r]
		}
		return c.lo*total + c.step*s
	}
	s := 0.0
	for k, x := range c.values {
		s += x * v[c.rows[k]]
	}
	return s
}

// lower takes change times w times the column from v, but for the part that is the same
// in all rows.
func (c *column) lower(v, w []float64, change float64) {
	switch {
	case c.rows == nil:
		w, v = w[:len(c.values)], v[:len(c.values)]
		for i, x := range c.values {
			v[i] -= change * x * w[i]
		}
	case c.values == nil:
		by := change * c.step
		for _, r := range c.rows {
			v[r] -= by * w[r]
		}
	default:
		for k, x := range c.values {
			r := c.rows[k]
			v[r] -= change * x * w[r]
		}
	}
}

// add adds factor times the column to v, but for the part that is the same in all rows.
func (c *column) add(factor float64, v []float64) {
	switch {
	case c.rows == nil:
		for i, x := range c.values {
			v[i] += factor * x
		}
	case c.values == nil:
		for _, r := range c.rows {
			v[r] += factor * c.step
		}
	default:
		for k, x := range c.values {
			v[c.rows[k]] += factor * x
		}
	}
}

// dot is Σ a b. Four sums at once don't wait for each other.
func dot(a, b []float64) float64 {
	var s0, s1, s2, s3 float64
	b = b[:len(a)]
	i := 0
	for ; i+4 <= len(a); i += 4 {
		x, y := a[i:i+4:i+4], b[i:i+4:i+4]
		s0 += x[0] * y[0]
		s1 += x[1] * y[1]
		s2 += x[2] * y[2]
		s3 += x[3] * y[3]
	}
	for ; i < len(a); i++ {
		s0 += a[i] * b[i]
	}
	return (s0 + s1) + (s2 + s3)
}

// weighted is Σwx and Σwx² of a column.
type weighted struct{ x, xx float64 }

func (c *column) weigh(w []float64, weight float64) weighted {
	switch {
	case c.rows == nil:
		var s weighted
		for i, x := range c.values {
			s.x += w[i] * x
			s.xx += w[i] * x * x
		}
		return s
	case c.values == nil:
		rest := 0.0
		for _, r := range c.rows {
			rest += w[r]
		}
		hi := c.lo + c.step
		return weighted{c.lo*weight + c.step*rest, c.lo*c.lo*(weight-rest) + hi*hi*rest}
	}
	var s weighted
	for k, x := range c.values {
		s.x += w[c.rows[k]] * x
		s.xx += w[c.rows[k]] * x * x
	}
	return s
}

// descent lowers ½Σw(z - b0 - xβ)²/n + penalty, coordinate after coordinate. What all
// residuals z - b0 - xβ have in common is kept apart, so that a change of a column of two
// values touches its rest only.
type descent struct {
	d        *design
	w        []float64
	weight   float64    // Σw
	sums     []weighted // of the columns
	u        []float64  // w (residual - base)
	total    float64    // Σu
	base     float64
	strength float64
	lasso    bool
}

// least lowers ½Σw(z - b0 - xβ)²/n + penalty from (b0, beta) on, in place; r holds the
// residuals z - b0 - xβ and is kept so. It returns the intercept.
func (l Learner) least(d *design, w, r []float64, strength, b0 float64, beta []float64, sweeps int, tolerance float64) float64 {
	x := &descent{d: d, w: w, sums: make([]weighted, len(d.columns)), u: make([]float64, d.n), strength: strength, lasso: l.penalty == Lasso}
	for i, v := range w {
		x.weight += v
		x.u[i] = v * r[i]
	}
	for j := range d.columns {
		x.sums[j] = d.columns[j].weigh(w, x.weight)
	}
	all := true
	for range sweeps {
		moved := x.shift(&b0)
		for j := range beta {
			if !all && beta[j] == 0 || x.sums[j].xx <= 1e-12*float64(d.n) {
				continue
			}
			moved = max(moved, x.move(j, beta))
		}
		if moved < tolerance {
			if all {
				break
			}
			all = true // the active ones have settled: look at the others again
			continue
		}
		all = !x.lasso
	}
	for i, u := range x.u {
		r[i] = u/w[i] + x.base
	}
	return b0
}

// shift moves the intercept and returns by how much.
func (x *descent) shift(b0 *float64) float64 {
	x.total = 0
	for _, u := range x.u {
		x.total += u
	}
	s := x.total/x.weight + x.base
	*b0 += s
	x.base -= s
	return math.Abs(s)
}

// move moves coefficient j and returns by how much, in deviations.
func (x *descent) move(j int, beta []float64) float64 {
	c, sum, n := &x.d.columns[j], x.sums[j], float64(x.d.n)
	g, spread := (c.dot(x.u, x.total)+x.base*sum.x)/n, sum.xx/n
	old := beta[j]
	next := (g + spread*old) / (spread + x.strength)
	if x.lasso {
		next = soft(g+spread*old, x.strength) / spread
	}
	change := next - old
	if change == 0 {
		return 0
	}
	beta[j] = next
	x.base -= change * c.lo
	x.total -= change * (sum.x - c.lo*x.weight)
	c.lower(x.u, x.w, change)
	return math.Abs(change) * math.Sqrt(spread)
}
