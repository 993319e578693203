package clean

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// letterCase gives a value that differs from a frequent one in upper and lower
// case only the spelling of the frequent one, and values of a column that is
// written in lower or in upper case throughout that case.
var letterCase = cellRule("case", learnCase, func(s likeness) (Repair, error) {
	return func(cell string) (string, float64, bool) {
		if lead, ok := s.Leads[strings.ToLower(cell)]; ok && !s.keeps(cell) {
			return lead, precisionOf("case"), lead != cell
		}
		return "", 0, false
	}, nil
})

// likeness maps what alike values have in common to the one that leads.
type likeness struct {
	Leads map[string]string `json:"leads"`
	Kept  []string          `json:"kept,omitempty"` // values that stay all the same

	kept map[string]bool
}

func (l likeness) keptValues() []string { return l.Kept }

func (l *likeness) keeps(cell string) bool {
	if l.kept == nil {
		l.kept = map[string]bool{}
		for _, k := range l.Kept {
			l.kept[k] = true
		}
	}
	return l.kept[cell]
}

// The frequent spelling must be seen dominantCount times, and dominantRatio
// times as often as the other.
const (
	dominantCount = 5
	dominantRatio = 5
)

func learnCase(c *Column) *likeness {
	if !c.Type.Textual() || c.codeLike() {
		return nil
	}
	short := c.shortCased()
	return c.likeness(strings.ToLower, func(v string) bool {
		return utf8.RuneCountInString(v) >= shortestCased || short[strings.ToLower(v)]
	})
}

// In short texts letter case may tell things apart: Co and CO, mW and MW, Aa and AA.
// There it is mended only where nearly all other texts of the column are written in
// one style.
const (
	shortestCased = 4
	styleShare    = 0.98
	fewestStyled  = 3 // texts that differ in more than case
)

// shortCased are short texts, in lower case, whose case may be mended.
func (c *Column) shortCased() map[string]bool {
	type counts map[string]int // cells by style
	all, n := counts{}, 0
	groups := map[string]counts{}
	for v := range c.Present() {
		key, style := strings.ToLower(v.Text), caseOf(v.Text)
		if groups[key] == nil {
			groups[key] = counts{}
		}
		groups[key][style] += v.Count
		all[style] += v.Count
		n += v.Count
	}
	out := map[string]bool{}
	if len(groups) < fewestStyled {
		return out
	}
	for key, own := range groups {
		if len(own) < 2 || utf8.RuneCountInString(key) >= shortestCased {
			continue
		}
		style, others := leading(own), n
		for _, k := range own {
			others -= k
		}
		out[key] = float64(all[style]-own[style]) >= styleShare*float64(others) && others > 0
	}
	return out
}

// caseOf is the style of a text: lower, upper, title or mixed.
func caseOf(s string) string {
	switch s {
	case strings.ToLower(s):
		return "lower"
	case strings.ToUpper(s):
		return "upper"
	case title(strings.ToLower(s)):
		return "title"
	}
	return "mixed"
}

// likeness finds values that have one key. It knows a leading value for
// each, so that new cells can be told too.
func (c *Column) likeness(keyOf func(string) string, may func(string) bool) *likeness {
	leads := map[string]int32{}
	s := &likeness{Leads: map[string]string{}}
	odd := map[int32]int32{}
	for i, v := range c.Values { // the most frequent first
		if v.Absent || !may(v.Text) {
			continue
		}
		key := keyOf(v.Text)
		at, ok := leads[key]
		switch n := c.Values[at].Count; {
		case !ok:
			leads[key] = int32(i)
			if v.Count >= dominantCount {
				s.Leads[key] = v.Text
			}
		case n < dominantCount || n < dominantRatio*v.Count:
			s.Kept = append(s.Kept, v.Text)
		default:
			odd[int32(i)] = at
		}
	}
	for i := range c.customary(odd) {
		s.Kept = append(s.Kept, c.Values[i].Text)
	}
	for _, v := range c.Values { // however it is spelled, it says that there is no value
		if v.Absent && s.Leads[keyOf(v.Text)] != "" {
			s.Kept = append(s.Kept, v.Text)
		}
	}
	slices.Sort(s.Kept)
	if len(s.Leads) == 0 {
		return nil
	}
	return s
}

// codeLike reports whether case tells values of the column apart, as it does in
// codes: letters and digits mixed in most of them.
func (c *Column) codeLike() bool {
	return c.share(func(s string) bool {
		letters, digits := false, false
		for _, r := range s {
			letters = letters || unicode.IsLetter(r)
			digits = digits || unicode.IsDigit(r)
			if unicode.IsSpace(r) {
				return false
			}
		}
		return letters && digits
	}) > 0.5
}
