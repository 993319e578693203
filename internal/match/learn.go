package match

import (
	"math/rand/v2"
	"slices"
)

// Cells are the cells of a record, for each of the columns to be compared.
type Cells struct {
	Place
	Cells []string
}

// learner holds a sample of records.
type learner struct {
	model    *Model
	records  []Record
	rows     float64 // of the whole table
	judged   []int   // records by which costs are judged
	shared   []float64
	hashes   map[Part]*hashed
	probes   int
	opposite float64 // records that each probe could be paired with
}

// Learn finds out how records of the columns are matched. rows is how many
// records there are, of which these are a sample, or all.
func Learn(columns []string, sample []Cells, rows int64) *Model {
	m := &Model{Whole: int64(len(sample)) == rows}
	l := &learner{model: m, rows: float64(rows)}
	m.Two = slices.ContainsFunc(sample, func(c Cells) bool { return c.Side == 1 })
	l.columns(columns, sample)
	for _, c := range sample {
		l.records = append(l.records, m.record(c.Place, c.Cells, nil))
	}
	l.terms()
	m.Swaps = l.swaps()
	l.judged = rand.New(rand.NewPCG(1, 5)).Perm(len(sample))
	l.judged = l.judged[:min(len(sample), costSample)]
	if len(sample) < 2 {
		return m
	}
	pool := l.pool()
	by, pairs := l.probe(pool)
	if len(pairs) == 0 {
		return m
	}
	var good []pairOf
	for i, p := range l.fit(pairs) {
		if p > 0.5 {
			good = append(good, pairs[i])
		}
	}
	m.Blocking = choose(pool, by, good)
	return m
}

// columns finds the kinds of the columns, and how many records have each word.
func (l *learner) columns(names []string, sample []Cells) {
	tidied := make([][]string, len(names))
	short := false // in one column, and so in all, since cells may be exchanged
	for k := range names {
		tidied[k] = make([]string, len(sample))
		for i := range sample {
			tidied[k][i] = tidy(sample[i].Cells[k])
		}
		short = short || abbreviates(tidied[k])
	}
	for k, name := range names {
		l.model.Columns = append(l.model.Columns, Column{Name: name, Kind: kindOf(tidied[k]), Short: short, Rows: len(sample)})
	}
	l.codes(sample)
	for k := range names {
		if c := &l.model.Columns[k]; c.Kind == Words {
			c.count(sample, k)
		}
	}
}

// count counts the records that have each word.
func (c *Column) count(sample []Cells, k int) {
	c.Records = map[string]int{}
	for i := range sample {
		words := c.words(tidy(c.cell(sample[i].Cells[k])))
		slices.Sort(words)
		for _, w := range slices.Compact(words) {
			c.Records[w]++
		}
	}
	for w, n := range c.Records {
		if n < 2 {
			delete(c.Records, w) // what is not there counts once
		}
	}
}

// Bounds of columns that tell things apart.
const (
	fewOthers   = 0.5 // records with the same value
	filledShare = 0.9 // records with a value
)

// terms counts the values of each column. The two of a pair are not evidence of
// how frequent their value is.
func (l *learner) terms() {
	l.shared = make([]float64, len(l.model.Columns))
	for k := range l.model.Columns {
		c := &l.model.Columns[k]
		counts, total := map[string][2]int{}, [2]int{}
		own := 2
		if l.model.Two {
			own = 1
		}
		for i := range l.records {
			v := &l.records[i].values[k]
			if v.absent() {
				continue
			}
			side := l.records[i].Side
			terms := []string{v.term()}
			if c.Kind == Codes {
				terms, own = v.words, 2 // a code is no class of which others are
			}
			for _, term := range terms {
				n := counts[term]
				n[side]++
				counts[term] = n
			}
			total[side]++
		}
		all := float64(max(1, total[0]+total[1]))
		l.shared[k] = 1
		if l.model.Two {
			l.shared[k] = 0
		}
		c.Terms, c.Least = map[string]float64{}, 1/all
		if c.Kind == Codes {
			c.Least /= 10 // few things that differ have a code of their own in common
		}
		others := 0
		for term, n := range counts {
			others += (n[0] + n[1]) * (n[0] + n[1] - 1)
			if more := n[0] + n[1] - own; more > 0 {
				c.Terms[term] = float64(more) / all
			}
			if l.model.Two {
				l.shared[k] += min(float64(n[0])/float64(max(1, total[0])), float64(n[1])/float64(max(1, total[1])))
			}
		}
		if l.model.Whole && !l.model.Two && c.Kind != None && float64(others) <= fewOthers*all && all >= filledShare*float64(len(l.records)) {
			l.model.Telling = append(l.model.Telling, k)
		}
	}
}

// swaps lists the pairs of columns whose cells may be exchanged: those that have
// a value in common, and all of two tables.
func (l *learner) swaps() (out [][2]int) {
	texts := make([]map[string]bool, len(l.model.Columns))
	for k, c := range l.model.Columns {
		if c.Kind != Text {
			continue
		}
		texts[k] = map[string]bool{}
		for i := range l.records {
			if t := l.records[i].values[k].text; t != "" {
				texts[k][t] = true
			}
		}
	}
	for i := range texts {
		for j := i + 1; j < len(texts); j++ {
			if texts[i] == nil || texts[j] == nil {
				continue
			}
			common := l.model.Two
			for t := range texts[i] {
				if common = common || texts[j][t]; common {
					break
				}
			}
			if common {
				out = append(out, [2]int{i, j})
			}
		}
	}
	return out
}
