package clean

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/beamline-go/beamline/internal/parallel"
	"github.com/beamline-go/beamline/internal/slip"
)

// SlipProposal is a value, or a word, of a column that may be a slip of another
// one, with what speaks for and against it.
type SlipProposal struct {
	Column   string
	Word     bool
	Old, New string
	Count    int     // places of Old
	Lead     int     // places of New
	Rows     []int32 // that have Old, not all of many
	Evidence []float64
	Odds     float64

	damage bool // by a mark of damage
}

// Mend is the cell with the change made.
func (p *SlipProposal) Mend(cell string) string {
	if !p.Word {
		if cell == p.Old {
			return p.New
		}
		return cell
	}
	return mapWords(cell, func(w string) string {
		if w == p.Old {
			return p.New
		}
		return w
	})
}

// mapWords replaces the words of a text.
func mapWords(s string, f func(string) string) string {
	var b strings.Builder
	last := 0
	words(s, func(from, to int) bool {
		if w := f(s[from:to]); w != s[from:to] {
			b.WriteString(s[last:from])
			b.WriteString(w)
			last = to
		}
		return true
	})
	if last == 0 {
		return s
	}
	return b.String() + s[last:]
}

// SlipEvidence are the names of the evidence of proposals, in its order.
func SlipEvidence() []string { return slices.Clone(slipEvidence) }

// SlipProposals finds all values and words of a table that may be slips, and
// judges each by itself.
func SlipProposals(t *Table) []SlipProposal {
	found, _ := slipsOf(t)
	return found
}

// slipsOf finds them, and the values of which a text that is not there would be a
// slip if it were near.
func slipsOf(t *Table) ([]SlipProposal, []open) {
	t.coded() // before columns are looked at side by side
	var all []*things
	for _, c := range t.Columns {
		if c.Fixed || c.Reconciled {
			continue
		}
		all = append(all, cellsOf(t, c))
		if c.Type.Textual() && c.share(severalWords) >= textShare {
			if w := wordsOfCells(t, c); w != nil {
				all = append(all, w)
			}
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	parallel.Each(len(all), func(i int) { all[i].survey() })
	marks, sums := marksOfDamage(all), dirtiness(all)
	n := newCensus(t)
	out, more := make([][]SlipProposal, len(all)), make([]open, len(all))
	parallel.Each(len(all), func(i int) {
		s := all[i]
		w := &witness{things: s, census: n, need: t.need.Slip, dirt: s.dirtBut(sums), leads: map[int][]company{}, marks: marks}
		if more[i] = w.open(); len(s.pairs) == 0 {
			return
		}
		s.surround(t)
		out[i] = w.proposals()
	})
	return slices.Concat(out...), more
}

// textShare is the share of cells with several words from which on words are
// looked at by themselves.
const textShare = 0.2

func severalWords(s string) bool { return strings.Contains(s, " ") }

// dirtiness counts the rare values of all columns of words, and those that are near
// a frequent one, of cells and of words.
func dirtiness(all []*things) (sums [2]things) {
	for _, s := range all {
		if !s.column.Type.Numeric() {
			sums[s.kind()].near += s.near
			sums[s.kind()].far += s.far
		}
	}
	return sums
}

func (s *things) kind() int {
	if s.words {
		return 1
	}
	return 0
}

// dirtBut is the share of rare values that are near a frequent one in all columns
// but one, as a logarithm.
func (s *things) dirtBut(sums [2]things) float64 {
	sum := sums[s.kind()]
	if !s.column.Type.Numeric() {
		sum.near -= s.near
		sum.far -= s.far
	}
	return math.Log(sum.nearShare(0))
}

// Bounds of marksOfDamage.
const (
	markShare    = 0.3 // of the characters that replace others
	fewestMarks  = 20
	marksReplace = 5 // different characters
)

// marksOfDamage finds characters that replace others of any kind, as x does where
// a program made letters unreadable.
func marksOfDamage(all []*things) map[rune]bool {
	counts, replaced, n := map[rune]int{}, map[rune]map[rune]bool{}, 0
	for _, s := range all {
		for _, p := range s.pairs {
			if s.words || !s.slips[p.Rare] || s.values[p.Lead].Count < timesOf*s.values[p.Rare].Count || p.Edit.Kind != slip.Substitute && p.Edit.Kind != slip.Several {
				continue
			}
			for i, r := range p.Edit.To {
				if unicode.IsDigit(r) {
					continue
				}
				counts[r]++
				n++
				if replaced[r] == nil {
					replaced[r] = map[rune]bool{}
				}
				replaced[r][p.Edit.From[i]] = true
			}
		}
	}
	out := map[rune]bool{}
	for r, k := range counts {
		if n >= fewestMarks && float64(k) >= markShare*float64(n) && len(replaced[r]) >= marksReplace {
			out[r] = true
		}
	}
	return out
}

// proposals judges the pairs of the column.
func (w *witness) proposals() (out []SlipProposal) {
	t := w.things
	for from := 0; from < len(t.pairs); {
		to := from
		for to < len(t.pairs) && t.pairs[to].Rare == t.pairs[from].Rare {
			to++
		}
		if p, ok := w.best(t.pairs[from:to]); ok {
			out = append(out, p)
		}
		from = to
	}
	return out
}

// judge is the model for cells, or for words.
func (t *things) judge() *weights {
	if t.words {
		return &judge.Word
	}
	return &judge.Slip
}

// tried is how many of the values that one may be a slip of are judged, the most
// frequent ones.
const tried = 2

// best judges what a value may be a slip of, and returns the most probable.
func (w *witness) best(pairs []slip.Pair) (best SlipProposal, ok bool) {
	t := w.things
	rare := t.values[pairs[0].Rare]
	may := slices.DeleteFunc(slices.Clone(pairs), func(p slip.Pair) bool {
		return t.values[p.Lead].Count < 2*rare.Count || w.refused(p) || w.movedSpace(p)
	})
	slices.SortStableFunc(may, func(a, b slip.Pair) int { return cmp.Compare(t.values[b.Lead].Count, t.values[a.Lead].Count) })
	for i, p := range may[:min(len(may), tried)] {
		second := 0
		for k, o := range may {
			if k != i {
				second = max(second, t.values[o.Lead].Count)
			}
		}
		if second*oneOf > t.values[p.Lead].Count && w.digitsOnly(may) {
			continue // either may be meant
		}
		e := w.pair(p, second)
		odds := t.judge().logOdds(e)
		if lead := t.values[p.Lead].Count; w.damage(p.Edit) && lead >= oneOf*max(rare.Count, second) {
			odds = max(odds, damaged)
		}
		if ok && odds <= best.Odds {
			continue
		}
		ok = true
		best = SlipProposal{Column: t.column.Name, Word: t.words, Old: rare.Text, New: t.values[p.Lead].Text, Count: rare.Count, Lead: t.values[p.Lead].Count, Evidence: e, Odds: odds, damage: w.damage(p.Edit)}
	}
	if ok {
		for _, p := range t.at[pairs[0].Rare][:min(len(t.at[pairs[0].Rare]), rarePlaces)] {
			if t.rows != nil {
				p = t.rows[p]
			}
			best.Rows = append(best.Rows, p)
		}
	}
	return best, ok
}

// Guards: what no likeness proves.
const (
	shortestOther  = 4   // characters of values in which a replaced one may be a slip
	formShare      = 0.1 // rows with the form of the frequent value, where digits differ
	digitsRepeated = 50
	damaged        = 2.5 // log odds where a mark of damage stands in a value that can be no other one
	oneOf          = 20  // times as frequent as any other value that differs in digits
)

// refused reports whether a pair is one that can't be judged: quantities that
// differ in their digits, or short values in which one letter is another.
func (w *witness) refused(p slip.Pair) bool {
	t := w.things
	r, f := t.values[p.Rare].Text, t.values[p.Lead].Text
	if w.damage(p.Edit) {
		return w.maybeDigit(p.Edit, r)
	}
	if ownNames(r, f) {
		return true
	}
	if p.Edit.Kind == slip.Substitute && utf8.RuneCountInString(editedWord(f, p.Edit.At)) < shortestOther {
		return true
	}
	if w.maybeDigit(p.Edit, r) {
		return true
	}
	if !sameButQuantity(r, f) {
		return false
	}
	form, of := formOf(r), formOf(f)
	if form == of && (t.forms[form] > 0 || t.values[p.Lead].Count < digitsRepeated*t.values[p.Rare].Count) {
		return true
	}
	known := t.forms[form]
	if !t.slips[p.Rare] {
		known -= t.values[p.Rare].Count
	}
	if known > 0 {
		return true
	}
	share := float64(t.forms[of]) / float64(t.places)
	return strings.TrimSpace(withoutQuantity(f)) == "" || turns(p.Edit) || share < formShare || !strings.ContainsFunc(f, unicode.IsDigit)
}

// maybeDigit reports whether a letter that is too many may stand for a digit: 25x
// patients may have been 254 of them.
func (w *witness) maybeDigit(e slip.Edit, r string) bool {
	if e.Kind != slip.Insertion || len(e.To) != 1 || !unicode.IsLetter(e.To[0]) {
		return false
	}
	text := []rune(r)
	if !(e.At > 0 && unicode.IsDigit(text[e.At-1]) || e.At+1 < len(text) && unicode.IsDigit(text[e.At+1])) {
		return false
	}
	text[e.At] = '9'
	return w.things.forms[formOf(string(text))] > 0
}

// digitsOnly reports whether a value differs from all that it may be a slip of in
// digits.
func (w *witness) digitsOnly(pairs []slip.Pair) bool {
	return !slices.ContainsFunc(pairs, func(p slip.Pair) bool { return !slices.ContainsFunc(p.Edit.From, unicode.IsDigit) })
}

// movedSpace reports whether the letter that a word has too many or too few is at
// the end of the word before, or belongs there: "RoseH ospital", "Memoria lHospital".
func (w *witness) movedSpace(p slip.Pair) bool {
	t, e := w.things, p.Edit
	if !t.words || e.Kind != slip.Insertion && e.Kind != slip.Deletion {
		return false
	}
	r, f := t.values[p.Rare].Text, t.values[p.Lead].Text
	first, last := strings.HasSuffix(r, f) || strings.HasSuffix(f, r), strings.HasPrefix(r, f) || strings.HasPrefix(f, r)
	for _, place := range t.at[p.Rare][:min(len(t.at[p.Rare]), rarePlaces)] {
		for k, side := range []bool{first, last} {
			z := t.beside[k].codes[place]
			if !side || z < 0 || int(z) >= len(t.values) {
				continue
			}
			other := t.values[z].Text
			if e.Kind == slip.Deletion && (k == 0 && strings.HasSuffix(other, string(e.From)) || k == 1 && strings.HasPrefix(other, string(e.From))) {
				return true
			}
			longer := other + string(e.To)
			if k == 1 {
				longer = string(e.To) + other
			}
			if e.Kind == slip.Insertion && t.has(longer) {
				return true
			}
		}
	}
	return false
}

// turns reports whether an edit touches a character that turns what a number says.
func turns(e slip.Edit) bool {
	sign := func(r rune) bool { return strings.ContainsRune("+-−<>≤≥$€£%~", r) }
	return slices.ContainsFunc(e.To, sign) || slices.ContainsFunc(e.From, sign)
}

func plainNumber(s string) bool { return strings.Trim(s, "0123456789.,+-") == "" }

// misspellings gives values and words the spelling of a frequent one, where the
// judge takes them for slips.
var misspellings = Rule{Name: "spelling", late: true, learn: learnMisspellings, cells: misspellingCells.cells, why: whySpelling}

var misspellingCells = cellRule("spelling", func(*Column) *slips { return nil }, misspellingRepair)

func misspellingRepair(s slips) (Repair, error) {
	known := setOf(s.Known)
	return func(cell string) (string, float64, bool) {
		if m, ok := s.Values[cell]; ok {
			return m.To, m.Confidence, true
		}
		if len(s.Frequent) > 0 && !known[cell] {
			if m, ok := s.unseen(cell); ok {
				return m.To, m.Confidence, true
			}
		}
		if len(s.Words) == 0 || len(cell) > longestCell {
			return "", 0, false
		}
		least := 1.0
		mended := mapWords(cell, func(w string) string {
			if m, ok := s.Words[w]; ok {
				least = min(least, m.Confidence)
				return m.To
			}
			return w
		})
		return mended, least, mended != cell
	}, nil
}

// whySpelling says how often the two values, or words, are there.
func whySpelling(step Step) func(old, mended string) string {
	var s slips
	if json.Unmarshal(step.Settings, &s) != nil {
		return nil
	}
	return func(old, mended string) string {
		if m, ok := s.Values[old]; ok {
			return m.because(old)
		}
		if m, ok := s.Frequent[mended]; ok {
			m.To = mended
			return m.because(old)
		}
		said := ""
		mapWords(old, func(w string) string {
			if m, ok := s.Words[w]; ok && said == "" {
				said = m.because(w)
			}
			return w
		})
		return said
	}
}

func (m meant) because(old string) string {
	if m.Count == 0 {
		return fmt.Sprintf("%q: %d", clipped(m.To), m.Lead)
	}
	return fmt.Sprintf("%q: %d, %q: %d", clipped(m.To), m.Lead, clipped(old), m.Count)
}

// clipped is a text that is not too long to be shown.
func clipped(s string) string {
	if r := []rune(s); len(r) > mostShownText {
		return string(r[:mostShownText]) + "…"
	}
	return s
}

const mostShownText = 40 // characters

// slips are misspelled values and words of a column.
type slips struct {
	Values map[string]meant `json:"values,omitempty"`
	Words  map[string]meant `json:"words,omitempty"`
	// Frequent are values of which a text that was not there is a slip if it is near
	// none but this one; Known are all that were there.
	Frequent map[string]meant `json:"frequent,omitempty"`
	Known    []string         `json:"known,omitempty"`
}

// meant is what a slip should have been.
type meant struct {
	To         string  `json:"to"`
	Confidence float64 `json:"confidence"`
	Lead       int     `json:"lead"`  // cells that have it
	Count      int     `json:"count"` // cells with the slip
}

// unseen is what a text that was not there should have been.
func (s *slips) unseen(cell string) (found meant, ok bool) {
	if len(cell) > maxKnownCell || isAbsent(cell) {
		return found, false
	}
	for f, m := range s.Frequent {
		if len(f) > len(cell)+utf8.UTFMax || len(cell) > len(f)+utf8.UTFMax {
			continue
		}
		e := slip.Between(cell, f)
		if e.Kind == slip.None {
			continue
		}
		if ok || e.Kind > slip.Transpose || changed(e, unicode.IsLetter) == 0 || sameButQuantity(cell, f) || codeLetter(e, cell, f) {
			return found, false
		}
		found, ok = m, true
		found.To = f
	}
	return found, ok
}

// open is what is known for texts that were not there.
type open struct {
	column   string
	frequent map[string]meant
	known    []string
}

// Bounds of open.
const (
	mostKnown    = 2000 // values of a column in which texts that were not there are judged
	shortestOpen = 5    // characters of a value that they may be slips of
)

// open finds the values of the column of which a text that is not there would be a
// slip, by all that is known of the column and nothing of a row.
func (w *witness) open() open {
	t := w.things
	o := open{column: t.column.Name, frequent: map[string]meant{}}
	if t.words || len(t.values) > mostKnown || !t.column.Type.Textual() {
		return o
	}
	for i, v := range t.values {
		o.known = append(o.known, v.Text)
		if v.Count < leadCount || utf8.RuneCountInString(v.Text) < shortestOpen || plainNumber(v.Text) || t.slips[i] {
			continue
		}
		r := []rune(v.Text)
		at := len(r) / 2
		text := string(r[:at]) + string(r[at+1:])
		if odds := judge.Slip.logOdds(w.unseen(text, i, slip.Between(text, v.Text))); odds >= w.need && unicode.IsLetter(r[at]) {
			o.frequent[v.Text] = meant{Confidence: confidence(odds), Lead: v.Count}
		}
	}
	if len(o.frequent) == 0 {
		o.known = nil
	}
	return o
}

func learnMisspellings(t *Table) (steps []Step) {
	of := map[string]*slips{}
	column := func(name string) *slips {
		if of[name] == nil {
			of[name] = &slips{Values: map[string]meant{}, Words: map[string]meant{}}
		}
		return of[name]
	}
	all, unseen := slipsOf(t)
	for _, u := range unseen {
		if len(u.frequent) > 0 {
			s := column(u.column)
			s.Frequent, s.Known = u.frequent, u.known
		}
	}
	t.Proposals = Proposals{}
	for _, p := range all {
		if p.Odds >= likely {
			t.Proposals.add(p)
		}
	}
	found := guarded(t, all)
	for _, p := range found {
		t.Proposals.drop(p)
		s := column(p.Column)
		m := meant{p.New, confidence(p.Odds), p.Lead, p.Count}
		if p.Word {
			s.Words[p.Old] = m
		} else {
			s.Values[p.Old] = m
		}
	}
	for _, c := range t.Columns {
		if s := of[c.Name]; s != nil {
			steps = append(steps, newStep("spelling", c.Name, s))
		}
	}
	return append(steps, learnEndMarks(t, found)...)
}

// Bounds of guarded.
const (
	fewestSystem   = 3    // values with the same letter for the same one at the same place
	fewestTogether = 3    // edits that share a value
	togetherShare  = 0.3  // of the rows with that value
	togetherLift   = 4.0  // times the share of edits among all rows
	togetherChance = 1e-3 // that it is chance, of all values of a column
)

// guarded are the proposals that are made: probable enough, and not a system:
// the same change at the same place in several values, or in the rows that share
// a value of another column.
func guarded(t *Table, all []SlipProposal) []SlipProposal {
	type change struct {
		column   string
		word     bool
		at       int
		from, to string
	}
	alike := map[change]int{}
	key := func(p SlipProposal) (change, bool) {
		e := slip.Between(p.Old, p.New)
		return change{p.Column, p.Word, e.At, string(e.From), string(e.To)}, e.Kind == slip.Substitute
	}
	for _, p := range all {
		if k, ok := key(p); ok && p.Odds >= t.need.Slip {
			alike[k]++
		}
	}
	out := slices.DeleteFunc(all, func(p SlipProposal) bool {
		if p.Odds < t.need.Slip {
			return true
		}
		k, ok := key(p)
		return ok && !p.damage && alike[k] >= fewestSystem
	})
	rows := map[string][]int32{}
	for _, p := range out {
		rows[p.Column] = append(rows[p.Column], p.Rows...)
	}
	exceptions := map[string]*gathered{}
	for name, of := range rows {
		exceptions[name] = t.gather(name, of)
	}
	return slices.DeleteFunc(out, func(p SlipProposal) bool { return !p.damage && exceptions[p.Column].together(p.Rows) })
}

// gathered knows where the edits of a column gather: the values of other columns
// that many of their rows share.
type gathered struct {
	columns []*Column
	at      []map[int32]bool
}

// gather looks for values of other columns that edits of a column have in common:
// slips are scattered, exceptions are not.
func (t *Table) gather(name string, edited []int32) *gathered {
	g := &gathered{}
	if len(edited) < fewestTogether {
		return g
	}
	rate := float64(len(edited)) / float64(t.Rows)
	for _, c := range t.Columns {
		if c.Name == name {
			continue
		}
		counts := map[int32]int{}
		for _, r := range edited {
			counts[c.Codes[r]]++
		}
		at := map[int32]bool{}
		for code, n := range counts {
			v := c.Values[code]
			share := float64(n) / float64(v.Count)
			if n >= fewestTogether && !v.Absent && v.Count > fewestTogether && share > togetherShare && share > togetherLift*rate &&
				byChance(n, v.Count, rate)*float64(len(c.Values)) < togetherChance {
				at[code] = true
			}
		}
		if len(at) > 0 {
			g.columns, g.at = append(g.columns, c), append(g.at, at)
		}
	}
	return g
}

// byChance bounds the probability that so many of some rows are edited, if each is
// with a rate: the number of ways to choose them times the probability of one.
func byChance(n, of int, rate float64) float64 {
	ways := 0.0
	for i := range n {
		ways += math.Log(float64(of-i) / float64(i+1))
	}
	return math.Exp(ways + float64(n)*math.Log(rate))
}

// together reports whether the first of some rows is among those.
func (g *gathered) together(rows []int32) bool {
	for i, c := range g.columns {
		if len(rows) > 0 && g.at[i][c.Codes[rows[0]]] {
			return true
		}
	}
	return false
}

func hasLetter(s string) bool { return strings.ContainsFunc(s, unicode.IsLetter) }

// Proposals are values and words that are likely slips and not proven, by column.
type Proposals map[string]*slips

func (p Proposals) add(s SlipProposal) {
	c := p[s.Column]
	if c == nil {
		c = &slips{Values: map[string]meant{}, Words: map[string]meant{}}
		p[s.Column] = c
	}
	to := c.Values
	if s.Word {
		to = c.Words
	}
	to[s.Old] = meant{s.New, confidence(s.Odds), s.Lead, s.Count}
}

func (p Proposals) drop(s SlipProposal) {
	if c := p[s.Column]; s.Word {
		delete(c.Words, s.Old)
	} else {
		delete(c.Values, s.Old)
	}
}
