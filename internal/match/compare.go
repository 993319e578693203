package match

import (
	"math/bits"
	"unicode/utf8"

	"github.com/beamline-go/beamline/internal/distance"
)

// Comparison levels. Text has same, close, alike and different; words have
// same, four steps of likeness and different.
const (
	missing   int8 = -1
	same      int8 = 0
	nearly    int8 = 1
	alike     int8 = 2
	different int8 = 3 // of Text, Number and Codes
	unlike    int8 = 5 // of Words
	swapped   int8 = 6 // two columns agree crosswise
	numLevels      = 7
)

// wordSteps are the least likeness of the levels of words.
var wordSteps = [...]float64{0.9, 0.75, 0.55, 0.3}

// agrees reports whether a level is agreement.
func agrees(k Kind, level int8) bool {
	switch {
	case level == swapped:
		return true
	case level < 0:
		return false
	case k == Words:
		return level <= 2
	}
	return level <= nearly
}

// Shares of the longer text, in edits.
const (
	closeEdits = 0.2
	alikeEdits = 0.4
)

func compareText(a, b *value) int8 {
	if a.text == b.text {
		return same
	}
	m := max(utf8.RuneCountInString(a.text), utf8.RuneCountInString(b.text))
	limit := int(alikeEdits*float64(m) + 1e-9)
	if bits.OnesCount64(a.mask[0]&^b.mask[0])+bits.OnesCount64(a.mask[1]&^b.mask[1]) > limit ||
		bits.OnesCount64(b.mask[0]&^a.mask[0])+bits.OnesCount64(b.mask[1]&^a.mask[1]) > limit {
		return different
	}
	switch d := distance.Strings(a.text, b.text, limit); {
	case float64(d) <= closeEdits*float64(m), d == 1 && m >= 3:
		return nearly
	case d <= limit:
		return alike
	}
	return different
}

// likeness is the cosine of two sets of words, weighed by rarity.
func likeness(a, b *value) float64 {
	if a.norm == 0 || b.norm == 0 {
		return 0
	}
	sum := 0.0
	for i, j := 0, 0; i < len(a.words) && j < len(b.words); {
		switch {
		case a.words[i] == b.words[j]:
			sum += a.weights[i]
			i++
			j++
		case a.words[i] < b.words[j]:
			i++
		default:
			j++
		}
	}
	return sum / (a.norm * b.norm)
}

func compareWords(a, b *value) int8 {
	if len(a.words) == len(b.words) {
		equal := true
		for i := range a.words {
			if a.words[i] != b.words[i] {
				equal = false
				break
			}
		}
		if equal {
			return same
		}
	}
	like := likeness(a, b)
	for i, step := range wordSteps {
		if like >= step {
			return int8(i + 1)
		}
	}
	return unlike
}

// compare writes the level of each column.
func (m *Model) compare(a, b *Record, levels []int8) {
	for k := range m.Columns {
		x, y := &a.values[k], &b.values[k]
		switch {
		case m.Columns[k].Kind == None || x.absent() || y.absent():
			levels[k] = missing
		case m.Columns[k].Kind == Words:
			levels[k] = compareWords(x, y)
		case m.Columns[k].Kind == Codes:
			levels[k] = compareCodes(x, y)
		case m.Columns[k].Kind == Number:
			levels[k] = compareAmounts(x.amount, y.amount)
		default:
			levels[k] = compareText(x, y)
		}
	}
	for _, p := range m.Swaps {
		if crosswise(a, b, p[0], p[1], levels) {
			levels[p[0]], levels[p[1]] = swapped, missing
		}
	}
}

// crosswise reports whether two columns that don't agree do so crosswise.
func crosswise(a, b *Record, i, j int, levels []int8) bool {
	if levels[i] != missing && levels[i] != different || levels[j] != missing && levels[j] != different {
		return false
	}
	ai, aj, bi, bj := &a.values[i], &a.values[j], &b.values[i], &b.values[j]
	if ai.absent() != bj.absent() || aj.absent() != bi.absent() || ai.absent() && aj.absent() {
		return false
	}
	if max(utf8.RuneCountInString(ai.text), utf8.RuneCountInString(aj.text)) < 3 {
		return false
	}
	return (ai.absent() || compareText(ai, bj) <= nearly) && (aj.absent() || compareText(aj, bi) <= nearly)
}
