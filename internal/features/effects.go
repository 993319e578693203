package features

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// effects is what each column adds to the target when the others are held: a ridge
// regression on numbers, their squares, dates, scales and levels. The mean of a level by
// itself tells of what comes with it as well: the clearest diamonds are the smallest ones,
// and so the cheapest.
type effects struct {
	parts []Named
	first []int       // column of the regression, by part
	coef  [][]float64 // by value of the target, then by column
}

// Bounds of the regression.
const (
	effectRows    = 20000 // that it is fitted to, at most
	effectColumns = 300
	effectShare   = 20 // rows for each column, at least
	effectPenalty = 10.0
)

// fitEffects fits the regression to values of the target, or to none where the table is
// too small for its columns, or too wide: then it is nil.
func fitEffects(f *Frame, values [][]float64) *effects {
	step := max(1, (f.N+effectRows-1)/effectRows)
	var rows []int
	for i := 0; i < f.N; i += step {
		rows = append(rows, i)
	}
	some := f.Select(rows)
	e, width := &effects{}, 0
	for i := range some.Columns {
		c := &some.Columns[i]
		p := additivePart(c)
		if p == nil || p.width() == 0 {
			continue
		}
		e.parts, e.first = append(e.parts, Named{Column: c.Name, Part: p}), append(e.first, width)
		if width += p.width(); width > effectColumns || width*effectShare > len(rows) {
			return nil
		}
	}
	if width == 0 {
		return nil
	}
	x := newColumns(width, len(rows))
	for i, p := range e.parts {
		p.Part.encode(some.Column(p.Column), x[e.first[i]:e.first[i]+p.Part.width()])
	}
	return e.solve(x, values, rows)
}

// additivePart encodes a column for a sum of effects, or is nil.
func additivePart(c *Column) part {
	switch {
	case c.Kind == Number:
		return fitNumber(c.Num, true, true)
	case c.Kind == Time:
		return fitDate(c, false)
	case c.Kind == Word && len(c.Order) > 0:
		return fitOrdinal(c, true, false)
	case c.Kind == Word:
		if levels, counts := levelsOf(c); len(levels) <= maxLevels {
			return fitOneHot(levels, counts, maxLevels, c.N(), true)
		}
	}
	return nil
}

// solve finds the coefficients, or nil where there are none.
func (e *effects) solve(x, values [][]float64, rows []int) *effects {
	p, n := len(x), len(rows)
	cells := make([]float64, 0, p*n)
	for _, col := range x {
		cells = append(cells, col...)
	}
	xx := mat.NewSymDense(p, nil)
	xx.SymOuterK(1, mat.NewDense(p, n, cells))
	for j := range p {
		xx.SetSym(j, j, xx.At(j, j)+effectPenalty)
	}
	var chol mat.Cholesky
	if !chol.Factorize(xx) {
		return nil
	}
	for _, y := range values {
		center, xy, coef := 0.0, mat.NewVecDense(p, nil), mat.NewVecDense(p, nil)
		for _, r := range rows {
			center += y[r] / float64(n)
		}
		for j, col := range x {
			sum := 0.0
			for i, r := range rows {
				sum += float64(col[i] * (y[r] - center))
			}
			xy.SetVec(j, sum)
		}
		if chol.SolveVecTo(coef, xy) != nil || !(mat.Norm(coef, 1) <= math.MaxFloat64) {
			return nil // columns that say the same, or numbers that are too large
		}
		e.coef = append(e.coef, coef.RawVector().Data)
	}
	return e
}

// add adds what a column adds to the values of all rows, so many times.
func (e *effects) add(f *Frame, column string, times float64, values [][]float64) {
	at := slices.IndexFunc(e.parts, func(p Named) bool { return p.Column == column })
	if at < 0 {
		return
	}
	const block = 4096
	p, c := e.parts[at].Part, f.Column(column)
	out := newColumns(p.width(), block)
	for from := 0; from < f.N; from += block {
		n := min(block, f.N-from)
		some := c.slice(from, from+n)
		for j := range out {
			out[j] = out[j][:n]
		}
		p.encode(&some, out)
		for v, coef := range e.coef {
			to := values[v][from : from+n]
			for j, col := range out {
				b := times * coef[e.first[at]+j]
				for i, x := range col {
					to[i] += float64(b * x)
				}
			}
		}
	}
}

// rests is what the target is of each row when all effects are taken from it.
func (e *effects) rests(f *Frame, values [][]float64) [][]float64 {
	out := newColumns(len(values), f.N)
	for v := range values {
		copy(out[v], values[v])
	}
	for _, p := range e.parts {
		e.add(f, p.Column, -1, out)
	}
	return out
}

// slice is some rows of a column.
func (c *Column) slice(from, to int) Column {
	s := *c
	if c.Num != nil {
		s.Num = c.Num[from:to]
	}
	if c.Str != nil {
		s.Str, s.Null = c.Str[from:to], c.Null[from:to]
	}
	return s
}
