package match

import (
	"math"
)

// Model is what is known of two records of one thing, and of two others. It
// travels as JSON.
type Model struct {
	Columns  []Column       `json:"columns"`
	Two      bool           `json:"two,omitempty"`   // between two tables
	Whole    bool           `json:"whole,omitempty"` // all records were looked at
	Blocking []BlockingRule `json:"blocking"`
	Swaps    [][2]int       `json:"swaps,omitempty"`  // columns that may be exchanged
	Strict   bool           `json:"strict,omitempty"` // matches differ in one column at most, by little
	// Telling are columns whose values hardly any two things have in common.
	Telling     []int     `json:"telling,omitempty"`
	Lambda      float64   `json:"lambda"`       // probability that two records match
	GroupShares []float64 `json:"group_shares"` // of matches: in which no group differs, and in which each does
	Groups      []Group   `json:"groups,omitempty"`

	// Least is the logarithm of the odds from which on two records are taken for one: 0 where
	// that is more probable than not.
	Least float64 `json:"least,omitempty"`

	logs []logarithms // by column
}

// logarithms are those of the chances of a column, and of it in each group.
type logarithms struct {
	m, u [numLevels]float64
}

// prepare has to be called when chances have changed.
func (m *Model) prepare() {
	m.logs = make([]logarithms, len(m.Columns))
	for k, c := range m.Columns {
		for l := range numLevels {
			m.logs[k].m[l], m.logs[k].u[l] = logOf(c.M[l]), logOf(c.U[l])
		}
	}
}

// Column is how a column is compared.
type Column struct {
	Name    string             `json:"name"`
	Kind    Kind               `json:"kind"`
	Short   bool               `json:"short,omitempty"`   // words are abbreviated, since some cells do
	Coded   bool               `json:"coded,omitempty"`   // of Words: the codes in it are compared by themselves
	From    []int              `json:"from,omitempty"`    // of Codes: the columns that they stand in
	M       [numLevels]float64 `json:"m"`                 // probability of each comparison level in a match
	U       [numLevels]float64 `json:"u"`                 // and in a pair that is none
	Rows    int                `json:"rows"`              // records that were looked at
	Records map[string]int     `json:"records,omitempty"` // of Words and Codes: how many have a word
	Terms   map[string]float64 `json:"terms,omitempty"`   // chance to meet a value that is frequent
	Least   float64            `json:"least"`             // and one that is not, where it is less than that of any
}

// Group is columns that agree together in pairs that are no matches.
type Group struct {
	Columns []int                `json:"columns"`
	Levels  [][numLevels]float64 `json:"levels"` // by column of the group
	Share   float64              `json:"share"`  // of all pairs
}

// terms writes, for a pair, the chance to meet the value that both have.
func (m *Model) terms(a, b *Record, levels []int8, terms []float64) {
	for k, l := range levels {
		switch c := &m.Columns[k]; {
		case l != same:
		case c.Kind == Codes:
			terms[k] = c.shared(&a.values[k], &b.values[k])
		default:
			terms[k] = c.Terms[a.values[k].term()]
		}
	}
}

// weights writes, for a pair, the logarithms of how much more probable each
// level is in a match, and of how much more probable the levels are in each
// group than by chance.
func (m *Model) weights(levels []int8, terms, w, b []float64) {
	clear(b)
	for k := range m.Columns {
		c := &m.Columns[k]
		l := levels[k]
		if w[k] = 0; l < 0 {
			continue
		}
		if l == same {
			w[k] = max(0, m.logs[k].m[0]-math.Log(c.chanceOf(terms[k])))
		} else {
			w[k] = m.logs[k].m[l] - m.logs[k].u[l]
		}
	}
	for g := range m.Groups {
		for i, k := range m.Groups[g].Columns {
			c, is, l := &m.Columns[k], &m.Groups[g].Levels[i], levels[k]
			switch {
			case l < 0:
			case l == same:
				term := c.chanceOf(terms[k])
				sure := max(0, (is[0]-c.U[0])/(1-c.U[0]))
				b[g] += math.Log((sure + (1-sure)*term) / term)
			default:
				b[g] += logOf(is[l]) - m.logs[k].u[l]
			}
		}
	}
}

// chanceOf is the chance to meet a value by chance, of which that much is known.
func (c *Column) chanceOf(term float64) float64 { return term + min(c.Least, c.U[0]) }

func logOf(p float64) float64 { return math.Log(max(p, 1e-12)) }

// odds is the logarithm of the odds of a match, from weights, and that of the
// probability of the levels otherwise, against chance. matches and others are room for the shares of each part of either side: without a group, and each
// group.
func (m *Model) odds(w, b, matches, others []float64) (odds, other float64) {
	rest := 1 - m.Lambda
	for g := range m.Groups {
		rest -= m.Groups[g].Share
	}
	total := 0.0
	for _, x := range w {
		total += x
	}
	others[0], matches[0] = logOf(rest), logOf(m.GroupShares[0])+total
	for g := range m.Groups {
		others[g+1] = math.Log(max(m.Groups[g].Share, 1e-15)) + b[g]
		matches[g+1] = logOf(m.GroupShares[g+1]) + total
		for _, k := range m.Groups[g].Columns {
			matches[g+1] -= w[k]
		}
	}
	other = shares(others)
	return math.Log(m.Lambda) + shares(matches) - other, other
}

// shares turns logarithms into shares of their sum, whose logarithm it returns.
func shares(x []float64) float64 {
	most := math.Inf(-1)
	for _, v := range x {
		most = max(most, v)
	}
	sum := 0.0
	for i, v := range x {
		x[i] = math.Exp(v - most)
		sum += x[i]
	}
	for i := range x {
		x[i] /= sum
	}
	return most + math.Log(sum)
}

// probability is the odds, of which w is the logarithm, as a probability.
func probability(w float64) float64 { return 1 / (1 + math.Exp(-min(max(w, -50), 50))) }
