package clean

import (
	"strings"
	"unicode/utf8"

	"github.com/beamline-go/beamline/internal/distance"
)

// frames mends what stands around the number of a cell where the whole column
// has it in the same words: "21 pattients" among "340 patients". A cell is left
// alone where the number itself may be hurt.
var frames = cellRule("frame", learnFrame, func(f frame) (Repair, error) {
	return func(cell string) (string, float64, bool) {
		mended, ok := f.mend(cell)
		return mended, precisionOf("frame"), ok
	}, nil
})

// frame is the words around a number, which is a # there.
type frame struct {
	Text  string          `json:"text"`
	Known map[string]bool `json:"known,omitempty"` // other frames that the column has
}

const (
	frameShare  = 0.8 // cells in the leading frame
	strayFrames = 5   // cells in a frame that may be a slip,
	strayShare  = 0.01
)

func learnFrame(c *Column) *frame {
	if c.Type.Numeric() || c.Type.Temporal() {
		return nil
	}
	counts := map[string]int{}
	all := 0
	for v := range c.Present() {
		all += v.Count
		if f, _, ok := frameOf(v.Text); ok {
			counts[f] += v.Count
		}
	}
	f := frame{Text: leading(counts), Known: map[string]bool{}}
	if all < fewestCells || float64(counts[f.Text]) < frameShare*float64(all) || f.Text == "#" {
		return nil
	}
	strays := 0
	for text, n := range counts {
		switch {
		case text == f.Text:
		case n > max(strayFrames, int(strayShare*float64(all))):
			f.Known[text] = true
		case f.slip(text):
			strays++
		}
	}
	if strays == 0 {
		return nil
	}
	return &f
}

// frameOf cuts a cell around its one number.
func frameOf(cell string) (frame, digits string, ok bool) {
	if len(cell) > maxKnownCell {
		return "", "", false
	}
	start := strings.IndexAny(cell, "0123456789")
	if start < 0 {
		return "", "", false
	}
	end := start
	for end < len(cell) && (cell[end] >= '0' && cell[end] <= '9' || cell[end] == '.' && end+1 < len(cell) && cell[end+1] >= '0' && cell[end+1] <= '9') {
		end++
	}
	if strings.ContainsAny(cell[end:], "0123456789") {
		return "", "", false
	}
	return cell[:start] + "#" + cell[end:], cell[start:end], true
}

func (f frame) mend(cell string) (string, bool) {
	text, digits, ok := frameOf(cell)
	if !ok || text == f.Text || f.Known[text] || !f.slip(text) {
		return "", false
	}
	return strings.Replace(f.Text, "#", digits, 1), true
}

// slip reports whether a frame is a misspelling of the leading one. What stands
// next to the number must be right, or one character for another: a letter too
// many there may have been a digit.
func (f frame) slip(text string) bool {
	before, behind, _ := strings.Cut(f.Text, "#")
	head, tail, _ := strings.Cut(text, "#")
	if !beside([]rune(reverse(before)), []rune(reverse(head))) || !beside([]rune(behind), []rune(tail)) {
		return false
	}
	a, b := []rune(f.Text), []rune(text)
	if len(a) < shortest5 && (len(a) != len(b) || hasLetter(f.Text)) {
		return false // 95x is 95%, but 5k is not 5m
	}
	limit := max(1, len(a)/5)
	return distance.Edit(a, b, limit) <= limit
}

// beside reports whether what stands next to the number is in its place.
func beside(right, text []rune) bool {
	switch {
	case len(right) == 0 || len(text) == 0:
		return len(right) == len(text)
	case right[0] == text[0]:
		return true
	}
	return len(right) == len(text) && string(right[1:]) == string(text[1:])
}

func reverse(s string) string {
	r := make([]byte, len(s))
	for i := len(s); i > 0; {
		_, n := utf8.DecodeLastRuneInString(s[:i])
		copy(r[len(s)-i:], s[i-n:i])
		i -= n
	}
	return string(r)
}
