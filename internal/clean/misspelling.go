package clean

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/beamline-go/beamline/internal/distance"
)

// misspellings gives rare values the spelling of a frequent one that is near.
// Likeness alone is no proof: north and south are alike too. The word that
// differs must be no word of the column, a rare value must look like a slip (it
// has letters in a row that no other value has, or its row speaks for the other
// value), and nothing in its row may be strange to the frequent value.
var misspellings = Rule{Name: "spelling", late: true, learn: learnMisspellings, cells: misspellingCells.cells}

var misspellingCells = cellRule("spelling", func(*Column) *slips { return nil }, func(s slips) (Repair, error) {
	v := newVocabulary(s.Frequent, s.Known)
	return func(cell string) (string, float64, bool) {
		if to, ok := s.Values[cell]; ok {
			return to, 0.95, true
		}
		if len(s.Known) == 0 || len(cell) > maxKnownCell || isAbsent(cell) {
			return "", 0, false
		}
		to, ok := v.slip(cell)
		return to, 0.9, ok
	}, nil
})

// slips are misspelled values, and what is needed to judge values that were not
// there when they were learned.
type slips struct {
	Values   map[string]string `json:"values,omitempty"`
	Frequent []string          `json:"frequent,omitempty"`
	Known    []string          `json:"known,omitempty"` // all values, where they are few
}

// Bounds of learnMisspellings.
const (
	fewestCells    = 20
	mostDistinct   = 0.8  // values, as a share of the cells
	wordShare      = 0.5  // cells with letters
	shortest5      = 5    // characters of a value that may be judged
	shortestSound  = 4    // consonants of a value that is judged by its sound
	rareCount      = 5    // cells of a misspelling,
	rareShare      = 0.02 // or as a share of the rows
	leadCount      = 5    // cells of the right spelling
	leadRatio      = 10   // times as many
	farRatio       = 20   // times as many as the next candidate, or where a slip is not rare
	strangeAt      = 0.05 // chance of a first meeting below which values are strange to each other
	strangeSeen    = 3    // how often a value must be seen to be a stranger
	supportLift    = 3.0
	supportColumns = 2
	sameSlips      = 3 // so many equal slips are a value, unless the right one has other misspellings
	mostKnown      = 2000
	novelCells     = 2    // other cells that may have what is novel,
	novelShare     = 0.01 // or as a share of the cells with the right spelling
)

func learnMisspellings(t *Table) (steps []Step) {
	grams := tableGrams(t)
	for _, c := range t.Columns {
		if c.Fixed || c.Reconciled || c.Type.Numeric() || c.Type.Temporal() || c.Filled() < fewestCells ||
			float64(c.coded().distinct) > mostDistinct*float64(c.Filled()) || c.share(hasLetter) < wordShare || c.codeLike() {
			continue
		}
		s := c.slips(t, grams)
		if len(s.Values) > 0 || len(s.Known) > 0 {
			steps = append(steps, newStep("spelling", c.Name, s))
		}
	}
	return steps
}

func hasLetter(s string) bool { return strings.ContainsFunc(s, unicode.IsLetter) }

// gramCounts says how many cells of a table have three bytes in a row; a text
// that several columns have counts once, with its most cells.
type gramCounts []uint32

func tableGrams(t *Table) gramCounts {
	cells := map[string]uint32{}
	for _, c := range t.Columns {
		if c.Type.Numeric() || c.Type.Temporal() {
			continue
		}
		for _, v := range c.Values {
			if !v.Absent && hasLetter(v.Text) {
				cells[v.Text] = max(cells[v.Text], uint32(v.Count))
			}
		}
	}
	counts := make(gramCounts, 1<<24)
	for text, n := range cells {
		eachGram(text, func(g int) { counts[g] += n })
	}
	return counts
}

// eachGram calls f for each three bytes in a row, with ^ in front and $ behind;
// some are there twice.
func eachGram(s string, f func(g int)) {
	s = "^" + s + "$"
	for i := 0; i+3 <= len(s); i++ {
		f(int(s[i])<<16 | int(s[i+1])<<8 | int(s[i+2]))
	}
}

// novel reports whether a text that is there n times has letters in a row that
// hardly any other cell has, beside a value with that many cells.
func (g gramCounts) novel(s string, n, beside int) bool {
	own := map[int]uint32{}
	eachGram(s, func(k int) { own[k] += uint32(n) })
	for k, cells := range own {
		if g[k] <= cells+max(novelCells, uint32(novelShare*float64(beside))) {
			return true
		}
	}
	return false
}

// slips finds the misspelled values of a column.
func (c *Column) slips(t *Table, grams gramCounts) slips {
	s := slips{Values: map[string]string{}}
	var known []string
	for v := range c.Present() {
		known = append(known, v.Text)
		if v.Count >= leadCount {
			s.Frequent = append(s.Frequent, v.Text)
		}
	}
	if len(s.Frequent) == 0 {
		return slips{}
	}
	vocabulary := newVocabulary(s.Frequent, known)
	context := newContext(t, c)
	slipsOf := map[string]int{} // cells
	most := c.most()
	type slip struct {
		from int // index of Values
		to   string
	}
	var all []slip
	for i, v := range c.Values {
		if v.Absent || v.Count > max(rareCount, int(rareShare*float64(t.Rows))) || most < leadRatio*v.Count {
			continue
		}
		to, heard, ok := vocabulary.lead(c, v)
		if !ok {
			continue
		}
		novel := grams.novel(v.Text, v.Count, c.Values[to].Count)
		if heard && !novel || (heard || !novel) && !context.supports(i, to) || context.strange(i, to) {
			continue
		}
		all = append(all, slip{i, c.Values[to].Text})
		slipsOf[c.Values[to].Text] += v.Count
	}
	for _, f := range all {
		if v := c.Values[f.from]; v.Count < sameSlips || slipsOf[f.to]-v.Count >= v.Count {
			s.Values[v.Text] = f.to
		}
	}
	if len(known) <= mostKnown {
		s.Known = known
	} else {
		s.Frequent = nil
	}
	return s
}

// vocabulary finds the frequent values near a text.
type vocabulary struct {
	frequent []string
	runes    [][]rune
	grams    map[int][]int32 // three bytes in a row, and the frequent values that have them
	sounds   map[string][]int32
	known    map[string]bool
	words    map[string]int // in how many values

	shared  []int32 // of each frequent value, while one text is looked at
	touched []int32
}

func newVocabulary(frequent, known []string) *vocabulary {
	v := &vocabulary{frequent: frequent, runes: make([][]rune, len(frequent)), grams: map[int][]int32{}, sounds: map[string][]int32{}, known: setOf(known), words: map[string]int{},
		shared: make([]int32, len(frequent))}
	for i, f := range frequent {
		v.runes[i] = []rune(f)
		if s := sound(f); len(s) >= shortestSound {
			v.sounds[s] = append(v.sounds[s], int32(i))
		}
		eachGram(f, func(g int) {
			if l := v.grams[g]; len(l) == 0 || l[len(l)-1] != int32(i) {
				v.grams[g] = append(l, int32(i))
			}
		})
	}
	for _, k := range known {
		for _, w := range uniqueWords(k) {
			v.words[w]++
		}
	}
	return v
}

func uniqueWords(s string) []string {
	words := wordsOf(s)
	slices.Sort(words)
	return slices.Compact(words)
}

func wordsOf(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// candidate is a frequent value near a text.
type candidate struct {
	at       int // index of frequent
	distance int
	sound    bool // it is near by its sound only
}

// near lists the frequent values near a text, the nearest first.
func (v *vocabulary) near(text string) (out []candidate) {
	r := []rune(text)
	if len(r) < shortest5 {
		return nil
	}
	n := 0
	eachGram(text, func(g int) {
		n++
		for _, i := range v.grams[g] {
			if v.shared[i] == 0 {
				v.touched = append(v.touched, i)
			}
			v.shared[i]++
		}
	})
	limit := max(1, len(r)/5)
	for _, i := range v.touched {
		k := int(v.shared[i])
		v.shared[i] = 0
		// An edit changes at most three of the grams, an exchange four.
		if k < n-4*limit*4/3 || len(v.runes[i]) < shortest5 || v.frequent[i] == text {
			continue
		}
		limit := max(1, max(len(r), len(v.runes[i]))/5)
		if d := distance.Edit(r, v.runes[i], limit); d <= limit && sameDigits(text, v.frequent[i]) && v.strangeWord(text, v.frequent[i]) && nearApart(text, v.frequent[i]) {
			out = append(out, candidate{at: int(i), distance: d})
		}
	}
	v.touched = v.touched[:0]
	slices.SortFunc(out, func(a, b candidate) int { return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.at, b.at)) })
	return out
}

// heard lists the frequent values that sound like a text, although they are not
// near it.
func (v *vocabulary) heard(text string) (out []candidate) {
	s := sound(text)
	if len(s) < shortestSound {
		return nil
	}
	for _, i := range v.sounds[s] {
		limit := 2 * max(len([]rune(text)), len(v.runes[i])) / 5
		if f := v.frequent[i]; f != text && distance.Strings(text, f, limit) <= limit && v.strangeWord(text, f) {
			out = append(out, candidate{at: int(i), sound: true})
		}
	}
	return out
}

// lead returns the value that v is a misspelling of, as far as the values alone
// say, as an index of the column's values.
func (v *vocabulary) lead(c *Column, value Value) (at int, heard, ok bool) {
	found := v.near(value.Text)
	if len(found) == 0 {
		if found = v.heard(value.Text); len(found) != 1 {
			return 0, false, false
		}
	}
	at, ok = v.most(c, value, found)
	return at, found[0].sound, ok
}

// most chooses among the frequent values near a value.
func (v *vocabulary) most(c *Column, value Value, found []candidate) (int, bool) {
	counts := make([]int, len(found))
	at := make([]int, len(found))
	for i, f := range found {
		at[i], _ = c.place(v.frequent[f.at])
		counts[i] = c.Values[at[i]].Count
	}
	best := 0
	for i := range found {
		if found[i].distance == found[best].distance && counts[i] > counts[best] {
			best = i
		}
	}
	for i := range found {
		if i != best && found[i].distance <= found[best].distance && counts[best] < farRatio*counts[i] {
			return 0, false
		}
	}
	ratio := leadRatio
	if value.Count > rareCount {
		ratio = farRatio
	}
	return at[best], counts[best] >= ratio*value.Count
}

// slip returns the one frequent value near a text that was never seen.
func (v *vocabulary) slip(text string) (string, bool) {
	if v.known[text] {
		return "", false
	}
	found := v.near(text)
	if len(found) == 0 || len(found) > 1 && found[1].distance <= found[0].distance {
		return "", false
	}
	return v.frequent[found[0].at], true
}

// strangeWord reports whether the words of a text that f has not are in no other
// value.
func (v *vocabulary) strangeWord(text, f string) bool {
	of := uniqueWords(f)
	for _, w := range uniqueWords(text) {
		if _, ok := slices.BinarySearch(of, w); ok {
			continue
		}
		most := 0
		if v.known[text] {
			most = 1
		}
		if v.words[w] > most {
			return false
		}
	}
	return true
}

// nearApart reports whether the words that two texts do not share are near: Taxman
// Brewing Company is not Santan Brewing Company.
func nearApart(a, b string) bool {
	x, y := wordsOf(a), wordsOf(b)
	return near(strings.Join(wordsBut(x, y), " "), strings.Join(wordsBut(y, x), " "))
}

// wordsBut are the words that others do not have.
func wordsBut(words, others []string) (out []string) {
	for _, w := range words {
		if !slices.Contains(others, w) {
			out = append(out, w)
		}
	}
	return out
}

// sameDigits reports whether two texts have the same digits, and as many letters
// in words with digits.
func sameDigits(a, b string) bool {
	return digitWords(a) == digitWords(b)
}

func digitWords(s string) string {
	var b strings.Builder
	for _, w := range wordsOf(s) {
		n := 0
		for _, r := range w {
			if unicode.IsDigit(r) {
				b.WriteRune(r)
				n++
			}
		}
		if n > 0 {
			b.WriteByte(byte('a' + min(len(w), 25)))
		}
	}
	return b.String()
}

// context knows which values of other columns stand beside those of a column.
type context struct {
	table  *Table
	column *Column
	rows   [][]int32 // of each value
	beside map[int][]map[int32]int
}

const contextRows = 4000 // of a value that are looked at

func newContext(t *Table, c *Column) *context {
	x := &context{table: t, column: c, rows: make([][]int32, len(c.Values)), beside: map[int][]map[int32]int{}}
	for row, code := range c.Codes {
		if len(x.rows[code]) < contextRows {
			x.rows[code] = append(x.rows[code], int32(row))
		}
	}
	return x
}

// of counts what stands beside a value, by column.
func (x *context) of(value int) []map[int32]int {
	if b := x.beside[value]; b != nil {
		return b
	}
	b := make([]map[int32]int, len(x.table.Columns))
	for k, c := range x.table.Columns {
		if c == x.column {
			continue
		}
		b[k] = map[int32]int{}
		for _, r := range x.rows[value] {
			b[k][c.Codes[r]]++
		}
	}
	x.beside[value] = b
	return b
}

// supports reports whether the rows of a rare value speak for the frequent one,
// in at least two columns.
func (x *context) supports(rare, frequent int) bool {
	b := x.of(frequent)
	n := float64(len(x.rows[frequent]))
	for _, r := range x.rows[rare] {
		speak := 0
		for k, c := range x.table.Columns {
			if b[k] == nil || c.Values[c.Codes[r]].Absent {
				continue
			}
			z := c.Codes[r]
			chance := float64(c.Values[z].Count) / float64(x.table.Rows)
			if float64(b[k][z])/n > supportLift*chance {
				speak++
			}
		}
		if speak < supportColumns {
			return false
		}
	}
	return true
}

// strange reports whether something in the rows of a rare value was never seen
// beside the frequent one, although that has met nearly all it ever meets (Good,
// "The population frequencies of species", 1953).
func (x *context) strange(rare, frequent int) bool {
	b := x.of(frequent)
	n := float64(len(x.rows[frequent]))
	for k, c := range x.table.Columns {
		if b[k] == nil {
			continue
		}
		once := 0.0
		for _, m := range b[k] {
			if m == 1 {
				once++
			}
		}
		if (once+1)/(n+1) >= strangeAt {
			continue
		}
		for _, r := range x.rows[rare] {
			z := c.Codes[r]
			if v := c.Values[z]; !v.Absent && v.Count >= strangeSeen && b[k][z] == 0 {
				return true
			}
		}
	}
	return false
}
