package clean

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/beamline-go/beamline/internal/distance"
)

// groupEvidence names what is asked of a cell that contradicts the rows that share
// a determining value with it; see jury.evidence.
var groupEvidence = []string{
	"groups", "groups_for_present", "share", "rows", "odd_rate", "again", "rival", "kappa", "cover", "pairs_of_columns",
	"present", "value", "present_in_group", "likeness", "near", "value_share", "distinct",
	"odd_in_row", "agrees", "dissents", "named", "key", "columns", "table_rows",
}

// evidence is what speaks for a value in place of a cell, in the order of
// groupEvidence.
func (j *jury) evidence(to int, value int32, cell string) []float64 {
	d := &j.Columns[to]
	groups, against := 0.0, 0.0
	share, rows, odd, again, rival, kappa, cover, own := 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, math.Inf(1)
	agrees, dissents, pairs := 0.0, math.Inf(1), 1.0
	named, key := 0.0, 0.0
	seen := map[int]bool{}
	for _, v := range j.votes[to] {
		dep := &j.Dependencies[v.d]
		if v.value != value {
			if v.value == j.codes[to] && !seen[v.by] {
				against++
			}
			seen[v.by] = true
			continue
		}
		groups++
		share, rows, kappa, cover = max(share, v.share), max(rows, float64(v.count)), max(kappa, dep.Kappa), max(cover, dep.Cover)
		odd, again, rival = min(odd, 1-dep.Holds), min(again, dep.Again), min(rival, dep.Rivals)
		own = min(own, float64(v.own))
		agrees = max(agrees, float64(j.polls[v.by].agree))
		dissents = min(dissents, float64(max(0, j.polls[v.by].against-1)))
		named, key = max(named, is(dep.Named)), max(key, is(dep.Key))
		if len(dep.From) == 1 {
			pairs = 0
		}
	}
	present := 0.0
	if code := j.codes[to]; code >= 0 {
		present = float64(d.Counts[code])
	}
	total := float64(max(1, d.total))
	alike, near := 0.0, 0.0
	if cell != "" && j.codes[to] != absentCode {
		alike = likenessOf(cell, d.Texts[value])
		near = is(nearly(cell, d.Texts[value]))
	}
	return []float64{
		math.Log1p(groups), math.Log1p(against), share, math.Log1p(rows), math.Log(odd + 1e-3), again, rival, kappa, cover, pairs,
		math.Log1p(present), math.Log1p(float64(d.Counts[value])), math.Log1p(own), alike, near, float64(d.Counts[value]) / total, math.Log(float64(len(d.Texts)) / total),
		math.Log1p(float64(j.odd - 1)), math.Log1p(agrees), math.Log1p(dissents), named, key, math.Log1p(float64(len(j.at))), math.Log1p(float64(j.Rows)),
	}
}

// likenessOf is 1 for equal texts and 0 for texts that have nothing in common.
func likenessOf(a, b string) float64 {
	n := max(utf8.RuneCountInString(a), utf8.RuneCountInString(b))
	if n == 0 || n > longestCell {
		return 0
	}
	return 1 - float64(distance.Strings(a, b, n))/float64(n)
}

// nearly reports whether one text may be a misspelling of another: they are near, and
// it has no digits that the other has not.
func nearly(a, b string) bool {
	if utf8.RuneCountInString(b) <= 3 || !near(a, b) {
		return false
	}
	for i := range len(a) {
		if a[i]-'0' > 9 {
			continue
		}
		at := strings.IndexByte(b, a[i])
		if at < 0 {
			return false
		}
		b = b[at+1:]
	}
	return true
}

// made reports whether a change has evidence enough: more of it where the two values
// are not alike, unless a number is unreadable, and none where a person knows that one
// determines the other.
func (j *jury) made(e groupEdit, cell string) bool {
	switch {
	case j.codes[e.to] != absentCode && (nearly(cell, e.text) || isPlain(e.text) && !isPlain(cell) && strings.ContainsAny(cell, "0123456789")):
		return e.odds >= j.Need.Alike
	case j.namedFor(e.to, e.value):
		return true
	}
	if j.codes[e.to] == absentCode {
		return e.odds >= j.Need.Fill
	}
	return e.odds >= j.Need.Group
}

// GroupProposal is a cell that contradicts its group, with what speaks for another
// value. Old is empty, or says that there is no value, where a cell could be filled.
type GroupProposal struct {
	Column   string
	Row      int32
	Old, New string
	Fill     bool
	Evidence []float64
	Odds     float64
}

// GroupEvidence are the names of the evidence of proposals, in its order.
func GroupEvidence() []string { return slices.Clone(groupEvidence) }

// GroupProposals finds all cells of a table that contradict their groups, and
// judges each by itself.
func GroupProposals(t *Table) (out []GroupProposal) {
	k, ok := dependenciesOf(t)
	if !ok {
		return nil
	}
	j := newJury(k, t.names())
	t.eachRow(func(row int, cells []string) {
		for _, e := range j.propose(cells) {
			at := j.at[e.to]
			out = append(out, GroupProposal{t.Columns[at].Name, int32(row), cells[at], e.text, j.codes[e.to] == absentCode, e.evidence, e.odds})
		}
	})
	return out
}

func (t *Table) eachRow(f func(row int, cells []string)) {
	cells := make([]string, len(t.Columns))
	for row := range t.Rows {
		for c, col := range t.Columns {
			cells[c] = col.text(row)
		}
		f(row, cells)
	}
}

// A change that is made so often, and in so many of the cells that have its new
// value, is no slip: it is a custom of the table that the two values differ.
const (
	fewestCustom = 3
	customShare  = 0.03
)

// customs are the changes of one value for another, not alike, that would be made
// again and again.
func customs(t *Table, k knowledge) (out []custom) {
	j := newJury(k, t.names())
	counts := map[custom]int{}
	t.eachRow(func(_ int, cells []string) {
		for _, e := range j.propose(cells) {
			if from := j.codes[e.to]; from >= 0 && j.made(e, cells[j.at[e.to]]) && !nearly(j.Columns[e.to].Texts[from], e.text) {
				counts[custom{e.to, from, e.value}]++
			}
		}
	})
	for c, n := range counts {
		if n >= fewestCustom && float64(n) > customShare*float64(k.Columns[c.Of].Counts[c.To]) {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b custom) int {
		return cmp.Or(cmp.Compare(a.Of, b.Of), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	return out
}
