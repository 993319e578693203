package clean

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/beamline-go/beamline/internal/names"
	"github.com/beamline-go/beamline/internal/slip"
)

// Guards: what no likeness proves.
const (
	shortestOther  = 4   // characters of values in which a replaced one may be a slip
	longestAcronym = 4   // letters
	ownAcronym     = 3   // cells with one,
	fewSlips       = 2.0 // values of the column that look like slips
	formShare      = 0.1 // rows with the form of the frequent value, where digits differ
	shortNumber    = 2   // digits of a number that goes on with one more: L9, L10
	otherNumbers   = 3   // so many values with one digit more are numbers that follow
	damaged        = 2.5 // log odds where a mark of damage stands in a value that can be no other one
	oneOf          = 20  // times as frequent as any other value that differs in digits
)

// longerNumber reports whether the two differ in how many digits one of their numbers
// has, and that is short in one of them: lines 9 and 10 of buses, not long codes.
func longerNumber(a, b string) bool {
	other := func(r rune) bool { return !unicode.IsDigit(r) }
	x, y := strings.FieldsFunc(a, other), strings.FieldsFunc(b, other)
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		if len(x[i]) != len(y[i]) {
			return min(len(x[i]), len(y[i])) <= shortNumber
		}
	}
	return false
}

// refused reports whether a pair is one that can't be judged: quantities that
// differ in their digits, or short values in which one letter is another.
func (w *witness) refused(p slip.Pair) bool {
	t := w.things
	r, f := t.values[p.Rare].Text, t.values[p.Lead].Text
	if p.Edit.Kind == slip.Permuted && t.ordered {
		return true
	}
	if w.damage(p.Edit) {
		return w.maybeDigit(p.Edit, r)
	}
	if names.Differ(r, f) || worse(r, f, p.Edit) || w.otherAcronym(p) {
		return true
	}
	if word := editedWord(f, p.Edit.At); p.Edit.Kind == slip.Substitute && utf8.RuneCountInString(word) < shortestOther && !w.closedDomain(p, 0) {
		return true
	}
	if w.maybeDigit(p.Edit, r) {
		return true
	}
	if codeLetterOther(p.Edit, r, f) || level(p.Edit, r, f) {
		return true
	}
	if !sameButQuantity(r, f) {
		return false
	}
	if inDecimal(p.Edit, r) || inDecimal(p.Edit, f) {
		return true
	}
	form, of := formOf(r), formOf(f)
	if form == of {
		return true
	}
	if t.slipForms[form] >= otherNumbers && longerNumber(r, f) {
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

// worse reports whether what would be written looks like the slip of the two: a
// mark that is doubled, the capital of a word behind its second letter.
func worse(r, f string, e slip.Edit) bool {
	if e.Kind == slip.Transpose && utf8.RuneCountInString(r) == utf8.RuneCountInString(f) {
		was, is := []rune(r), []rune(f)
		i := e.At
		first := i == 0 || !unicode.IsLetter(was[i-1])
		return first && i+1 < len(was) && unicode.IsUpper(was[i]) && unicode.IsLower(was[i+1]) && is[i] == was[i+1]
	}
	return strings.Contains(f, "''") && strings.ReplaceAll(f, "''", "'") == r
}

// level reports whether a word of one letter is one of another number of letters in
// the other text: class A and class AA.
func level(e slip.Edit, r, f string) bool {
	if e.Kind != slip.Insertion && e.Kind != slip.Deletion {
		return false
	}
	short, long := editedWord(r, e.At), editedWord(f, e.At)
	if len(short) > len(long) {
		short, long = long, short
	}
	return len(short) == 1 && unicode.IsLetter(rune(short[0])) && long == short+short
}

// otherAcronym reports whether a short word of capitals is one of its own: a letter is
// another, or it is there again and again, in a column of few other slips.
func (w *witness) otherAcronym(p slip.Pair) bool {
	r := w.things.values[p.Rare]
	return acronym(w.things.values[p.Lead].Text) && (p.Edit.Kind == slip.Substitute || acronym(r.Text) && r.Count >= ownAcronym && w.things.near <= fewSlips)
}

// acronym reports whether a text is one short word of capitals, whose letters stand
// for words: GHMA is no PHMA, and CWD no WD.
func acronym(s string) bool {
	return len(s) <= longestAcronym && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsUpper(r) })
}

// codeLetterOther reports whether one letter of a code is another: 72-G001 is no 72-I001.
func codeLetterOther(e slip.Edit, r, f string) bool {
	return e.Kind == slip.Substitute && codeLetter(e, r, f) && unicode.IsLetter(e.To[0]) && unicode.IsLetter(e.From[0])
}

// inDecimal reports whether an edit is in a number with a fraction, of which each
// spelling is another number: 0.06 is no 0.6.
func inDecimal(e slip.Edit, text string) bool {
	t := []rune(text)
	if e.At > len(t) {
		return false
	}
	part := func(i int) bool { return i >= 0 && i < len(t) && (unicode.IsDigit(t[i]) || t[i] == '.' || t[i] == ',') }
	from, to := e.At, e.At
	for part(from - 1) {
		from--
	}
	for part(to) {
		to++
	}
	point := slices.IndexFunc(t[from:to], func(r rune) bool { return r == '.' || r == ',' })
	return point > 0 && from+point+1 < to
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
