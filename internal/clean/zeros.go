package clean

import (
	"math"
	"slices"
	"strings"

	"github.com/beamline-go/beamline/internal/number"
)

// leadingZeros gives codes of digits back the zeros in front that a program took
// for those of a number: where nearly all cells are of one width, which is the
// greatest, and some of those begin with a zero.
var leadingZeros = cellRule("zeros", learnZeros, func(s width) (Repair, error) {
	return func(cell string) (string, float64, bool) {
		if len(cell) >= s.Width || len(cell) < s.Width-maxLostZeros || !whole(cell) || cell == "" || cell[0] == '0' {
			return "", 0, false
		}
		return strings.Repeat("0", s.Width-len(cell)) + cell, precisionOf("zeros"), true
	}, nil
})

// width is the number of digits of a column's codes.
type width struct {
	Width int `json:"width"`
}

const (
	fullWidthShare = 0.8
	leastWidth     = 4
	maxLostZeros   = 2
)

func learnZeros(c *Column) *width {
	widths, all, padded, narrow := map[int]int{}, 0, 0, math.MaxInt
	for v := range c.Present() {
		all += v.Count
		if whole(v.Text) {
			widths[len(v.Text)] += v.Count
			if number.Padded(v.Text) {
				padded += v.Count
				narrow = min(narrow, len(v.Text))
			}
		}
	}
	digits, widest := 0, 0
	for w, n := range widths {
		digits += n
		if n > 0 {
			widest = max(widest, w)
		}
	}
	if all < fewestTemplated || float64(digits) < numberShare*float64(all) || widest < leastWidth ||
		float64(widths[widest]) < fullWidthShare*float64(digits) || padded == 0 || narrow < widest {
		return nil
	}
	for w := range widths {
		if w < widest-maxLostZeros {
			return nil // numbers, some of which begin with a zero
		}
	}
	return &width{widest}
}

// zerosByGroup gives codes their lost zeros where their width depends on another
// column: postcodes of several countries.
var zerosByGroup = rowRule("zeros_by", learnZerosByGroup, func(s widths, columns []string) (RowRepair, error) {
	at, by := slices.Index(columns, s.Column), slices.Index(columns, s.By)
	return func(r *Row) {
		if at < 0 || by < 0 {
			return
		}
		cell, full := r.Cells[at], s.Widths[r.Cells[by]]
		if cell != "" && cell[0] != '0' && len(cell) < full && len(cell) >= full-maxLostZeros && whole(cell) {
			r.Set(at, strings.Repeat("0", full-len(cell))+cell, precisionOf("zeros_by"))
		}
	}, nil
})

// widths are the digits of a column's codes by the value of another.
type widths struct {
	Column string         `json:"column"`
	By     string         `json:"by"`
	Widths map[string]int `json:"widths"`
}

// Bounds of learnZerosByGroup.
const (
	fewestInGroup = 10
	fullInGroup   = 0.6 // codes of a group of the full width
	mostByGroups  = 300
)

func learnZerosByGroup(t *Table) (out []widths) {
	for k, c := range t.Columns {
		if c.Fixed || c.Type.Numeric() || c.share(whole) < 0.3 || c.share(number.Padded) == 0 {
			continue
		}
		best, most := widths{}, 0
		from, to := t.beside(k)
		for _, by := range t.Columns[from:to] {
			if d := by.coded().Distinct; by == c || d < 2 || d > mostByGroups {
				continue
			}
			if w, n := c.widthsBy(by); n > most {
				best, most = widths{c.Name, by.Name, w}, n
			}
		}
		if most > 0 {
			out = append(out, best)
		}
	}
	return out
}

// widthsBy finds the groups in which codes have lost zeros, and how many codes.
func (c *Column) widthsBy(by *Column) (map[string]int, int) {
	counts := make([]map[int]int, len(by.Values))
	padded := make([]bool, len(by.Values))
	narrow := make([]int, len(by.Values)) // the least width of a code that begins with a zero
	for row, code := range c.Codes {
		text, g := c.Values[code].Text, by.Codes[row]
		if by.Values[g].Absent || !whole(text) || text == "" {
			continue
		}
		if counts[g] == nil {
			counts[g] = map[int]int{}
		}
		counts[g][len(text)]++
		if number.Padded(text) {
			if !padded[g] || len(text) < narrow[g] {
				narrow[g] = len(text)
			}
			padded[g] = true
		}
	}
	out, lost := map[string]int{}, 0
	for g, of := range counts {
		full, all := 0, 0
		for w, n := range of {
			full = max(full, w)
			all += n
		}
		short := false
		for w := range of {
			short = short || w < full-maxLostZeros
		}
		if !padded[g] || narrow[g] < full || short || all < fewestInGroup || full < leastWidth || all == of[full] || float64(of[full]) < fullInGroup*float64(all) {
			continue
		}
		out[by.Values[g].Text] = full
		lost += all - of[full]
	}
	return out, lost
}
