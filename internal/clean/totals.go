package clean

import (
	"math"
	"slices"
	"strings"

	"github.com/beamline-go/beamline/internal/number"
)

// totals refuses rows that are sums of others, and no records: a cell says so, and
// the numbers prove it. It takes the whole table to prove; a row of a later table
// is refused by the word that stood there.
var totals = rowRule("totals_row", learnTotals, refuseTotals)

// summed are the words that stand for sums in a column.
type summed struct {
	Column string   `json:"column"`
	Words  []string `json:"words"`
}

// sumWords are words that stand in front of sums.
var sumWords = setOf([]string{"total", "totals", "grand total", "sum", "subtotal", "sub-total", "summe", "gesamt", "somme", "suma", "totale", "totaal"})

// sumWord is the word by which a cell calls its row a sum, or empty.
func sumWord(cell string) string {
	word := strings.ToLower(strings.TrimSuffix(strings.TrimSpace(cell), ":"))
	first, _, _ := strings.Cut(word, " ")
	if sumWords[word] || sumWords[first] || strings.HasSuffix(word, " total") {
		return word
	}
	return ""
}

// fewestSummed is how many rows a sum is of, at least.
const fewestSummed = 3

func learnTotals(t *Table) (out []summed) {
	if !t.Whole {
		return nil
	}
	proven := t.provenTotals()
	if len(proven) == 0 {
		return nil
	}
	for _, c := range t.Columns {
		s := summed{Column: c.Name}
		all := true
		for row := range t.Rows {
			word := sumWord(c.text(row))
			switch {
			case word == "":
			case !proven[row]:
				all = false // it may be a name
			case !slices.Contains(s.Words, word):
				s.Words = append(s.Words, word)
			}
		}
		if all && len(s.Words) > 0 {
			out = append(out, s)
		}
	}
	return out
}

// provenTotals finds rows that a word calls sums and whose numbers are those of
// the rows before them, or of those since the last sum.
func (t *Table) provenTotals() map[int]bool {
	proven := map[int]bool{}
	called := t.calledTotals()
	if len(called) == 0 {
		return proven
	}
	var columns []*Column
	for _, c := range t.Columns {
		if c.Type.Numeric() {
			columns = append(columns, c)
		}
	}
	all, since := newSums(len(columns)), newSums(len(columns))
	for row := range t.Rows {
		switch {
		case !called[row]:
			all.add(columns, row)
			since.add(columns, row)
		case all.prove(columns, row) || since.prove(columns, row):
			proven[row] = true
			since = newSums(len(columns))
		}
	}
	return proven
}

func (t *Table) calledTotals() map[int]bool {
	called := map[int]bool{}
	for _, c := range t.Columns {
		is := make([]bool, len(c.Values))
		any := false
		for i, v := range c.Values {
			is[i] = sumWord(v.Text) != ""
			any = any || is[i]
		}
		if !any {
			continue
		}
		for row, code := range c.Codes {
			if is[code] {
				called[row] = true
			}
		}
	}
	return called
}

// sums are those of columns, over some rows.
type sums struct {
	rows  int
	sum   []float64
	count []int
}

func newSums(columns int) *sums {
	return &sums{sum: make([]float64, columns), count: make([]int, columns)}
}

func (s *sums) add(columns []*Column, row int) {
	s.rows++
	for k, c := range columns {
		if x, ok := number.Parse(c.text(row)); ok {
			s.sum[k] += x
			s.count[k]++
		}
	}
}

// prove reports whether each number of a row is the sum of its column, or the
// mean, and one at least a sum.
func (s *sums) prove(columns []*Column, row int) bool {
	proof := false
	for k, c := range columns {
		text := c.text(row)
		x, ok := number.Parse(text)
		switch {
		case !ok:
		case s.sum[k] != 0 && rounded(text, x, s.sum[k]):
			proof = true
		case s.count[k] > 0 && rounded(text, x, s.sum[k]/float64(s.count[k])):
		default:
			return false
		}
	}
	return proof && s.rows >= fewestSummed
}

// rounded reports whether x, written as text, is a value, rounded.
func rounded(text string, x, value float64) bool {
	decimals := 0
	if _, after, ok := strings.Cut(text, "."); ok {
		decimals = len(after)
	}
	return math.Abs(x-value) <= 0.5001*math.Pow10(-decimals)+1e-12*math.Abs(value)
}

func refuseTotals(s summed, columns []string) (RowRepair, error) {
	at := slices.Index(columns, s.Column)
	words := setOf(s.Words)
	if slices.ContainsFunc(s.Words, func(w string) bool { return sumWords[w] }) {
		for w := range sumWords {
			words[w] = true
		}
	}
	return func(r *Row) {
		if at >= 0 && words[sumWord(r.Cells[at])] {
			r.Refuse("it is a sum of other rows: " + r.Cells[at])
		}
	}, nil
}
