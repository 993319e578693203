package clean

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// dependencies repairs cells that contradict what other cells of their row
// determine: a postcode the city, a code its name. Which columns determine which
// is found in the table (see package dependence), and a cell is changed only where the rows
// that share the determining value speak against it by evidence enough (see made).
// Cells without a value are filled likewise.
var dependencies = rowRule("dependency", learnDependencies, func(k knowledge, columns []string) (RowRepair, error) {
	j := newJury(k, columns)
	return func(r *Row) {
		made, proposed := j.edits(r.Cells)
		for _, e := range made {
			r.SetBecause(j.at[e.to], e.text, confidence(max(likely, e.odds)), e.because)
		}
		for _, e := range proposed {
			r.Propose(j.at[e.to], e.text, confidence(e.odds), e.because)
		}
	}, nil
})

// knowledge is what was found of the dependencies of a table.
type knowledge struct {
	Columns      []domain     `json:"columns"`
	Dependencies []dependency `json:"dependencies"`
	Exceptions   []exception  `json:"exceptions,omitempty"`
	Customs      []custom     `json:"customs,omitempty"`
	Rows         int          `json:"rows"` // that it was found in
	Need         need         `json:"need"` // what changes must have
}

// domain is the texts of a column that play a part.
type domain struct {
	Name   string   `json:"name"`
	Texts  []string `json:"texts"`
	Counts []int32  `json:"counts"`          // how often each was seen
	Fixed  bool     `json:"fixed,omitempty"` // not to be mended

	total int32 // of Counts
}

// dependency says that the value of From, one column or two, determines that of
// To, in groups of rows that share it.
type dependency struct {
	From   []int   `json:"from"`
	To     int     `json:"to"`
	Holds  float64 `json:"holds"`           // share of the cells that agree with most of their group
	Key    bool    `json:"key,omitempty"`   // From names the thing that a row is about
	Named  bool    `json:"named,omitempty"` // a person knows of it
	Kappa  float64 `json:"kappa"`           // agreement beyond chance
	Rivals float64 `json:"rivals"`          // share of groups with a second value nearly as frequent
	Again  float64 `json:"again"`           // share of odd cells whose value is twice in their group
	Cover  float64 `json:"cover"`           // share of the rows that are in groups
	Groups []int32 `json:"groups"`          // one behind the other, groupWidth numbers each
}

// groupWidth is the numbers of a group: the two determining values (the second
// -1 where there is one), the value that leads, how often it and the next one
// were seen, the next one, the size of the group.
const groupWidth = 7

// exception says that a value of column By explains what else would be errors
// of column Of.
type exception struct {
	Of int   `json:"of"`
	By int   `json:"by"`
	At int32 `json:"at"`
}

// custom is a change of one value for another, not alike, that would be made again and
// again: that is no slip.
type custom struct {
	Of   int   `json:"of"`
	From int32 `json:"from"`
	To   int32 `json:"to"`
}

type group struct {
	lead, next       int32
	count, nextCount int32
	size             int32
}

// jury judges rows by what is known of dependencies.
type jury struct {
	knowledge
	at      []int // where the columns stand in a row, or -1
	index   []map[string]int32
	singles [][]group          // of each dependency on one column, by the code there
	pairs   []map[uint64]group // of each on two
	byFrom  [][]int            // dependencies that have the same determinant
	codes   []int32
	votes   [][]vote
	polls   []polled // by determinant
	filled  int
	odd     int // cells of the row that some group contradicts
	refused map[custom]bool
}

const (
	unknownCode = -1 // a text that was not seen
	absentCode  = -2
)

func newJury(k knowledge, columns []string) *jury {
	k.Columns = slices.Clone(k.Columns)
	j := &jury{knowledge: k, at: make([]int, len(k.Columns)), index: make([]map[string]int32, len(k.Columns)),
		codes: make([]int32, len(k.Columns)), votes: make([][]vote, len(k.Columns))}
	for c, d := range k.Columns {
		j.at[c] = slices.Index(columns, d.Name)
		j.index[c] = make(map[string]int32, len(d.Texts))
		for i, text := range d.Texts {
			k.Columns[c].total += d.Counts[i]
			j.index[c][text] = int32(i)
		}
	}
	from := map[[2]int]int{}
	for d, dep := range k.Dependencies {
		j.addGroups(dep)
		key := [2]int{dep.From[0], -1}
		if len(dep.From) > 1 {
			key[1] = dep.From[1]
		}
		i, ok := from[key]
		if !ok {
			i = len(j.byFrom)
			from[key] = i
			j.byFrom = append(j.byFrom, nil)
		}
		j.byFrom[i] = append(j.byFrom[i], d)
	}
	j.polls = make([]polled, len(j.byFrom))
	j.refused = map[custom]bool{}
	for _, c := range k.Customs {
		j.refused[c] = true
	}
	return j
}

func (j *jury) addGroups(dep dependency) {
	var single []group
	var pairs map[uint64]group
	if len(dep.From) > 1 {
		pairs = make(map[uint64]group, len(dep.Groups)/groupWidth)
	} else {
		single = make([]group, len(j.Columns[dep.From[0]].Texts))
	}
	for g := dep.Groups; len(g) >= groupWidth; g = g[groupWidth:] {
		is := group{lead: g[2], count: g[3], nextCount: g[4], next: g[5], size: g[6]}
		if pairs != nil {
			pairs[groupKey(g[0], g[1])] = is
		} else if int(g[0]) < len(single) {
			single[g[0]] = is
		}
	}
	j.singles, j.pairs = append(j.singles, single), append(j.pairs, pairs)
}

func groupKey(a, b int32) uint64 { return uint64(uint32(a))<<32 | uint64(uint32(b)) }

// vote is what the rows that share a determinant say of a cell.
type vote struct {
	by    int     // index of byFrom
	d     int     // index of Dependencies
	value int32   // what leads in the group
	count int32   // rows that say so, the judged one left out
	share float64 // of the others
	own   int32   // other rows of the group with the present value, as far as known
}

// groupEdit is a cell that may be mended.
type groupEdit struct {
	to       int // index of Columns
	value    int32
	text     string
	evidence []float64
	odds     float64
	because  string
}

// edits are the changes of a row that are made, and those that are likely.
func (j *jury) edits(cells []string) (made, proposed []groupEdit) {
	for _, e := range j.propose(cells) {
		switch {
		case j.excepted(e.to):
		case j.made(e, cells[j.at[e.to]]) && !j.refused[custom{e.to, j.codes[e.to], e.value}]:
			e.because = j.because(e, cells)
			made = append(made, e)
		case e.odds >= likely:
			e.because = j.because(e, cells)
			proposed = append(proposed, e)
		}
	}
	if float64(len(made)) > max(2, mostOfRow*float64(j.filled)) {
		return nil, nil // another thing, not errors
	}
	return made, proposed
}

// because names the column, or columns, that determine a cell, with the counts of
// the group: postcode 10115: 57 of 58.
func (j *jury) because(e groupEdit, cells []string) string {
	best, most := -1, 0.0
	for i, v := range j.votes[e.to] {
		if s := float64(v.count) * v.share; v.value == e.value && s > most {
			best, most = i, s
		}
	}
	if best < 0 {
		return ""
	}
	v := j.votes[e.to][best]
	var parts []string
	for _, c := range j.Dependencies[v.d].From {
		parts = append(parts, j.Columns[c].Name+" "+cells[j.at[c]])
	}
	return fmt.Sprintf("%s: %d of %d", strings.Join(parts, ", "), v.count, int(math.Round(float64(v.count)/v.share)))
}

// mostOfRow is the share of the cells of a row that may be mended.
const mostOfRow = 0.34

// propose judges the cells of a row that contradict their groups.
func (j *jury) propose(cells []string) (out []groupEdit) {
	j.filled = j.read(cells)
	if !j.poll() {
		return nil
	}
	for to := range j.Columns {
		if len(j.votes[to]) == 0 || j.at[to] < 0 || j.Columns[to].Fixed {
			continue
		}
		best := j.best(to)
		if best < 0 || best == j.codes[to] {
			continue
		}
		d := &j.Columns[to]
		if float64(d.Counts[best]) > usualShare*float64(d.total) && !j.namedFor(to, best) {
			continue // nearly all rows have it anyway, which proves nothing
		}
		w := &judge.Group
		if j.codes[to] == absentCode {
			if w = &judge.Fill; isPlain(d.Texts[best]) && !j.namedFor(to, best) {
				continue // nor made up
			}
		} else if cell := cells[j.at[to]]; sameButQuantity(cell, d.Texts[best]) || isPlain(cell) {
			continue // numbers are not outvoted
		}
		e := groupEdit{to: to, value: best, text: d.Texts[best]}
		e.evidence = j.evidence(to, best, cells[j.at[to]])
		e.odds = w.logOdds(e.evidence)
		out = append(out, e)
	}
	return out
}

// read numbers the cells.
func (j *jury) read(cells []string) (filled int) {
	for c, at := range j.at {
		j.codes[c] = absentCode
		j.votes[c] = j.votes[c][:0]
		if at < 0 {
			continue
		}
		code, ok := j.index[c][cells[at]]
		switch {
		case ok:
			j.codes[c] = code
		case !isAbsent(cells[at]):
			j.codes[c] = unknownCode
		}
		if j.codes[c] != absentCode {
			filled++
		}
	}
	return filled
}

// polled is how many cells a determinant agrees with, and contradicts.
type polled struct{ agree, against int }

// poll gathers the votes, and reports whether any dissents.
func (j *jury) poll() (dissent bool) {
	odd := 0
	for from, deps := range j.byFrom {
		p := &j.polls[from]
		*p = polled{}
		for _, d := range deps {
			g, ok := j.group(d)
			if !ok {
				continue
			}
			to := j.Dependencies[d].To
			present := j.codes[to]
			switch {
			case g.lead == present:
				p.agree++
			case present != absentCode:
				p.against++
				fallthrough
			default:
				dissent = true
			}
			v := vote{by: from, d: d, value: g.lead, count: g.count, share: float64(g.count) / float64(g.size)}
			if present >= 0 && present == g.next {
				v.own = g.nextCount
			}
			j.votes[to] = append(j.votes[to], v)
		}
	}
	for to, votes := range j.votes {
		if slices.ContainsFunc(votes, func(v vote) bool { return v.value != j.codes[to] }) {
			odd++
		}
	}
	j.odd = odd
	return dissent
}

// group is that of the row, the row itself left out.
func (j *jury) group(d int) (g group, ok bool) {
	dep := &j.Dependencies[d]
	a := j.codes[dep.From[0]]
	if a < 0 {
		return g, false
	}
	if len(dep.From) > 1 {
		b := j.codes[dep.From[1]]
		if b < 0 {
			return g, false
		}
		g, ok = j.pairs[d][groupKey(a, b)]
	} else if int(a) < len(j.singles[d]) {
		g = j.singles[d][a]
		ok = g.size > 0
	}
	if !ok {
		return g, false
	}
	present := j.codes[dep.To]
	if present != absentCode {
		g.size--
	}
	switch present {
	case g.lead:
		g.count--
	case g.next:
		g.nextCount--
	}
	return g, g.count > g.nextCount && g.count >= 2 && g.size >= 2
}

// best is the value that most groups speak for, by their rows.
func (j *jury) best(to int) int32 {
	best, most := int32(-1), 0.0
	for _, v := range j.votes[to] {
		sum := 0.0
		for _, w := range j.votes[to] {
			if w.value == v.value {
				sum += math.Log1p(float64(w.count)) * w.share * j.Dependencies[w.d].Holds
			}
		}
		if sum > most || sum == most && v.value < best {
			best, most = v.value, sum
		}
	}
	return best
}

// namedFor reports whether a dependency that a person knows of speaks for a value.
func (j *jury) namedFor(to int, value int32) bool {
	return slices.ContainsFunc(j.votes[to], func(v vote) bool { return v.value == value && j.Dependencies[v.d].Named })
}

func (j *jury) excepted(to int) bool {
	for _, e := range j.Exceptions {
		if e.Of == to && j.codes[e.By] == e.At {
			return true
		}
	}
	return false
}
