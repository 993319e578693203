package clean

import (
	"math"
	"slices"
	"unicode/utf8"

	"github.com/beamline-go/beamline/internal/number"
)

// dependencies repairs cells that contradict what other cells of their row
// determine: a postcode the city, a code its name. Which columns determine which
// is found in the table (see discover), and a cell is changed only where the rows
// that share the determining value outvote it (see verdict). Cells without a
// value are filled where that is proven.
var dependencies = rowRule("dependency", learnDependencies, func(k knowledge, columns []string) (RowRepair, error) {
	j := newJury(k, columns)
	return func(r *Row) {
		for _, e := range j.edits(r.Cells) {
			r.Set(j.at[e.to], e.text, e.confidence)
		}
	}, nil
})

// knowledge is what was found of the dependencies of a table.
type knowledge struct {
	Columns      []domain     `json:"columns"`
	Dependencies []dependency `json:"dependencies"`
	Exceptions   []exception  `json:"exceptions,omitempty"`
}

// domain is the texts of a column that play a part.
type domain struct {
	Name   string   `json:"name"`
	Texts  []string `json:"texts"`
	Counts []int32  `json:"counts"`          // how often each was seen
	Fixed  bool     `json:"fixed,omitempty"` // not to be mended
	Gaps   float64  `json:"gaps,omitempty"`  // share of the cells without a value

	total int32 // of Counts
}

// share is how much of the cells with a value has the one that is meant.
func (d *domain) share(code int32) float64 { return float64(d.Counts[code]) / float64(d.total) }

// dependency says that the value of From, one column or two, determines that of
// To, in groups of rows that share it.
type dependency struct {
	From   []int   `json:"from"`
	To     int     `json:"to"`
	Holds  float64 `json:"holds"`         // share of the cells that agree with most of their group
	Key    bool    `json:"key,omitempty"` // From names the thing that a row is about
	Groups []int32 `json:"groups"`        // one behind the other, groupWidth numbers each
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

// Bounds of verdicts, in votes; see the comments there.
const (
	loneVotes     = 5
	loneShare     = 0.4
	loneRunnerUp  = 0.25
	loneWeight    = 1.3
	rivalWeight   = 0.3
	maxGaps       = 0.3
	repeatedTypos = 0.005 // cells with the same misspelling, as a share of those with the right one
	keyTypos      = 0.1   // the same where the thing is known
	shortText     = 4     // characters; any two shorter texts are near
	leastLift     = 0.25  // that a group must say beyond what the column says anyway
	usualShare    = 0.7   // a value that so many rows have anyway is proven by nothing
)

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
	numeric [][]bool
	codes   []int32
	votes   [][]vote
	polls   []polled // by determinant
}

const (
	unknownCode = -1 // a text that was not seen
	absentCode  = -2
)

func newJury(k knowledge, columns []string) *jury {
	k.Columns = slices.Clone(k.Columns)
	j := &jury{knowledge: k, at: make([]int, len(k.Columns)), index: make([]map[string]int32, len(k.Columns)),
		codes: make([]int32, len(k.Columns)), votes: make([][]vote, len(k.Columns)), numeric: make([][]bool, len(k.Columns))}
	for c, d := range k.Columns {
		j.at[c] = slices.Index(columns, d.Name)
		j.index[c] = make(map[string]int32, len(d.Texts))
		j.numeric[c] = make([]bool, len(d.Texts))
		for i, text := range d.Texts {
			k.Columns[c].total += d.Counts[i]
			j.index[c][text] = int32(i)
			j.numeric[c][i] = isPlain(text)
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
	value  int32 // what leads there
	count  int32 // rows that say so, the judged one left out
	share  float64
	holds  float64
	weight float64
	lone   bool
	key    bool // the determinant names the thing
	idle   bool // the group says no more than the whole column does
	agrees bool // with another cell of the row
}

// verdictEdit is a cell that is to be mended.
type verdictEdit struct {
	to         int // index of Columns
	text       string
	confidence float64
}

// edits judges a row.
func (j *jury) edits(cells []string) []verdictEdit {
	filled := j.read(cells)
	if !j.poll() {
		return nil
	}
	var out []verdictEdit
	for to := range j.Columns {
		if len(j.votes[to]) == 0 || j.at[to] < 0 || j.Columns[to].Fixed || j.excepted(to) {
			continue
		}
		if e, ok := j.verdict(to, cells[j.at[to]]); ok {
			out = append(out, e)
		}
	}
	if float64(len(out)) > max(3, 0.34*float64(filled)) {
		return nil // another thing, not errors
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

// poll gathers the votes, and reports whether any dissents.
func (j *jury) poll() (dissent bool) {
	for from, deps := range j.byFrom {
		p := &j.polls[from]
		*p = polled{}
		for _, d := range deps {
			g, ok := j.group(d)
			if !ok {
				continue
			}
			switch present := j.codes[j.Dependencies[d].To]; {
			case g.lead == present:
				p.agree++
			case present == absentCode:
				dissent = true
			default:
				p.against++
				dissent = true
			}
		}
	}
	if !dissent {
		return false
	}
	for from, deps := range j.byFrom {
		// A determinant that contradicts as many cells as it agrees with is itself
		// the suspect.
		p := j.polls[from]
		if p.against >= 2 && p.against >= p.agree {
			continue
		}
		for _, d := range deps {
			if v, ok := j.vote(d); ok {
				to := j.Dependencies[d].To
				v.agrees = p.agree > 1 || p.agree == 1 && v.value != j.codes[to]
				j.votes[to] = append(j.votes[to], v)
			}
		}
	}
	return true
}

// polled is how many cells a determinant agrees with, and contradicts.
type polled struct{ agree, against int }

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
	return g, g.count > g.nextCount && g.count >= 1 && g.size >= 1
}

// vote is what the group of the row says.
func (j *jury) vote(d int) (v vote, ok bool) {
	g, ok := j.group(d)
	if !ok {
		return v, false
	}
	dep := &j.Dependencies[d]
	share := float64(g.count) / float64(g.size)
	usual, holds := j.Columns[dep.To].share(g.lead), dep.Holds
	v = vote{value: g.lead, count: g.count, share: share, holds: holds, key: dep.Key, idle: !dep.Key && share-usual < leastLift*(1-usual)}
	a := min(max(holds, 0.5), 0.999)
	v.weight = math.Log(a/(1-a)) * min(1, float64(g.count)/3) * 2 * (v.share - 0.5)
	v.lone = g.count >= loneVotes && float64(g.nextCount) <= loneRunnerUp*float64(g.count) && v.share >= loneShare
	if v.lone {
		v.weight = max(v.weight, loneWeight)
	}
	return v, true
}

func (j *jury) excepted(to int) bool {
	for _, e := range j.Exceptions {
		if e.Of == to && j.codes[e.By] == e.At {
			return true
		}
	}
	return false
}

// verdict decides on a cell by the votes. All who say otherwise, those for the
// present value among them, may have but a share of the weight.
func (j *jury) verdict(to int, cell string) (e verdictEdit, ok bool) {
	best, weight, rest := j.count(to)
	present := j.codes[to]
	if best == present || weight <= 0 || rest > rivalWeight*weight {
		return e, false
	}
	d := &j.Columns[to]
	if !j.proven(to, best, cell) {
		return e, false
	}
	confidence := 1 / (1 + math.Exp(-2*(weight-rest)))
	return verdictEdit{to, d.Texts[best], number.Round(confidence, 3)}, true
}

// count adds the votes up.
func (j *jury) count(to int) (best int32, weight, rest float64) {
	best = unknownCode
	total := 0.0
	for _, v := range j.votes[to] {
		sum := 0.0
		for _, w := range j.votes[to] {
			if w.value == v.value {
				sum += w.weight
			}
		}
		total += max(v.weight, 0)
		if sum > weight || sum == weight && v.value < best {
			best, weight = v.value, sum
		}
	}
	return best, weight, total - weight
}

// proven reports whether the votes for a value are strong enough for the kind of
// change that it is.
func (j *jury) proven(to int, best int32, cell string) bool {
	d := &j.Columns[to]
	present := j.codes[to]
	known := int32(0) // how often the present value was seen
	if present >= 0 {
		known = d.Counts[present]
	}
	var fill, typo, strong, agreed, key bool
	voters, lone := 0, 0
	sum := 0.0
	for _, v := range j.votes[to] {
		if v.value != best {
			continue
		}
		agreed = agreed || v.agrees
		key = key || v.key && v.count >= 3 && v.share >= 0.8
		typo = typo || v.count >= 2 && v.share >= 0.6
		if v.idle {
			continue
		}
		voters++
		sum += v.weight
		if v.lone {
			lone++
		}
		fill = fill || v.count >= 2 && v.share >= 0.9 && v.holds >= 0.9
		strong = strong || v.count >= 3 && v.share >= 0.8 && v.holds >= 0.9
	}
	usual := d.share(best) > usualShare && !key
	if present == absentCode {
		return fill && !usual && d.Gaps < maxGaps
	}
	if known > 2 && !agreed {
		return false // this value or the one that determines it: there is no telling
	}
	most := max(2, repeatedTypos*float64(d.Counts[best]))
	if key {
		most = max(2, keyTypos*float64(d.Counts[best]))
	} else if utf8.RuneCountInString(cell) < shortText {
		most = 2
	}
	if typo && !(isPlain(cell) && j.numeric[to][best]) && float64(known) <= most && near(cell, d.Texts[best]) {
		return true
	}
	if usual {
		return false
	}
	if strong && sum >= 2.5 && (voters >= 2 || j.lonely(to, best)) {
		return true
	}
	return lone >= 2 && agreed
}

// lonely reports whether one determinant is proof enough.
func (j *jury) lonely(to int, best int32) bool {
	for _, v := range j.votes[to] {
		if v.value == best && v.count >= 5 && v.share >= 0.9 {
			return true
		}
	}
	return false
}
