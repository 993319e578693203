package clean

import (
	"strings"
	"unicode/utf8"
)

// initials writes words as the one letter that stands for them, in a column of
// such letters: Married among M, S and D.
var initials = cellRule("initial", learnInitials, func(s letters) (Repair, error) {
	return func(cell string) (string, float64, bool) {
		to, ok := s.Of[strings.ToLower(cell)]
		return to, 0.95, ok && to != cell
	}, nil
})

// letters are the letter of each word.
type letters struct {
	Of map[string]string `json:"of"`
}

const (
	letterShare  = 0.8 // cells that are one letter
	mostLetters  = 12
	shortestWord = 3
)

func learnInitials(c *Column) *letters {
	if !c.Type.Textual() {
		return nil
	}
	single := map[string]string{}
	n, all := 0, 0
	for v := range c.Present() {
		all += v.Count
		if utf8.RuneCountInString(v.Text) == 1 && hasLetter(v.Text) {
			single[strings.ToLower(v.Text)] = v.Text
			n += v.Count
		}
	}
	if all < fewestCells || len(single) < 2 || len(single) > mostLetters || float64(n) < letterShare*float64(all) {
		return nil
	}
	s := letters{map[string]string{}}
	of := map[string]int{}
	for v := range c.Present() {
		low := strings.ToLower(v.Text)
		first, size := utf8.DecodeRuneInString(low)
		if len(low) == size {
			continue
		}
		letter, ok := single[string(first)]
		if !ok || utf8.RuneCountInString(low) < shortestWord {
			return nil // the others are no words for the letters
		}
		if s.Of[low] == "" {
			of[letter]++
		}
		s.Of[low] = letter
	}
	if len(s.Of) < 2 {
		return nil // one word may be a value of its own
	}
	for _, words := range of {
		if words > 1 {
			return nil // M for Married, or for Mixed?
		}
	}
	return &s
}
