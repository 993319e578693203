package clean

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/beamline-go/beamline/internal/fingerprint"
	"github.com/beamline-go/beamline/internal/slip"
)

// slipEvidence names what is asked of a pair of values before one is taken for a slip
// of the other; see weigh for what each says.
var slipEvidence = []string{
	"lead", "ratio", "rare", "length", "word_length",
	"insertion", "deletion", "substitute", "transpose", "marks", "several", "respelled", "permuted",
	"letter", "digit", "space", "punctuation", "accent", "case_unlike", "code", "first", "plural", "quantity",
	"replaced", "one_mark", "mark_of_damage",
	"elsewhere", "word_elsewhere", "trigram",
	"shape", "form", "form_share",
	"open", "legit", "near_share", "near", "dirt", "dirt_elsewhere", "siblings", "ambiguous",
	"context_most", "context_mean", "stranger", "determined", "neighbours", "clustered",
	"cover", "words", "distinct", "far", "frequent", "covered", "few_letters",
}

// witness gathers evidence about pairs of a column's things.
type witness struct {
	things *things
	census *census
	dirt   float64 // of other columns
	need   float64 // log odds of a change
	leads  map[int][]company
	marks  map[rune]bool // letters by which damage is known
}

// pair is the evidence that a value is a slip of another one, in the order of
// slipEvidence. second is the count of the next best value that it may be a slip
// of, or 0.
func (w *witness) pair(p slip.Pair, second int) []float64 {
	t := w.things
	return w.weigh(t.values[p.Rare], t.values[p.Lead], p.Edit, t.slips[p.Rare], second, w.context(p))
}

// unseen is the evidence for a text that was not there, and of whose row nothing
// is known.
func (w *witness) unseen(text string, lead int, e slip.Edit) []float64 {
	return w.weigh(slip.Value{Text: text, Count: 1}, w.things.values[lead], e, true, 0, surroundings{})
}

func (w *witness) weigh(r, f slip.Value, e slip.Edit, near bool, second int, s surroundings) []float64 {
	t := w.things
	places := float64(t.places)
	lead, rare := float64(f.Count), float64(r.Count)
	own := is(near)
	word := editedWord(f.Text, e.At)
	form := formOf(r.Text)
	ambiguous := 5.0
	if second > 0 {
		ambiguous = math.Log(lead / float64(second))
	}
	x := append(make([]float64, 0, len(slipEvidence)),
		math.Log(lead), math.Log(lead/rare), math.Log(rare), math.Log(float64(utf8.RuneCountInString(f.Text))), math.Log1p(float64(utf8.RuneCountInString(word))))
	for k := slip.Insertion; k <= slip.Permuted; k++ {
		x = append(x, is(e.Kind == k))
	}
	x = append(x, changed(e, unicode.IsLetter), changed(e, unicode.IsDigit), changed(e, unicode.IsSpace), changed(e, isPunctuation), is(accentOnly(r.Text, f.Text)),
		is(caseUnlike(e, f.Text)), is(codeLetter(e, r.Text, f.Text)), is(firstOfWord(e, f.Text)), is(plural(e, r.Text, f.Text)), is(sameButQuantity(r.Text, f.Text)))
	x = append(x, math.Log(float64(max(1, e.N))), is(e.One && e.Kind == slip.Several), is(w.damage(e)))
	x = append(x, math.Log1p(w.elsewhere(r.Text)), math.Log1p(w.wordElsewhere(r.Text, f.Text, r.Count)), math.Log1p(w.trigram(r.Text, e)))
	x = append(x, math.Log1p(float64(max(0, t.shapes[shapeOf(r.Text)]-r.Count))), math.Log1p(float64(t.forms[form])), float64(t.forms[formOf(f.Text)])/places)
	if !near {
		x[len(x)-2] = math.Log1p(float64(t.forms[form] - r.Count))
	}
	x = append(x, t.open, t.legit, t.nearShare(own), math.Log1p(max(0, t.near-own)), math.Log((max(0, t.near-own)+0.1)/(places+1)), w.dirt, math.Log1p(float64(max(0, t.siblings[f.Text]-1))), ambiguous)
	x = append(x, s.most, s.mean, math.Log1p(s.stranger), s.determined, s.neighbours, s.clustered)
	return append(x, lead/places, math.Log(float64(1+strings.Count(f.Text, " "))), math.Log(float64(len(t.values))/places),
		math.Log1p(max(0, t.far-(1-own))), math.Log1p(t.frequent), t.covered, is(utf8.RuneCountInString(f.Text) < shortestOther))
}

func is(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func changed(e slip.Edit, of func(rune) bool) float64 {
	return is(slices.ContainsFunc(e.To, of) || slices.ContainsFunc(e.From, of))
}

func isPunctuation(r rune) bool { return unicode.IsPunct(r) || unicode.IsSymbol(r) }

// editedWord is the word of a text around a place.
func editedWord(s string, at int) string {
	r := []rune(s)
	from, to := min(at, len(r)), min(at, len(r))
	inside := func(i int) bool { return unicode.IsLetter(r[i]) || unicode.IsDigit(r[i]) }
	for from > 0 && inside(from-1) {
		from--
	}
	for to < len(r) && inside(to) {
		to++
	}
	return string(r[from:to])
}

// accentOnly reports whether two texts differ in accents only.
func accentOnly(a, b string) bool {
	return fingerprint.Plain(a) == fingerprint.Plain(b)
}

// caseUnlike reports whether the changed letter is in another case than nearly
// all letters of the text.
func caseUnlike(e slip.Edit, f string) bool {
	upper, lower := 0, 0
	for _, r := range f {
		if unicode.IsUpper(r) {
			upper++
		} else if unicode.IsLower(r) {
			lower++
		}
	}
	if e.Kind != slip.Insertion && e.Kind != slip.Substitute || len(e.To) == 0 {
		return false
	}
	r := e.To[0]
	return unicode.IsLower(r) && upper > 2*lower || unicode.IsUpper(r) && lower > 2*upper && e.At > 0
}

// codeLetter reports whether a letter stands beside a digit in one of the texts
// and not in the other: 62.5A is no 62.5.
func codeLetter(e slip.Edit, r, f string) bool {
	if e.Kind == slip.Marks || e.Kind >= slip.Spelling {
		return false
	}
	beside := func(text string, edited []rune) bool {
		t := []rune(text)
		for i := e.At; i < min(len(t), e.At+len(edited)); i++ {
			if !unicode.IsLetter(t[i]) && !unicode.IsDigit(t[i]) {
				continue
			}
			for _, k := range []int{i - 1, i + 1} {
				if k >= 0 && k < len(t) && unicode.IsLetter(t[i]) == unicode.IsDigit(t[k]) && (unicode.IsLetter(t[k]) || unicode.IsDigit(t[k])) {
					return true
				}
			}
		}
		return false
	}
	return beside(r, e.To) || beside(f, e.From)
}

func firstOfWord(e slip.Edit, f string) bool {
	r := []rune(f)
	return e.At == 0 || e.At <= len(r) && between(r[e.At-1])
}

// plural reports whether an s at the end of a word is the difference.
func plural(e slip.Edit, r, f string) bool {
	text, of := []rune(r), e.To
	if e.Kind == slip.Deletion {
		text, of = []rune(f), e.From
	}
	return len(of) == 1 && unicode.ToLower(of[0]) == 's' && (e.At+1 >= len(text) || between(text[e.At+1]))
}

// sameButQuantity reports whether two texts are equal but for digits, marks of
// numbers and the halves of the day.
func sameButQuantity(a, b string) bool { return withoutQuantity(a) == withoutQuantity(b) }

func withoutQuantity(s string) string {
	s = strings.ToLower(s)
	for _, half := range []string{"a.m.", "p.m.", "am", "pm"} {
		s = strings.TrimSuffix(s, half)
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) || strings.ContainsRune(".,-+<>$€£%−", r) {
			return -1
		}
		return r
	}, s)
}

// damage reports whether a mark of damage stands for what was there.
func (w *witness) damage(e slip.Edit) bool {
	if e.Kind != slip.Substitute && !(e.Kind == slip.Several && e.One) {
		return false
	}
	return w.marks[e.To[0]]
}

// elsewhere is in how many other columns a text stands.
func (w *witness) elsewhere(text string) float64 {
	if w.things.words {
		return 0
	}
	return float64(max(0, int(w.census.texts[censusHash(text)])-1))
}

// wordElsewhere is the least number of cells with a word that r has and f has
// not, beside those of r itself.
func (w *witness) wordElsewhere(r, f string, own int) float64 {
	least := math.Inf(1)
	of := slices.Collect(eachWord(strings.ToLower(f)))
	for word := range eachWord(strings.ToLower(r)) {
		if !slices.Contains(of, word) {
			least = min(least, float64(w.census.words[censusHash(word)])-float64(own))
		}
	}
	if math.IsInf(least, 1) {
		return 0
	}
	return max(0, least)
}

// trigram is the least number of other values of the table that have three
// characters in a row which the edit put into r.
func (w *witness) trigram(r string, e slip.Edit) float64 {
	least := math.Inf(1)
	to := e.At + max(0, len(e.To)-1)
	if e.Kind >= slip.Spelling || e.Kind == slip.Several {
		to = e.At
	}
	own := 1.0
	eachTrigram([]rune(r), e.At, to, func(h uint32) {
		least = min(least, float64(w.census.grams[h])-own)
	})
	if math.IsInf(least, 1) {
		return 0
	}
	return max(0, least)
}
