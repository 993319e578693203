package main

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/beamline-go/beamline/internal/profile"
	"github.com/beamline-go/beamline/internal/report"
)

// several are how an alert is said of several columns, each of which has a number of its own.
var several = []struct {
	one  *regexp.Regexp
	many string // with the rest of the one
	unit string // of the numbers
}{
	{regexp.MustCompile(`^(\d+) % of the cells (.*)$`), "most cells $2", " %"},
	{regexp.MustCompile(`^(\d+) cells (.*)$`), "some cells $2", " cells"},
	{regexp.MustCompile(`^a class with about (\d+) (values)$`), "a class with many $2", " values"},
}

// ofSeveral is an alert as it is said of several columns, and the number that belongs to one.
func ofSeveral(alert string) (many, number string) {
	for _, s := range several {
		if m := s.one.FindStringSubmatch(alert); m != nil {
			return s.one.ReplaceAllString(alert, s.many), m[1] + s.unit
		}
	}
	return alert, ""
}

// ranks are words of alerts, that of the weightiest first.
var ranks = []string{"tells nearly all of the target", "no cell has a value", "every cell is the same", "are no ", "are missing", "white space", "layouts", "years of two digits"}

// mostNamed bounds the columns that an alert names.
const mostNamed = 8

// alerts are those of all columns, one for each kind, the weightiest first.
func alerts(p profile.Profile) (out []report.Alert) {
	type kind struct {
		text    string
		columns []string // with their numbers
		first   string
		rank    int
	}
	var kinds []*kind
	by := map[string]*kind{}
	for _, c := range p.Columns {
		for _, a := range c.Alerts {
			many, number := ofSeveral(a)
			k := by[many]
			if k == nil {
				k = &kind{text: a, rank: slices.IndexFunc(ranks, func(word string) bool { return strings.Contains(a, word) })}
				if k.rank < 0 {
					k.rank = len(ranks)
				}
				by[many], kinds = k, append(kinds, k)
			}
			if len(k.columns) == 1 {
				k.text = many
			}
			k.columns = append(k.columns, strings.TrimSpace(c.Name+" "+number))
			k.first = cmp.Or(k.first, c.Name)
		}
	}
	slices.SortStableFunc(kinds, func(a, b *kind) int { return cmp.Compare(a.rank, b.rank) })
	for _, k := range kinds {
		if len(k.columns) == 1 {
			k.columns[0] = k.first // the text has the number
		}
		names := strings.Join(k.columns[:min(len(k.columns), mostNamed)], ", ")
		if n := len(k.columns); n > mostNamed {
			names += fmt.Sprintf(" and %d more", n-mostNamed)
		}
		out = append(out, report.Alert{Columns: names, Text: k.text})
	}
	return out
}
