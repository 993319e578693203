// Package slip finds texts that may be slips of the pen for others: one key too
// many, too few or wrong, two exchanged, marks around a value.
//
// Between says how one text differs from another; Pairs finds all texts of a
// column that differ so from a more frequent one, in time that grows with their
// characters and not with their pairs. Whether a text that looks like a slip is
// one is for the caller to judge: north and forth are a pair, too.
package slip

import (
	"slices"
	"strings"
	"unicode"
)

// Kind is a way in which a text differs from another.
type Kind uint8

// The kinds. The slip has what they say.
const (
	None       Kind = iota
	Insertion       // a character more
	Deletion        // a character less
	Substitute      // another character
	Transpose       // two neighbours exchanged
	Marks           // equal punctuation marks at the end, or the same at both ends
	Several         // some characters replaced
	Spelling        // other punctuation, spaces or accents, in several places
	Permuted        // the same words in another order
)

// Edit is the difference between a slip and the text that was meant.
type Edit struct {
	Kind Kind
	At   int    // where it begins, in characters of the slip
	From []rune // characters of the text that was meant
	To   []rune // what the slip has instead
	N    int    // characters that differ
	One  bool   // all of several replaced characters by one and the same
}

// Between returns how a differs from b: in one character or two neighbours, or in
// marks at its ends. The kind is None where they differ otherwise, not at all, or
// in upper and lower case only.
func Between(a, b string) Edit {
	if strings.EqualFold(a, b) {
		return Edit{}
	}
	r, f := []rune(a), []rune(b)
	if e := single(r, f); e.Kind != None {
		return e
	}
	return marks(r, f)
}

// single finds one edit.
func single(r, f []rune) Edit {
	head := 0
	for head < len(r) && head < len(f) && r[head] == f[head] {
		head++
	}
	tail := 0
	for tail < len(r)-head && tail < len(f)-head && r[len(r)-1-tail] == f[len(f)-1-tail] {
		tail++
	}
	e := Edit{At: head, To: r[head : len(r)-tail], From: f[head : len(f)-tail], N: 1}
	switch {
	case len(e.To) == 1 && len(e.From) == 0:
		e.Kind = Insertion
	case len(e.To) == 0 && len(e.From) == 1:
		e.Kind = Deletion
	case len(e.To) == 1 && len(e.From) == 1:
		e.Kind = Substitute
	case len(e.To) == 2 && len(e.From) == 2 && e.To[0] == e.From[1] && e.To[1] == e.From[0]:
		e.Kind = Transpose
	case len(e.To) == 2 && len(e.From) == 0 && tail == 0 && e.To[0] == ' ' && unicode.IsLetter(e.To[1]):
		e.Kind = Insertion // behind a space that was at the end: PITTSBURGH l
	default:
		return Edit{}
	}
	return e
}

// isMark reports whether a character may be put around a value by accident;
// brackets and quotes belong to texts.
func isMark(r rune) bool {
	return (unicode.IsPunct(r) || unicode.IsSymbol(r)) && !strings.ContainsRune("()[]{}<>\"'%$€£¥°", r)
}

// marks finds equal marks: two or more at the end, or one kind at both ends.
func marks(r, f []rune) Edit {
	if len(f) == 0 || len(r) < len(f)+2 {
		return Edit{}
	}
	m := r[len(r)-1]
	if !isMark(m) {
		return Edit{}
	}
	head := 0
	for head < len(r) && r[head] == m {
		head++
	}
	end := len(r)
	for end > head && r[end-1] == m {
		end--
	}
	for _, from := range []int{0, head} {
		rest := r[from:end]
		for len(rest) > 0 && rest[len(rest)-1] == ' ' { // PITTSBURGH ***
			rest = rest[:len(rest)-1]
		}
		if slices.Equal(rest, f) && (from > 0 || len(r)-end >= 2) {
			at := len(r) - 1
			if from > 0 {
				at = 0
			}
			return Edit{Kind: Marks, At: at, To: []rune{m}, N: len(r) - len(f), One: true}
		}
	}
	return Edit{}
}

// several compares texts of one length that differ in some characters: at most
// an eighth of them and one, or up to two fifths where one and the same
// character replaces them all.
func several(r, f []rune) Edit {
	e := Edit{Kind: Several, At: -1, One: true}
	most := max(1+len(f)/8, len(f)*2/5)
	for i := range r {
		if r[i] == f[i] {
			continue
		}
		if e.N++; e.N > most {
			return Edit{}
		}
		if e.At < 0 {
			e.At = i
		}
		e.To, e.From = append(e.To, r[i]), append(e.From, f[i])
		e.One = e.One && r[i] == e.To[0]
	}
	if e.N < 2 || e.N > len(f)*2/5 || e.N > 1+len(f)/8 && !e.One {
		return Edit{}
	}
	return e
}
