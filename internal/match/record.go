// Package match finds records of the same thing, within one table or between
// two, without labels and without settings.
//
// Learn looks at a sample: it tells columns of words from others, finds blocking
// rules whose keys few records share, and fits a model of Fellegi and Sunter ("A
// Theory for Record Linkage", 1969) by expectation maximisation: for each column the
// comparison levels, with their m (how probable a level is in a match) and u (in a pair
// that is none), adjusted for the frequency of terms, and with groups of columns that
// agree together in records of different things, such as the members of a household. A
// Matcher then compares records that share a key, and Decide turns pairs into links or
// clusters. The words are those of Splink, where it has one for the thing.
package match

import (
	"cmp"
	"html"
	"math"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/beamline-go/beamline/internal/number"
)

// Kind is how the cells of a column are compared.
type Kind string

// The kinds.
const (
	Text   Kind = "text"   // as one string, by edits
	Words  Kind = "words"  // as a set of words, by their rarity
	Number Kind = "number" // as an amount, by the ratio
	Codes  Kind = "codes"  // by the numbers of models and the like in words of other columns
	None   Kind = "none"   // not compared
)

// Place is where a record stands: side 0 or 1, its file, its number there.
type Place struct {
	Side uint8
	File int32
	Row  int64
}

// Compare orders places as the input does.
func (p Place) Compare(o Place) int {
	return cmp.Or(cmp.Compare(p.Side, o.Side), cmp.Compare(p.File, o.File), cmp.Compare(p.Row, o.Row))
}

// Record is a record ready to be compared.
type Record struct {
	Place
	values []value
	cells  []string
}

// order is what large blocks are sorted by.
func (r *Record) order() string {
	var out strings.Builder
	for _, c := range r.cells {
		out.WriteString(tidy(c))
		out.WriteByte(0)
	}
	return out.String()
}

// value is a cell; it is absent where it has neither text nor words.
type value struct {
	text   string // of Text: its words joined; of Number: as it is written
	mask   [2]uint64
	amount float64 // of Number
	*set           // of Words and Codes
}

// set is words, sorted, each once.
type set struct {
	words   []string
	weights []float64
	norm    float64
}

func (v *value) absent() bool { return v.text == "" && v.set == nil }

// tidy is a cell without what people vary: case, accents, marks, spaces. Of
// marks those stay that stand between words of a list.
func tidy(cell string) string {
	if strings.IndexByte(cell, '&') >= 0 {
		cell = html.UnescapeString(cell)
	}
	out := make([]byte, 0, len(cell))
	gap := false
	for i := range len(cell) {
		b := cell[i]
		switch {
		case b >= 0x80:
			return tidyUnicode(cell)
		case b >= 'A' && b <= 'Z':
			b += 'a' - 'A'
			fallthrough
		case b >= 'a' && b <= 'z', b >= '0' && b <= '9', b == '_', b == ',', b == ';', b == '|', b == '.':
			if gap && len(out) > 0 {
				out = append(out, ' ')
			}
			gap = false
			out = append(out, b)
		default:
			gap = true
		}
	}
	return present(string(out))
}

var latin = strings.NewReplacer("ß", "ss", "ø", "o", "ł", "l")

func tidyUnicode(cell string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(cell) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '_', r == ',', r == ';', r == '|', r == '.':
			b.WriteRune(unicode.ToLower(r))
		default:
			b.WriteByte(' ')
		}
	}
	return present(latin.Replace(strings.Join(strings.Fields(b.String()), " ")))
}

// present is empty for texts that say that there is no value.
func present(s string) string {
	switch s {
	case "na", "n a", "nan", "null", "none", "unknown":
		return ""
	}
	return s
}

func wordsOf(tidied string) []string {
	return strings.FieldsFunc(tidied, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// Bounds of kindOf.
const (
	manyWords   = 4.0 // words of a cell, on average
	titleWords  = 2.5 // and of one with the number of a model in it
	listShare   = 0.3 // cells with marks between the words of a list
	fewestCells = 100 // that show that no value is there twice
	numberShare = 0.9 // cells with digits
	amountShare = 0.8 // cells that are amounts with a fraction
)

// kindOf tells how the cells of a column are to be compared.
func kindOf(tidied []string) Kind {
	n, words, lists, digits, amounts := 0, 0, 0, 0, 0
	seen := map[string]bool{}
	for _, s := range tidied {
		if s == "" {
			continue
		}
		n++
		words += len(wordsOf(s))
		if strings.ContainsAny(s, ",;|") {
			lists++
		}
		if strings.ContainsFunc(s, unicode.IsDigit) {
			digits++
		}
		if strings.Contains(s, ".") {
			if _, ok := amountOf(s); ok {
				amounts++
			}
		}
		seen[s] = true
	}
	switch {
	case n == 0:
		return None
	case float64(amounts) >= amountShare*float64(n):
		return Number
	case float64(words) >= manyWords*float64(n), float64(lists) >= listShare*float64(n),
		float64(words) >= titleWords*float64(n) && float64(coded(tidied)) >= codedShare*float64(n):
		return Words
	case n >= fewestCells && len(seen) == n && float64(digits) >= numberShare*float64(n):
		return None // numbers of the records, which no two share
	}
	return Text
}

// coded counts the cells with a code.
func coded(cells []string) (n int) {
	for _, s := range cells {
		if len(codesOf(s, nil)) > 0 {
			n++
		}
	}
	return n
}

// record reads cells, one for each column of the model; only those of some
// columns where use is not nil.
func (m *Model) record(at Place, cells []string, use []bool) Record {
	r := Record{Place: at, values: make([]value, len(m.Columns)), cells: cells}
	for k := range m.Columns {
		c := &m.Columns[k]
		switch {
		case use != nil && !use[k]:
		case c.Kind == Codes:
			r.values[k] = c.codes(cells)
		default:
			r.values[k] = c.value(cells[k])
		}
	}
	return r
}

func (c *Column) value(cell string) (v value) {
	switch c.Kind {
	case Text:
		if c.Short {
			v.text = strings.Join(c.words(tidy(cell)), "")
		} else {
			v.text = joined(cell)
		}
		for _, r := range v.text {
			v.mask[r>>6&1] |= 1 << (r & 63)
		}
	case Words:
		words := c.words(tidy(c.cell(cell)))
		if len(words) == 0 {
			return v
		}
		slices.Sort(words)
		v.set = c.weighed(slices.Compact(words))
	case Number:
		if x, ok := amountOf(cell); ok {
			v.text, v.amount = number.Format(x), x
		}
	}
	return v
}

// weighed is a set of words with their weights.
func (c *Column) weighed(words []string) *set {
	s := &set{words: words, weights: make([]float64, len(words))}
	for i, w := range words {
		rarity := c.rarity(w)
		s.weights[i] = rarity * rarity
		s.norm += s.weights[i]
	}
	s.norm = math.Sqrt(s.norm)
	return s
}

// cell is what of a cell is compared as words.
func (c *Column) cell(cell string) string {
	if c.Coded {
		return withoutCodes(cell)
	}
	return cell
}

// words are those of a tidied cell.
func (c *Column) words(tidied string) []string {
	words := wordsOf(tidied)
	if c.Short {
		words = shorten(words)
	}
	return words
}

// joined is the words of a cell, tidied, without spaces.
func joined(cell string) string {
	var space [64]byte
	out := space[:0]
	for i := range len(cell) {
		b := cell[i]
		switch {
		case b >= 0x80 || b == '&':
			return strings.Join(wordsOf(tidy(cell)), "")
		case b >= 'A' && b <= 'Z':
			out = append(out, b+'a'-'A')
		case b >= 'a' && b <= 'z', b >= '0' && b <= '9':
			out = append(out, b)
		}
	}
	return present(string(out))
}

// rarity is the logarithm of how few records have a word.
func (c *Column) rarity(word string) float64 {
	n := max(c.Records[word], 1)
	return math.Log(float64(c.Rows+1) / float64(n))
}

// term is what the frequency of a value is known by.
func (v *value) term() string {
	if v.set == nil {
		return v.text
	}
	return strings.Join(v.words, " ")
}
