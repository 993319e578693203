package clean

import (
	"math"
	"slices"

	"github.com/beamline-go/beamline/internal/slip"
)

// Bounds of guarded.
const (
	fewestSystem   = 3    // values with the same letter for the same one at the same place
	fewestTogether = 3    // edits that share a value
	togetherShare  = 0.3  // of the rows with that value
	togetherLift   = 4.0  // times the share of edits among all rows
	togetherChance = 1e-3 // that it is chance, of all values of a column
)

// guarded are the proposals that are made: probable enough, and not a system:
// the same change at the same place in several values, or in the rows that share
// a value of another column.
func guarded(t *Table, all []SlipProposal) []SlipProposal {
	type change struct {
		column   string
		word     bool
		at       int
		from, to string
	}
	alike := map[change]int{}
	key := func(p SlipProposal) (change, bool) {
		e := slip.Between(p.Old, p.New)
		return change{p.Column, p.Word, e.At, string(e.From), string(e.To)}, e.Kind == slip.Substitute
	}
	for _, p := range all {
		if k, ok := key(p); ok && p.Odds >= t.need.Slip {
			alike[k]++
		}
	}
	out := slices.DeleteFunc(all, func(p SlipProposal) bool {
		if p.Odds < t.need.Slip {
			return true
		}
		k, ok := key(p)
		return ok && !p.damage && alike[k] >= fewestSystem
	})
	rows := map[string][]int32{}
	for _, p := range out {
		rows[p.Column] = append(rows[p.Column], p.Rows...)
	}
	exceptions := map[string]*gathered{}
	for name, of := range rows {
		exceptions[name] = t.gather(name, of)
	}
	return slices.DeleteFunc(out, func(p SlipProposal) bool { return !p.damage && exceptions[p.Column].together(p.Rows) })
}

// gathered knows where the edits of a column gather: the values of other columns
// that many of their rows share.
type gathered struct {
	columns []*Column
	at      []map[int32]bool
}

// gather looks for values of other columns that edits of a column have in common:
// slips are scattered, exceptions are not.
func (t *Table) gather(name string, edited []int32) *gathered {
	g := &gathered{}
	if len(edited) < fewestTogether {
		return g
	}
	rate := float64(len(edited)) / float64(t.Rows)
	for _, c := range t.Columns {
		if c.Name == name {
			continue
		}
		counts := map[int32]int{}
		for _, r := range edited {
			counts[c.Codes[r]]++
		}
		at := map[int32]bool{}
		for code, n := range counts {
			if v := c.Values[code]; !v.Absent && gathers(n, v.Count, rate) && byChance(n, v.Count, rate)*float64(len(c.Values)) < togetherChance {
				at[code] = true
			}
		}
		if len(at) > 0 {
			g.columns, g.at = append(g.columns, c), append(g.at, at)
		}
	}
	return g
}

// gathers reports whether n edits among the rows that share a value are more than
// slips that are scattered with a rate.
func gathers(n, of int, rate float64) bool {
	share := float64(n) / float64(of)
	return n >= fewestTogether && of > fewestTogether && share > togetherShare && share > togetherLift*rate
}

// byChance bounds the probability that so many of some rows are edited, if each is
// with a rate: the number of ways to choose them times the probability of one.
func byChance(n, of int, rate float64) float64 {
	ways := 0.0
	for i := range n {
		ways += math.Log(float64(of-i) / float64(i+1))
	}
	return math.Exp(ways + float64(n)*math.Log(rate))
}

// together reports whether the first of some rows is among those.
func (g *gathered) together(rows []int32) bool {
	for i, c := range g.columns {
		if len(rows) > 0 && g.at[i][c.Codes[rows[0]]] {
			return true
		}
	}
	return false
}
