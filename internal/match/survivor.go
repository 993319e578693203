package match

import (
	"cmp"
	"slices"
	"unicode/utf8"
)

// Survivor builds one record of several about one thing, field by field: the
// value that most of them have, of equally frequent ones the longest, and of
// equally long ones the first. Spellings that differ in case, accents and marks
// only count as one value.
func Survivor(records [][]string) []string {
	out := make([]string, len(records[0]))
	for k := range out {
		tidied, counts := make([]string, len(records)), map[string]int{}
		for i, r := range records {
			if tidied[i] = tidy(r[k]); tidied[i] != "" {
				counts[tidied[i]]++
			}
		}
		best := 0
		for i, r := range records {
			more := cmp.Or(cmp.Compare(counts[tidied[i]], counts[tidied[best]]), cmp.Compare(utf8.RuneCountInString(r[k]), utf8.RuneCountInString(records[best][k])))
			if more > 0 {
				best = i
			}
		}
		out[k] = records[best][k]
	}
	return out
}

// Clusters lists the records of each thing that has several, from decided pairs.
func Clusters(pairs []Pair) [][]Place {
	of := map[Place]int{}
	var out [][]Place
	for _, p := range pairs {
		a, ok := of[p.A]
		if !ok {
			if a, ok = of[p.B]; !ok {
				a = len(out)
				out = append(out, nil)
			}
		}
		for _, at := range []Place{p.A, p.B} {
			if b, ok := of[at]; !ok {
				of[at] = a
				out[a] = append(out[a], at)
			} else if b != a { // the pairs of a cluster came apart
				for _, x := range out[b] {
					of[x] = a
				}
				out[a] = append(out[a], out[b]...)
				out[b] = nil
			}
		}
	}
	out = slices.DeleteFunc(out, func(c []Place) bool { return len(c) == 0 })
	for _, c := range out {
		slices.SortFunc(c, Place.Compare)
	}
	slices.SortFunc(out, func(a, b []Place) int { return a[0].Compare(b[0]) })
	return out
}

// Reason says what a column of a pair speaks for.
type Reason struct {
	Column string
	Level  string  // same, close, alike, different, missing or exchanged
	Weight float64 // logarithm of how much more probable it is in a match
}

// Reasons explains two records, column by column, and how probably they are one.
func (m *Matcher) Reasons(a, b *Record) (p float64, out []Reason) {
	p = probability(m.Odds(a, b))
	for k, level := range m.levels {
		c := m.Columns[k]
		if c.Kind == None {
			continue
		}
		r := Reason{c.Name, "", m.w[k]}
		switch {
		case level == missing:
			r.Level = "missing"
			if slices.ContainsFunc(m.Swaps, func(s [2]int) bool { return s[1] == k && m.levels[s[0]] == swapped }) {
				r.Level = "exchanged"
			}
		case level == swapped:
			r.Level = "exchanged"
		case level == same:
			r.Level = "same"
		case level == different && c.Kind != Words, level == unlike:
			r.Level = "different"
		case agrees(c.Kind, level):
			r.Level = "close"
		default:
			r.Level = "alike"
		}
		out = append(out, r)
	}
	return p, out
}
