package clean

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mathext"

	"github.com/beamline-go/beamline/internal/number"
)

// scales brings numbers that are a thousand times too large or too small back to the
// scale of their column: where the magnitudes have two heaps with nothing between
// them, the smaller one is the larger one a thousand times, and no other column tells
// its rows from the others.
var scales = rowRule("scale", learnScales, func(s scaled, columns []string) (RowRepair, error) {
	at := slices.Index(columns, s.Column)
	return func(r *Row) {
		if at < 0 {
			return
		}
		x, ok := plainMagnitude(r.Cells[at])
		if !ok || !s.off(x) {
			return
		}
		if mended, ok := shifted10(r.Cells[at], s.Power); ok {
			if strings.Contains(r.Cells[at], ".") && !strings.Contains(mended, ".") {
				mended += ".0" // as it was written
			}
			r.SetBecause(at, mended, s.Confidence, s.Because)
		}
	}, nil
})

// scaled is the scale of a column.
type scaled struct {
	Column string  `json:"column"`
	Power  int     `json:"power"` // of ten, by which numbers beyond the border are wrong
	Border float64 `json:"border"`
	// Low and High bound what a number may be when it is mended: the least and the
	// greatest of the others, with some room.
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	Confidence float64 `json:"confidence"`
	Because    string  `json:"because"`
}

// off reports whether a number is of the wrong scale, and among the others when
// that is mended.
func (s scaled) off(x float64) bool {
	m := x * math.Pow10(s.Power)
	return (s.Power < 0 && x >= s.Border || s.Power > 0 && x <= s.Border) && m >= s.Low && m <= s.High
}

// Bounds of learnScales.
const (
	scalePower   = 3
	fewestScaled = 3     // cells of the smaller heap
	mostScaled   = 0.25  // of all
	scaleGap     = 0.5   // decades between the heaps
	fewestHeap   = 30    // cells of the larger heap
	scaleSlack   = 0.5   // of the decades of the larger heap, by which what is mended may lie beside it,
	mostSlack    = 0.002 // and at most
	widestHeap   = 2.5   // decades that it spans: then it can't overlap with what is a thousand times as large
	sameHeaps    = 3.5   // standard errors by which the means of both may differ
	nearZero     = 0.1   // of the larger heap: its least numbers, which say how many are near zero
	scaleChance  = 0.01  // that any column of the table has such a heap beside zero
)

// moreThanNearZero reports whether so many cells from zero to border are more than chance
// leaves there in one of the columns, by the least numbers of the others, which lie in
// order: where numbers go through zero some are a thousandth of the others, and a gap
// beside them is of their last digit.
func moreThanNearZero(others []weighted, border float64, cells, columns int) bool {
	n := 0
	for _, v := range others {
		n += v.count
	}
	least, k := 0, 0
	for k < len(others) && float64(least) < nearZero*float64(n) {
		least += others[k].count
		k++
	}
	expected := float64(least) / others[k-1].x * border
	atLeast := mathext.GammaIncReg(float64(cells), expected) // of a Poisson distribution
	return atLeast*float64(columns) < scaleChance
}

// alikeHeaps reports whether the numbers of a heap, brought to the scale of the
// others, are distributed as these are, by the mean of their logarithms, and written
// as these are: whole numbers become no fractions, and none that ends in zeros.
func alikeHeaps(heap, other []weighted, power int) bool {
	if math.Abs(math.Log10(heap[len(heap)-1].x/heap[0].x)) > widestHeap {
		return false
	}
	mean, sd, n := logMoments(heap)
	moved, _, k := logMoments(other)
	if math.Abs(moved+float64(power)-mean) > sameHeaps*sd/math.Sqrt(min(k, n)) {
		return false
	}
	factor := math.Pow10(power)
	for _, v := range heap {
		if v.x != math.Trunc(v.x) {
			return true
		}
	}
	for _, v := range other {
		if power > 0 || math.Mod(v.x*factor, 1) != 0 {
			return false
		}
	}
	return true
}

// logMoments are the mean and the standard deviation of the logarithms, and how
// many there are.
func logMoments(values []weighted) (mean, sd, n float64) {
	sum, squares := 0.0, 0.0
	for _, v := range values {
		l, k := math.Log10(v.x), float64(v.count)
		n += k
		sum += k * l
		squares += k * l * l
	}
	mean = sum / n
	return mean, math.Sqrt(max(0, squares/n-mean*mean)), n
}

func learnScales(t *Table) (out []scaled) {
	columns := 0
	for _, c := range t.Columns {
		if c.Type.Numeric() {
			columns++
		}
	}
	for _, c := range t.Columns {
		if c.Fixed || c.Reconciled || !c.Type.Numeric() {
			continue
		}
		for _, power := range []int{-scalePower, scalePower} {
			if s, ok := c.scale(power, columns); ok && !t.explained(c, s) {
				out = append(out, s)
				break
			}
		}
	}
	return out
}

// plainMagnitude is the magnitude of a number that is not zero.
func plainMagnitude(cell string) (float64, bool) {
	x, ok := number.Parse(cell)
	x = math.Abs(x)
	return x, ok && x > 0
}

// scale looks for a heap of numbers that a power of ten brings among the others, in one of
// so many columns.
func (c *Column) scale(power, columns int) (s scaled, ok bool) {
	var all []weighted
	n := 0
	for v := range c.Present() {
		if x, ok := plainMagnitude(v.Text); ok {
			all = append(all, weighted{x, v.Count})
			n += v.Count
		}
	}
	if n < fewestHeap {
		return s, false
	}
	slices.SortFunc(all, func(a, b weighted) int {
		if power > 0 {
			a, b = b, a
		}
		return cmp.Compare(a.x, b.x)
	})
	// The widest gap from which on few numbers remain.
	cells, at, widest := 0, -1, scaleGap
	for i := range len(all) - 1 {
		cells += all[i].count
		if rest := n - cells; rest < fewestScaled || float64(rest) > mostScaled*float64(n) {
			continue
		}
		if gap := math.Abs(math.Log10(all[i+1].x / all[i].x)); gap > widest {
			at, widest = i, gap
		}
	}
	if at < 0 {
		return s, false
	}
	s = scaled{Column: c.Name, Power: power, Border: all[at+1].x, Low: min(all[0].x, all[at].x), High: max(all[0].x, all[at].x), Confidence: precisionOf("scale")}
	s.Because = "the others are from " + number.Format(s.Low) + " to " + number.Format(s.High)
	slack := math.Pow(10, min(mostSlack, scaleSlack*math.Log10(s.High/s.Low)))
	s.Low, s.High = s.Low/slack, s.High*slack
	moved := 0
	for _, v := range all[at+1:] {
		if s.off(v.x) {
			moved += v.count
		} else {
			return s, false // it is no other scale
		}
	}
	if !alikeHeaps(all[:at+1], all[at+1:], power) {
		return s, false
	}
	if power > 0 {
		others := all[:at+1]
		slices.Reverse(others)
		if !moreThanNearZero(others, s.Border, moved, columns) {
			return s, false
		}
	}
	return s, moved >= fewestScaled
}

// explained reports whether a value of another column tells the rows of the wrong
// scale from the others: then they are of another measure.
func (t *Table) explained(c *Column, s scaled) bool {
	var rows []int32
	for row := range t.Rows {
		if x, ok := plainMagnitude(c.text(row)); ok && s.off(x) {
			rows = append(rows, int32(row))
		}
	}
	g := t.gather(c.Name, rows)
	for i := range g.columns {
		n := 0
		for _, r := range rows {
			if g.at[i][g.columns[i].Codes[r]] {
				n++
			}
		}
		if 2*n > len(rows) {
			return true
		}
	}
	return false
}
