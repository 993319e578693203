package clean

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
)

// misspellings gives values and words the spelling of a frequent one, where the
// judge takes them for slips.
var misspellings = Rule{Name: "spelling", late: true, learn: learnMisspellings, cells: misspellingCells.cells, why: whySpelling}

var misspellingCells = cellRule("spelling", func(*Column) *slips { return nil }, misspellingRepair)

func misspellingRepair(s slips) (Repair, error) {
	known := setOf(s.Known)
	return func(cell string) (string, float64, bool) {
		if m, ok := s.Values[cell]; ok {
			return m.To, m.Confidence, true
		}
		if len(s.Frequent) > 0 && !known[cell] {
			if m, ok := s.unseen(cell); ok {
				return m.To, m.Confidence, true
			}
		}
		if len(s.Words) == 0 || len(cell) > longestCell {
			return "", 0, false
		}
		least := 1.0
		mended := mapWords(cell, func(w string) string {
			if m, ok := s.Words[w]; ok {
				least = min(least, m.Confidence)
				return m.To
			}
			return w
		})
		return mended, least, mended != cell
	}, nil
}

// whySpelling says how often the two values, or words, are there.
func whySpelling(step Step) func(old, mended string) string {
	var s slips
	if json.Unmarshal(step.Settings, &s) != nil {
		return nil
	}
	return func(old, mended string) string {
		if m, ok := s.Values[old]; ok {
			return m.because(old)
		}
		if m, ok := s.Frequent[mended]; ok {
			m.To = mended
			return m.because(old)
		}
		said := ""
		mapWords(old, func(w string) string {
			if m, ok := s.Words[w]; ok && said == "" {
				said = m.because(w)
			}
			return w
		})
		return said
	}
}

func (m meant) because(old string) string {
	if m.Count == 0 {
		return fmt.Sprintf("%q: %d", clipped(m.To), m.Lead)
	}
	return fmt.Sprintf("%q: %d, %q: %d", clipped(m.To), m.Lead, clipped(old), m.Count)
}

// clipped is a text that is not too long to be shown.
func clipped(s string) string {
	if r := []rune(s); len(r) > mostShownText {
		return string(r[:mostShownText]) + "…"
	}
	return s
}

const mostShownText = 40 // characters

// slips are misspelled values and words of a column.
type slips struct {
	Values map[string]meant `json:"values,omitempty"`
	Words  map[string]meant `json:"words,omitempty"`
	// Frequent are values of which a text that was not there is a slip if it is near
	// none but this one; Known are all that were there.
	Frequent map[string]meant `json:"frequent,omitempty"`
	Known    []string         `json:"known,omitempty"`
}

// meant is what a slip should have been.
type meant struct {
	To         string  `json:"to"`
	Confidence float64 `json:"confidence"`
	Lead       int     `json:"lead"`  // cells that have it
	Count      int     `json:"count"` // cells with the slip
}

func learnMisspellings(t *Table) (steps []Step) {
	made := Proposals{}
	all, unseen := slipsOf(t)
	for _, u := range unseen {
		if len(u.frequent) > 0 {
			s := made.of(u.column)
			s.Frequent, s.Known = u.frequent, u.known
		}
	}
	t.Proposals = Proposals{}
	for _, p := range all {
		if p.Odds >= likely {
			t.Proposals.add(p)
		}
	}
	found := guarded(t, all)
	for _, p := range found {
		t.Proposals.drop(p)
		made.add(p)
	}
	for _, c := range t.Columns {
		if s := made[c.Name]; s != nil {
			steps = append(steps, newStep("spelling", c.Name, s))
		}
	}
	return append(steps, learnEndMarks(t, found)...)
}

func hasLetter(s string) bool { return strings.ContainsFunc(s, unicode.IsLetter) }

// Proposals are values and words and what they should have been, by column.
type Proposals map[string]*slips

// of are those of a column.
func (p Proposals) of(column string) *slips {
	if p[column] == nil {
		p[column] = &slips{Values: map[string]meant{}, Words: map[string]meant{}}
	}
	return p[column]
}

func (p Proposals) add(s SlipProposal) {
	p.of(s.Column).kind(s.Word)[s.Old] = meant{s.New, confidence(s.Odds), s.Lead, s.Count}
}

func (p Proposals) drop(s SlipProposal) { delete(p.of(s.Column).kind(s.Word), s.Old) }

// kind are the words, or the values.
func (s *slips) kind(words bool) map[string]meant {
	if words {
		return s.Words
	}
	return s.Values
}
