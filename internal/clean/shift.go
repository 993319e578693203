package clean

import (
	"slices"
	"strings"
	"unicode"
)

// shifted takes two values in one cell apart, where the second belongs to a
// column that is empty there: "Bend OR" beside an empty state.
var shifted = rowRule("shift", learnShifted, func(s together, columns []string) (RowRepair, error) {
	from, to := slices.Index(columns, s.From), slices.Index(columns, s.To)
	domain := setOf(s.Domain)
	return func(r *Row) {
		if from < 0 || to < 0 || !isAbsent(r.Cells[to]) {
			return
		}
		if rest, value, ok := split(r.Cells[from], domain, s.Front); ok {
			r.Set(from, rest, precisionOf("shift"))
			r.Set(to, value, precisionOf("shift"))
		}
	}, nil
})

// together are two columns whose values stand together in some cells of the
// first.
type together struct {
	From   string   `json:"from"`
	To     string   `json:"to"`
	Front  bool     `json:"front,omitempty"` // the value of To stands in front
	Domain []string `json:"domain"`          // the values of To
}

// Bounds of learnShifted, as shares.
const (
	fewestGaps    = 0.005 // empty cells of the second column
	mostGaps      = 0.7
	fewestHits    = 3    // different texts
	hitShare      = 0.25 // empty cells whose neighbour ends with a known value
	hitLift       = 5.0  // times as often as beside cells that are filled
	knownPrefixes = 0.3  // what is left of the first cell is itself known
)

func setOf(texts []string) map[string]bool {
	set := make(map[string]bool, len(texts))
	for _, t := range texts {
		set[t] = true
	}
	return set
}

// split takes a known value off the end or the front of a cell.
func split(cell string, domain map[string]bool, front bool) (rest, value string, ok bool) {
	const marks = " ,;/|-"
	for i := len(cell) - 1; i > 0; i-- {
		if strings.IndexByte(marks, cell[i]) < 0 {
			continue
		}
		left, right := strings.TrimRight(cell[:i], marks), strings.TrimLeft(cell[i+1:], marks)
		if front {
			left, right = right, left
		}
		if left != "" && domain[right] {
			return left, right, true
		}
	}
	return "", "", false
}

func learnShifted(t *Table) (out []together) {
	for b, to := range t.Columns {
		gaps := 0
		var domain []string
		for _, v := range to.Values {
			switch {
			case v.Absent:
				gaps += v.Count
			case v.Count >= 2 && strings.ContainsFunc(v.Text, unicode.IsLetter):
				domain = append(domain, v.Text)
			}
		}
		if to.Fixed || len(domain) == 0 || gaps < fewestHits || float64(gaps) < fewestGaps*float64(t.Rows) || float64(gaps) > mostGaps*float64(t.Rows) {
			continue
		}
		set := setOf(domain)
		first, last := t.beside(b)
		for a := first; a < last; a++ {
			from := t.Columns[a]
			if a == b || from.Fixed || from.Type.Numeric() {
				continue
			}
			for _, front := range []bool{false, true} {
				if t.areTogether(from, to, set, front, gaps) {
					out = append(out, together{from.Name, to.Name, front, domain})
					break
				}
			}
		}
	}
	return out
}

func (t *Table) areTogether(from, to *Column, domain map[string]bool, front bool, gaps int) bool {
	type parts struct {
		ok    bool
		known bool
	}
	texts := map[string]bool{}
	for _, v := range from.Values {
		texts[v.Text] = true
	}
	byCode := make([]parts, len(from.Values))
	for i, v := range from.Values {
		rest, _, ok := split(v.Text, domain, front)
		byCode[i] = parts{ok, ok && texts[rest]}
	}
	hits, known, others := 0, 0, 0
	seen := map[int32]bool{} // texts of the hits: one that comes back is one witness
	for row, code := range from.Codes {
		p := byCode[code]
		switch {
		case !p.ok:
		case to.Values[to.Codes[row]].Absent:
			hits++
			seen[code] = true
			if p.known {
				known++
			}
		default:
			others++
		}
	}
	filled := max(t.Rows-gaps, 1)
	return len(seen) >= fewestHits && float64(hits) >= hitShare*float64(gaps) && float64(known) >= knownPrefixes*float64(hits) &&
		float64(hits)/float64(gaps) >= hitLift*float64(others)/float64(filled)+0.2
}
