package clean

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// affixes takes off marks that were glued around the cells of a column, the same
// ones around each: marks that stand there nowhere else, on cells that are known
// values, or numbers, without them. One mark at one end may mean something: A-, C#,
// 12*.
var affixes = cellRule("affix", learnAffixes, func(s glued) (Repair, error) {
	return func(cell string) (string, float64, bool) {
		for _, m := range s.Marks {
			if rest, ok := m.off(cell); ok {
				return rest, precisionOf("affix"), true
			}
		}
		return "", 0, false
	}, nil
})

// glued are the marks around cells of a column.
type glued struct {
	Marks []around `json:"marks"`
}

// around is what stands in front of a cell and behind it.
type around struct {
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// off is a cell without the marks.
func (a around) off(cell string) (string, bool) {
	rest, ok := strings.CutPrefix(cell, a.Before)
	if !ok {
		return "", false
	}
	rest, ok = strings.CutSuffix(rest, a.After)
	return rest, ok && rest != ""
}

// Bounds of learnAffixes.
const (
	affixShare    = 0.3 // cells that may carry the marks
	affixKnown    = 0.6 // of them, those that are values of the column, or numbers in one of numbers, without them
	fewestGlued   = 3
	onlyGlued     = 3 // times as often as with marks, for a value that is the only one with them
	shortestMarks = 2 // characters
)

func learnAffixes(c *Column) *glued {
	numbers := c.share(isPlain) >= 1-affixShare
	cells, values, known, sure := map[around]int{}, map[around]int{}, map[around]int{}, map[around]bool{}
	said := 0 // cells with a text
	for _, v := range c.Values {
		if v.Text != "" {
			said += v.Count
		}
	}
	for v := range c.Present() {
		a := c.marksOf(v)
		if utf8.RuneCountInString(a.Before+a.After) < shortestMarks {
			continue
		}
		rest, _ := a.off(v.Text)
		cells[a] += v.Count
		values[a]++
		if lead := c.Find(rest); lead != nil && lead.Count >= v.Count || numbers && isPlain(rest) {
			known[a]++
			sure[a] = sure[a] || lead != nil && lead.Count >= onlyGlued*v.Count
		}
	}
	s := &glued{}
	for a, n := range cells {
		if n < fewestGlued || float64(n) > affixShare*float64(said) || values[a] < 2 && !sure[a] {
			continue
		}
		if float64(known[a]) >= affixKnown*float64(values[a]) || values[a] >= fewestGlued && a.Before != "" && a.After != "" && c.alone(a) {
			s.Marks = append(s.Marks, a)
		}
	}
	if len(s.Marks) == 0 {
		return nil
	}
	slices.SortFunc(s.Marks, func(a, b around) int { // the longest first
		if x, y := len(a.Before+a.After), len(b.Before+b.After); x != y {
			return y - x
		}
		return strings.Compare(a.Before+"\x00"+a.After, b.Before+"\x00"+b.After)
	})
	return s
}

// marksOf are the marks around a value; those that stand there in a frequent one too,
// such as <=50K, are its own.
func (c *Column) marksOf(v Value) around {
	a := marksAround(v.Text)
	body, ok := a.off(v.Text)
	if lead := c.Find(body); !ok || lead != nil || a == (around{}) {
		return a
	}
	before, after := []rune(a.Before), []rune(a.After)
	for i := range before { // as many of its own as can be
		for j := len(after); j >= 0; j-- {
			lead := c.Find(string(before[i:]) + body + string(after[:j]))
			if lead != nil && lead.Count >= v.Count && lead.Text != v.Text {
				return around{string(before[:i]), string(after[j:])}
			}
		}
	}
	return a
}

// alone reports whether no other value begins with the marks in front, or ends with
// those behind.
func (c *Column) alone(a around) bool {
	for v := range c.Present() {
		if _, both := a.off(v.Text); !both && (strings.HasPrefix(v.Text, a.Before) || strings.HasSuffix(v.Text, a.After)) {
			return false
		}
	}
	return true
}

// marksAround are the marks at both ends of a cell; none where it has nothing else.
func marksAround(cell string) around {
	rest := strings.TrimLeftFunc(cell, mark)
	if rest == "" {
		return around{}
	}
	a := around{Before: cell[:len(cell)-len(rest)]}
	number := isAmount(strings.TrimRightFunc(rest, mark))
	if number {
		a.Before = strings.TrimRight(a.Before, "-+.$€£¥") // these belong to a number
		rest = cell[len(a.Before):]
	}
	body := strings.TrimRightFunc(rest, mark)
	a.After = rest[len(body):]
	if number {
		a.After = strings.TrimLeft(a.After, "%-+°")
	}
	return a.outside(body)
}

// isAmount reports whether a text is a number, also one with separators.
func isAmount(s string) bool {
	a, ok := readAmount(s)
	return isPlain(s) || ok && a.before == "" && a.after == ""
}

// outside are the marks without the brackets and quotes next to the body: pairs are put there
// on purpose, and those that the body opens or closes are its own.
func (a around) outside(body string) around {
	for a.Before != "" || a.After != "" {
		last, wide := utf8.DecodeLastRuneInString(a.Before)
		first, width := utf8.DecodeRuneInString(a.After)
		switch {
		case pairsOf[around{string(last), string(first)}]:
			a = around{a.Before[:len(a.Before)-wide], a.After[width:]}
		case closes[first] != 0 && strings.Count(body, string(closes[first])) > strings.Count(body, string(first)):
			a.After = a.After[width:]
			body += string(first)
		case opens[last] != 0 && strings.Count(body, string(opens[last])) > strings.Count(body, string(last)):
			a.Before = a.Before[:len(a.Before)-wide]
			body = string(last) + body
		default:
			return a
		}
	}
	return a
}

// Brackets by the other one of their pair.
var (
	closes = map[rune]rune{')': '(', ']': '[', '}': '{', '>': '<'}
	opens  = map[rune]rune{'(': ')', '[': ']', '{': '}', '<': '>'}
)

// pairsOf are what texts stand in.
var pairsOf = map[around]bool{{"(", ")"}: true, {"[", "]"}: true, {"{", "}"}: true, {"<", ">"}: true, {`"`, `"`}: true, {"'", "'"}: true, {"“", "”"}: true, {"«", "»"}: true}

// mark reports whether a character may be glued to a cell by accident.
func mark(r rune) bool {
	return isPunctuation(r) && r != utf8.RuneError
}
