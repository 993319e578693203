package clean

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/beamline-go/beamline/internal/parallel"
	"github.com/beamline-go/beamline/internal/slip"
)

// SlipProposal is a value, or a word, of a column that may be a slip of another
// one, with what speaks for and against it.
type SlipProposal struct {
	Column   string
	Word     bool
	Old, New string
	Count    int     // places of Old
	Lead     int     // places of New
	Rows     []int32 // that have Old, not all of many
	Evidence []float64
	Odds     float64

	damage bool // by a mark of damage
}

// Mend is the cell with the change made.
func (p *SlipProposal) Mend(cell string) string {
	if !p.Word {
		if cell == p.Old {
			return p.New
		}
		return cell
	}
	return mapWords(cell, func(w string) string {
		if w == p.Old {
			return p.New
		}
		return w
	})
}

// mapWords replaces the words of a text.
func mapWords(s string, f func(string) string) string {
	var b strings.Builder
	last := 0
	words(s, func(from, to int) bool {
		if w := f(s[from:to]); w != s[from:to] {
			b.WriteString(s[last:from])
			b.WriteString(w)
			last = to
		}
		return true
	})
	if last == 0 {
		return s
	}
	return b.String() + s[last:]
}

// SlipEvidence are the names of the evidence of proposals, in its order.
func SlipEvidence() []string { return slices.Clone(slipEvidence) }

// SlipProposals finds all values and words of a table that may be slips, and
// judges each by itself.
func SlipProposals(t *Table) []SlipProposal {
	found, _ := slipsOf(t)
	return found
}

// slipsOf finds them, and the values of which a text that is not there would be a
// slip if it were near.
func slipsOf(t *Table) ([]SlipProposal, []open) {
	t.coded() // before columns are looked at side by side
	var all []*things
	for _, c := range t.Columns {
		if c.Fixed || c.Reconciled || c.numerals() {
			continue
		}
		all = append(all, cellsOf(t, c))
		if c.Type.Textual() && c.share(severalWords) >= textShare {
			if w := wordsOfCells(t, c); w != nil {
				all = append(all, w)
			}
		}
	}
	if len(all) == 0 {
		return nil, nil
	}
	parallel.Each(len(all), func(i int) { all[i].survey() })
	marks, sums := marksOfDamage(all), dirtiness(all)
	n := newCensus(t)
	out, more := make([][]SlipProposal, len(all)), make([]open, len(all))
	parallel.Each(len(all), func(i int) {
		s := all[i]
		w := &witness{things: s, census: n, need: t.need.Slip, dirt: s.dirtBut(sums), leads: map[int][]company{}, marks: marks}
		if more[i] = w.open(); len(s.pairs) == 0 {
			return
		}
		s.surround(t)
		out[i] = w.proposals()
	})
	return slices.Concat(out...), more
}

// numerals reports whether each value of a column is a number in digits: a number is no
// slip of another.
func (c *Column) numerals() bool {
	if !c.Type.Numeric() {
		return false
	}
	for v := range c.Present() {
		if !plainNumber(v.Text) {
			return false
		}
	}
	return true
}

// textShare is the share of cells with several words from which on words are
// looked at by themselves.
const textShare = 0.2

func severalWords(s string) bool { return strings.Contains(s, " ") }

// dirtiness counts the rare values of all columns of words, and those that are near
// a frequent one, of cells and of words.
func dirtiness(all []*things) (sums [2]things) {
	for _, s := range all {
		if !s.column.Type.Numeric() {
			sums[s.kind()].near += s.near
			sums[s.kind()].far += s.far
		}
	}
	return sums
}

func (s *things) kind() int {
	if s.words {
		return 1
	}
	return 0
}

// dirtBut is the share of rare values that are near a frequent one in all columns
// but one, as a logarithm.
func (s *things) dirtBut(sums [2]things) float64 {
	sum := sums[s.kind()]
	if !s.column.Type.Numeric() {
		sum.near -= s.near
		sum.far -= s.far
	}
	return math.Log(sum.nearShare(0))
}

// proposals judges the pairs of the column.
func (w *witness) proposals() (out []SlipProposal) {
	t := w.things
	for from := 0; from < len(t.pairs); {
		to := from
		for to < len(t.pairs) && t.pairs[to].Rare == t.pairs[from].Rare {
			to++
		}
		if p, ok := w.best(t.pairs[from:to]); ok {
			out = append(out, p)
		}
		from = to
	}
	return out
}

// judge is the model for cells, or for words.
func (t *things) judge() *weights {
	if t.words {
		return &judge.Word
	}
	return &judge.Slip
}

// tried is how many of the values that one may be a slip of are judged, the most
// frequent ones.
const tried = 2

// best judges what a value may be a slip of, and returns the most probable.
func (w *witness) best(pairs []slip.Pair) (best SlipProposal, ok bool) {
	t := w.things
	rare := t.values[pairs[0].Rare]
	if isAbsent(rare.Text) {
		return best, false
	}
	may := slices.DeleteFunc(slices.Clone(pairs), func(p slip.Pair) bool {
		return t.values[p.Lead].Count < 2*rare.Count || w.refused(p) || w.movedSpace(p)
	})
	slices.SortStableFunc(may, func(a, b slip.Pair) int { return cmp.Compare(t.values[b.Lead].Count, t.values[a.Lead].Count) })
	for i, p := range may[:min(len(may), tried)] {
		second := 0
		for k, o := range may {
			if k != i {
				second = max(second, t.values[o.Lead].Count)
			}
		}
		if second*oneOf > t.values[p.Lead].Count && w.digitsOnly(may) {
			continue // either may be meant
		}
		e := w.pair(p, second)
		odds := t.judge().logOdds(e)
		if lead := t.values[p.Lead].Count; w.damage(p.Edit) && lead >= oneOf*max(rare.Count, second) {
			odds = max(odds, damaged)
		}
		if w.closedDomain(p, second) {
			odds = max(odds, closed)
		}
		if ok && odds <= best.Odds {
			continue
		}
		ok = true
		best = SlipProposal{Column: t.column.Name, Word: t.words, Old: rare.Text, New: t.values[p.Lead].Text, Count: rare.Count, Lead: t.values[p.Lead].Count, Evidence: e, Odds: odds, damage: w.damage(p.Edit)}
	}
	if ok {
		for _, p := range t.at[pairs[0].Rare][:min(len(t.at[pairs[0].Rare]), rarePlaces)] {
			if t.rows != nil {
				p = t.rows[p]
			}
			best.Rows = append(best.Rows, p)
		}
	}
	return best, ok
}
