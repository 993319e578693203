package clean

import (
	"unicode"
	"unicode/utf8"

	"github.com/beamline-go/beamline/internal/slip"
)

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
		if ok || e.Kind > slip.Transpose || changed(e, unicode.IsLetter) == 0 || otherWord(e, cell, f) {
			return found, false
		}
		found, ok = m, true
		found.To = f
	}
	return found, ok
}

// otherWord reports whether what tells the two apart is what often tells one word or one
// thing from another.
func otherWord(e slip.Edit, cell, f string) bool {
	return sameButQuantity(cell, f) || codeLetter(e, cell, f) || plural(e, cell, f) || firstOfWord(e, f)
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
