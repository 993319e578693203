package clean

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/beamline-go/beamline/internal/dependence"
	"github.com/beamline-go/beamline/internal/slip"
)

// things are what may be misspelled in a column: its cells, or the words of its
// cells. Each stands in places: a row, or a word's place in a row.
type things struct {
	column *Column
	words  bool
	values []slip.Value // the most frequent first
	places int          // in all
	at     [][]int32    // the places of each value, at most mostPlaces
	rows   []int32      // of each place; nil where a place is a row
	code   []int32      // the value at each place, or -1
	beside []aspect

	pairs             []slip.Pair
	slips             []bool  // of values: rare, and near a frequent one
	near, far         float64 // rare values that are near a frequent one, and others
	open, legit       float64
	ordered           bool            // the order of parts tells values apart
	slipForms         map[string]int  // values that are slips, by their form of digits
	shapes, forms     map[string]int  // places with a shape, and with a form of digits
	siblings          map[string]int  // slips of a lead
	frequent, covered float64         // values that are frequent, and the share of the places that have one
	known             map[string]bool // texts, when asked for
}

// aspect is what stands beside the places: another cell of the row, or the next
// word. Codes are -1 where there is none.
type aspect struct {
	codes  []int32
	counts []int32 // places with a code
	filled float64
	byRow  bool
}

func (b *aspect) code(t *things, place int32) int32 {
	if b.byRow && t.rows != nil {
		place = t.rows[place]
	}
	return b.codes[place]
}

// Bounds of what is looked at.
const (
	mostPlaces  = 2000 // of a value
	mostBeside  = 40   // columns, the nearest ones
	rarePlaces  = 60   // of a rare value
	longestCell = 400  // bytes of a cell whose words are looked at
	mostWords   = 4e6  // places of words
)

// cellsOf are the cells of a column.
func cellsOf(t *Table, c *Column) *things {
	s := &things{column: c, places: t.Rows, code: c.coded().Codes}
	number, absent := make([]int32, len(c.Values)), false
	for i, v := range c.Values {
		number[i] = -1
		absent = absent || v.Absent
		if !v.Absent || saysMissing(v) {
			number[i] = int32(len(s.values))
			s.values = append(s.values, slip.Value{Text: v.Text, Count: v.Count})
		}
	}
	if absent {
		s.code = make([]int32, t.Rows)
		for row, code := range c.Codes {
			s.code[row] = number[code]
		}
	}
	s.index()
	return s
}

// saysMissing reports whether a value that means "no value" is a word that is misspelled
// like others: unknown, missing, empty.
func saysMissing(v Value) bool {
	return v.Absent && v.Count >= frequentAll && len(v.Text) >= shortestAbsent && onlyLetters(v.Text)
}

const shortestAbsent = 5 // letters

// wordsOfCells are the words of the cells of a column, where it has texts of
// several words; nil otherwise.
func wordsOfCells(t *Table, c *Column) *things {
	s := &things{column: c, words: true, rows: []int32{}}
	words := make([][]int32, len(c.Values))
	index := map[string]int32{}
	for i, v := range c.Values {
		if v.Absent || len(v.Text) > longestCell {
			continue
		}
		for w := range eachWord(v.Text) {
			n, ok := index[w]
			if !ok {
				n = int32(len(s.values))
				index[w] = n
				s.values = append(s.values, slip.Value{Text: w})
			}
			s.values[n].Count += v.Count
			words[i] = append(words[i], n)
		}
	}
	order := make([]int32, len(s.values))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		v, w := s.values[a], s.values[b]
		return cmp.Or(cmp.Compare(w.Count, v.Count), strings.Compare(v.Text, w.Text))
	})
	sorted, place := make([]slip.Value, len(order)), make([]int32, len(order))
	for to, from := range order {
		sorted[to], place[from] = s.values[from], int32(to)
	}
	s.values = sorted
	before, after := aspect{}, aspect{}
	for row, code := range c.Codes {
		of := words[code]
		for k, w := range of {
			s.code, s.rows = append(s.code, place[w]), append(s.rows, int32(row))
			b, a := int32(len(sorted)), int32(len(sorted)) // an end of the cell
			if k > 0 {
				b = place[of[k-1]]
			}
			if k+1 < len(of) {
				a = place[of[k+1]]
			}
			before.codes, after.codes = append(before.codes, b), append(after.codes, a)
		}
		if len(s.code) > mostWords {
			return nil
		}
	}
	s.places = len(s.code)
	s.beside = []aspect{before, after}
	for i := range s.beside {
		s.beside[i].count(s, len(sorted)+1)
	}
	s.index()
	return s
}

// eachWord goes through the words of a text.
func eachWord(s string) func(func(string) bool) {
	return func(yield func(string) bool) {
		words(s, func(from, to int) bool { return yield(s[from:to]) })
	}
}

// words calls f for the place of each word: what stands between white space,
// brackets and the like, without the punctuation at its ends.
func words(s string, f func(from, to int) bool) {
	for from := 0; from < len(s); {
		to := len(s)
		if i := strings.IndexFunc(s[from:], between); i >= 0 {
			to = from + i
		}
		if word := strings.Trim(s[from:to], edges); word != "" {
			at := from + strings.Index(s[from:to], word)
			if !f(at, at+len(word)) {
				return
			}
		}
		_, n := utf8.DecodeRuneInString(s[to:])
		from = to + max(1, n)
	}
}

// edges are characters that belong to no word at its ends.
const edges = ".:'`!?*-_&"

// between reports whether a character stands between words.
func between(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune(",;/|()[]{}\"", r)
}

func (b *aspect) count(t *things, codes int) {
	b.counts = make([]int32, codes)
	for p := range t.places {
		if c := b.code(t, int32(p)); c >= 0 {
			b.counts[c]++
			b.filled++
		}
	}
}

// index lists the places of each value, and what is beside them.
func (s *things) index() {
	s.at = make([][]int32, len(s.values))
	for p, v := range s.code {
		if v >= 0 && len(s.at[v]) < mostPlaces {
			s.at[v] = append(s.at[v], int32(p))
		}
	}
}

// has reports whether a text is one of the things.
func (s *things) has(text string) bool {
	if s.known == nil {
		s.known = make(map[string]bool, len(s.values))
		for _, v := range s.values {
			s.known[v.Text] = true
		}
	}
	return s.known[text]
}

// surround adds the other columns of the table, the nearest ones first.
func (s *things) surround(t *Table) {
	own := slices.Index(t.Columns, s.column)
	for d := 1; d < len(t.Columns) && len(s.beside) < mostBeside; d++ {
		for _, k := range []int{own - d, own + d} {
			if k < 0 || k >= len(t.Columns) {
				continue
			}
			of := t.Columns[k].coded()
			if of.Distinct < 2 || float64(of.Distinct) > dependence.MostDetermined*float64(of.Filled) {
				continue
			}
			b := aspect{codes: of.Codes, byRow: true}
			b.count(s, of.Values)
			s.beside = append(s.beside, b)
		}
	}
}

// Bounds of what counts as rare and as frequent.
const (
	rareOf      = 0.01
	timesOf     = 5
	frequentAll = 5
)

// survey finds the pairs, and what they say of the column.
func (s *things) survey() {
	s.pairs = slip.Pairs(s.values)
	permuted := func(p slip.Pair) bool { return p.Edit.Kind == slip.Permuted }
	s.ordered = slices.ContainsFunc(s.pairs, permuted) && s.column.ordersMeant()
	least := max(2, int(rareOf*float64(s.places))) // rare values are there so often at most
	s.slips = make([]bool, len(s.values))
	s.siblings = map[string]int{}
	legit := 0
	for _, p := range s.pairs {
		r, f := s.values[p.Rare].Count, s.values[p.Lead].Count
		if r <= least && f >= timesOf*r && !s.slips[p.Rare] {
			s.slips[p.Rare] = true
		}
		if r <= least && f >= timesOf*r {
			s.siblings[s.values[p.Lead].Text]++
		}
	}
	for _, p := range s.pairs {
		r, f := s.values[p.Rare].Count, s.values[p.Lead].Count
		// Two slips of one value are often near each other.
		if r >= frequentAll && p.Edit.Kind <= slip.Transpose && f < timesOf*r && !(s.slips[p.Rare] && s.slips[p.Lead]) {
			legit++
		}
	}
	frequent, single := 0, 0
	for i, v := range s.values {
		switch {
		case v.Count >= frequentAll && !s.slips[i]:
			frequent++
			s.covered += float64(v.Count)
		case s.slips[i]:
		case v.Count == 1:
			single++
		}
		if v.Count <= least {
			if s.slips[i] {
				s.near++
			} else {
				s.far++
			}
		}
	}
	filled := float64(max(1, s.filled()))
	s.open = math.Log((float64(single) + 0.5) / (filled + 1))
	s.frequent, s.covered = float64(frequent), s.covered/filled
	s.legit = float64(legit) / float64(max(1, frequent))
	s.shapes, s.forms, s.slipForms = map[string]int{}, map[string]int{}, map[string]int{}
	for i, v := range s.values {
		s.shapes[shapeOf(v.Text)] += v.Count
		if s.slips[i] {
			s.slipForms[formOf(v.Text)]++
		} else {
			s.forms[formOf(v.Text)] += v.Count
		}
	}
}

func (s *things) filled() int {
	n := 0
	for _, v := range s.values {
		n += v.Count
	}
	return n
}

// nearShare is the share of the rare values that are near a frequent one; but is
// one of those that is left out, or 0.
func (s *things) nearShare(but float64) float64 {
	near := max(0, s.near-but)
	return (near + 0.5) / (near + s.far + 1)
}

// shapeOf writes letters as a or A and digits as 9, each run once.
func shapeOf(s string) string {
	var b []byte
	for _, r := range s {
		k := byte(' ')
		switch {
		case unicode.IsDigit(r):
			k = '9'
		case unicode.IsUpper(r):
			k = 'A'
		case unicode.IsLetter(r):
			k = 'a'
		case r < utf8.RuneSelf:
			k = byte(r)
		}
		if n := len(b); n == 0 || b[n-1] != k {
			b = append(b, k)
		}
	}
	return string(b)
}

// formOf writes each digit as 9.
func formOf(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return '9'
		}
		return r
	}, s)
}
