package clean

import (
	"strings"

	"github.com/beamline-go/beamline/internal/number"
)

// leadingZeros gives codes of digits back the zeros in front that a program took
// for those of a number: where nearly all cells are of one width, which is the
// greatest, and some of those begin with a zero.
var leadingZeros = cellRule("zeros", learnZeros, func(s width) (Repair, error) {
	return func(cell string) (string, float64, bool) {
		if len(cell) >= s.Width || len(cell) < s.Width-maxLostZeros || !whole(cell) || cell == "" {
			return "", 0, false
		}
		return strings.Repeat("0", s.Width-len(cell)) + cell, 0.97, true
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
	widths, all, padded := map[int]int{}, 0, 0
	for _, v := range c.Values {
		if v.Absent {
			continue
		}
		all += v.Count
		if whole(v.Text) {
			widths[len(v.Text)] += v.Count
			if number.Padded(v.Text) {
				padded += v.Count
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
		float64(widths[widest]) < fullWidthShare*float64(digits) || padded == 0 {
		return nil
	}
	for w := range widths {
		if w < widest-maxLostZeros {
			return nil // numbers, some of which begin with a zero
		}
	}
	return &width{widest}
}
