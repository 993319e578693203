package clean

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/beamline-go/beamline/internal/number"
)

// degrees writes a latitude or longitude in degrees, minutes and seconds, or with
// a letter for its direction, as a number, in a column of such numbers.
var degrees = cellRule("degrees", learnDegrees, func(nothing) (Repair, error) {
	return func(cell string) (string, float64, bool) {
		x, ok := readDegrees(cell)
		if !ok {
			return "", 0, false
		}
		return x, precisionOf("degrees"), true
	}, nil
})

var degreesPattern = regexp.MustCompile(`^([NSEWnsew-])?\s*([0-9]{1,3}(?:\.[0-9]+)?)\s*°?\s*(?:([0-9]{1,2}(?:\.[0-9]+)?)\s*['′’]\s*)?(?:([0-9]{1,2}(?:\.[0-9]+)?)\s*(?:"|″|''|”)\s*)?([NSEWnsew])?$`)

// readDegrees reads 48°8'14"N, 11.58 E or W 0°7' as degrees: with all of their digits where
// that is all there is, else with six behind the point. Bare numbers are none.
func readDegrees(cell string) (string, bool) {
	if len(cell) > 32 || !strings.ContainsAny(cell, "°NSEWnsew") {
		return "", false
	}
	m := degreesPattern.FindStringSubmatch(cell)
	if m == nil || m[1] != "" && m[1] != "-" && m[5] != "" {
		return "", false
	}
	x := 0.0
	for i, unit := range []float64{1, 60, 3600} {
		if m[2+i] == "" {
			continue
		}
		v, err := strconv.ParseFloat(m[2+i], 64)
		if err != nil || i > 0 && v >= 60 {
			return "", false
		}
		x += v / unit
	}
	limit := 180.0
	switch strings.ToUpper(m[1] + m[5]) {
	case "S", "-S":
		limit, x = 90, -x
	case "N":
		limit = 90
	case "W", "-", "-W":
		x = -x
	}
	if m[3] != "" || m[4] != "" {
		return strconv.FormatFloat(math.Round(x*1e6)/1e6, 'f', -1, 64), math.Abs(x) <= limit
	}
	text := strings.TrimLeft(m[2], "0")
	if text == "" || text[0] == '.' {
		text = "0" + text
	}
	if x < 0 {
		text = "-" + text
	}
	return text, math.Abs(x) <= limit
}

// Bounds of coordinates.
const (
	decimalDegrees = 0.6  // cells that are numbers already
	fineShare      = 0.5  // cells with three digits or more behind the point
	boxTail        = 0.02 // of the cells, on each side, that are left out of the box
	mostMisplaced  = 0.05 // rows that are mended
)

func learnDegrees(c *Column) *nothing {
	plain := c.share(func(s string) bool { return isPlain(s) && fine(s) })
	written := c.share(func(s string) bool { _, ok := readDegrees(s); return ok })
	if written == 0 || plain < decimalDegrees*fineShare || plain+written < numberShare*decimalDegrees ||
		c.share(func(s string) bool { _, ok := readDegrees(s); return ok || isPlain(s) }) < numberShare {
		return nil
	}
	return &nothing{}
}

// fine reports whether a number has three digits or more behind the point.
func fine(s string) bool {
	at := strings.IndexByte(s, '.')
	return at >= 0 && len(s)-at > 3
}

// coordinates exchanges the two coordinates of a place that stand in each other's
// column: where the place lies far from all others as it is, and among them when
// that is done. A coordinate that lies among the others with the other sign may be
// of a place abroad.
var coordinates = rowRule("coordinate", learnCoordinates, func(p places, columns []string) (RowRepair, error) {
	a, b := slices.Index(columns, p.A), slices.Index(columns, p.B)
	return func(r *Row) {
		if a < 0 || b < 0 {
			return
		}
		x, okX := number.Parse(r.Cells[a])
		y, okY := number.Parse(r.Cells[b])
		switch {
		case !okX || !okY:
		case p.swapped(x, y):
			was := r.Cells[a]
			r.Set(a, r.Cells[b], precisionOf("coordinate"))
			r.Set(b, was, precisionOf("coordinate"))
		}
	}, nil
})

// places are two columns of coordinates, and where nearly all of them lie.
type places struct {
	A    string `json:"a"`
	B    string `json:"b"`
	BoxA box    `json:"box_a"`
	BoxB box    `json:"box_b"`
}

type box struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

func (b box) has(x float64) bool { return x >= b.Low && x <= b.High }

func (p places) swapped(x, y float64) bool {
	return !p.BoxA.has(x) && !p.BoxB.has(y) && p.BoxA.has(y) && p.BoxB.has(x)
}

func learnCoordinates(t *Table) (out []places) {
	boxes, rows := make([]*box, len(t.Columns)), make([][]float64, len(t.Columns))
	for k, c := range t.Columns {
		boxes[k], rows[k] = c.box()
	}
	for a := range t.Columns {
		_, to := t.beside(a)
		for b := a + 1; b < to; b++ {
			x, y := boxes[a], boxes[b]
			if x == nil || y == nil || x.Low <= y.High && y.Low <= x.High ||
				!(x.latitude() || y.latitude()) {
				continue
			}
			p := places{t.Columns[a].Name, t.Columns[b].Name, *x, *y}
			if n := p.misplaced(rows[a], rows[b]); n > 0 && float64(n) <= mostMisplaced*float64(t.Rows) {
				out = append(out, p)
			}
		}
	}
	return out
}

func (b box) latitude() bool { return b.Low >= -90 && b.High <= 90 }

// box is where nearly all coordinates of a column lie, half as wide again, and
// those of each row; nil where it has none.
func (c *Column) box() (*box, []float64) {
	if !c.Type.Numeric() || c.share(fine) < fineShare {
		return nil, nil
	}
	m := c.numbers()
	if m == nil {
		return nil, nil
	}
	low, high := m.quantile(boxTail), m.quantile(1-boxTail)
	wide := (high - low) / 2
	b := &box{low - wide, high + wide}
	if b.Low < -180 || b.High > 180 {
		return nil, nil
	}
	return b, m.rows
}

// misplaced counts the rows that would be mended.
func (p places) misplaced(x, y []float64) (n int) {
	for i := range x {
		if p.swapped(x[i], y[i]) {
			n++
		}
	}
	return n
}
