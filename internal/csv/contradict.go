package csv

import (
	"unicode/utf8"

	"github.com/beamline-go/beamline/internal/fault"
)

// A setting is contradicted where what is found without it scores clearTimes as well, and
// is clear in itself. Fewer characters than fewestWide may be chance in another encoding.
const (
	clear      = 0.5
	clearTimes = 2
	fewestWide = 8
)

// contradicted refuses a delimiter, a quote or an encoding that the text speaks against.
// given are the dialects with the settings.
func contradicted(body []byte, base Dialect, given []Dialect, s Settings) error {
	if err := otherEncoding(body, s.Encoding); err != nil {
		return err
	}
	sets := s.Delimiter != "" && s.Delimiter != none
	quoted := s.Quote != "" && s.Quote != none
	if !sets && !quoted {
		return nil
	}
	few := body
	if len(few) > shortContest {
		few = base.wholeLines(few[:shortContest])
	}
	best, of := topOf(few, candidates(few, base, delimiters, []byte{'"', 0, '\''}))
	if own, _ := topOf(few, given); best < clear || best < clearTimes*max(own, single) {
		return nil
	}
	switch {
	case sets && (s.Delimiter != string(of.Delimiter)):
		return fault.Usagef("the delimiter %q is not that of the file, which is %q; leave it out, or say none if the file has one column", s.Delimiter, of.Delimiter)
	case quoted && of.Quote != 0 && s.Quote != string(of.Quote):
		return fault.Usagef("the quote %s is not that of the file, which is %c; leave it out", s.Quote, of.Quote)
	}
	return nil
}

// topOf is the best score of dialects, and the first that has it.
func topOf(body []byte, all []Dialect) (best float64, of Dialect) {
	for _, d := range all {
		if score := contest(body, d); score > best+1e-9 {
			best, of = score, d
		}
	}
	return best, of
}

// otherEncoding refuses an encoding of a text that is in UTF-8, or in no UTF-8.
func otherEncoding(body []byte, given Encoding) error {
	e := Named(string(given))
	if given == "" || encodings[e] == nil && !e.utf8() { // an unknown one is refused elsewhere
		return nil
	}
	wide, bad := wideRunes(body)
	switch {
	case e.utf8() && bad && !guessEncoding(body).utf8():
		return fault.Usagef("the encoding utf-8 is not that of the file, which looks like %s; leave it out", guessEncoding(body))
	case !e.utf8() && !bad && wide >= fewestWide:
		return fault.Usagef("the encoding %s is not that of the file, which is utf-8; leave it out", given)
	}
	return nil
}

// wideRunes counts the characters of several bytes, and reports whether some bytes are no
// UTF-8. A character that the end cuts is passed over.
func wideRunes(body []byte) (wide int, bad bool) {
	for len(body) > 0 {
		r, n := utf8.DecodeRune(body)
		switch {
		case r == utf8.RuneError && n == 1:
			return wide, utf8.FullRune(body)
		case n > 1:
			wide++
		}
		body = body[n:]
	}
	return wide, false
}
