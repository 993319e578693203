// Package missing knows the texts by which tables say that there is no value.
package missing

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Strength is how sure it is that a text means "no value".
type Strength uint8

// The strengths.
const (
	Not    Strength = iota
	Weak            // also a word of its own ("none", "-"): only among numbers or dates
	Strong          // NA, NULL, ? and the like
)

var tokens = map[string]Strength{
	"na": Strong, "n/a": Strong, "n.a.": Strong, "nan": Strong, "null": Strong, "?": Strong, "#n/a": Strong,
	"#na": Strong, "<na>": Strong, "(null)": Strong, "<null>": Strong, "\\n": Strong, "nat": Strong,
	"none": Weak, "nil": Weak, "-": Weak, "--": Weak, ".": Weak, "..": Weak, "unknown": Weak, "missing": Weak,
	"n.d.": Weak, "not available": Weak, "???": Weak, "??": Weak, "empty": Weak,
}

// begins and follows hold the first and the second characters of tokens, in both cases.
var begins, follows = func() (first, second [256]bool) {
	for t := range tokens {
		first[t[0]], first[strings.ToUpper(t[:1])[0]] = true, true
		if len(t) > 1 {
			second[t[1]], second[strings.ToUpper(t[1:2])[0]] = true, true
		}
	}
	return first, second
}()

// longest is the length of the longest token.
const longest = 13

// Token returns how surely the cell means "no value". White space around it
// must be gone. Letter case does not count.
func Token(cell string) Strength {
	if len(cell) > longest || cell == "" {
		return Not
	}
	if !begins[cell[0]] || len(cell) > 1 && !follows[cell[1]] { // most texts
		return Not
	}
	if s, ok := tokens[cell]; ok {
		return s
	}
	var low [longest]byte
	for i := range len(cell) {
		c := cell[i]
		if c-'A' < 26 {
			c += 'a' - 'A'
		}
		low[i] = c
	}
	return tokens[string(low[:len(cell)])]
}

// Tokens lists the texts of a column that count as missing, in sorted order of the
// spelling seen. seen holds every token and how often; typed says that the other
// values of the column are numbers or dates. Among words, a token that is written as
// all of these are is one more: NA among codes of two capitals, Null among names.
func Tokens(seen map[string]int64, typed bool, words []string) []string {
	var out []string
	for t := range seen {
		if typed || Token(t) == Strong && !alike(t, words) {
			out = append(out, t)
		}
	}
	slices.Sort(out)
	return out
}

// fewestAlike is how many words show how a column writes them.
const fewestAlike = 3

// alike reports whether a token of letters is written as all words are: in capitals
// of the same number, or with a capital in front.
func alike(token string, words []string) bool {
	if len(words) < fewestAlike {
		return false
	}
	style := func(w string) string {
		first, size := utf8.DecodeRuneInString(w)
		switch {
		case strings.ContainsFunc(w, func(r rune) bool { return !unicode.IsLetter(r) }):
			return ""
		case strings.ToUpper(w) == w:
			return "A" + strings.Repeat("A", utf8.RuneCountInString(w))
		case unicode.IsUpper(first) && strings.ToLower(w[size:]) == w[size:]:
			return "Aa"
		}
		return ""
	}
	of := style(token)
	if of == "" {
		return false
	}
	for _, w := range words {
		if style(w) != of {
			return false
		}
	}
	return true
}
