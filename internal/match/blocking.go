package match

import (
	"cmp"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"unicode/utf8"

	"github.com/cespare/xxhash/v2"
)

// Part is what a column gives to the key of a blocking rule.
type Part struct {
	Column int    `json:"column"`
	Take   string `json:"take"`
}

// What may be taken of a column.
const (
	takeAll      = "all"    // the text
	takePrefix   = "prefix" // its first four characters
	takeRare     = "rare"   // each of its four rarest words
	takeRarePair = "rare_pair"
)

// BlockingRule says which records are compared: those that share a key. It is of one part
// or of two.
type BlockingRule struct {
	Parts []Part  `json:"parts"`
	Cost  float64 `json:"cost"` // comparisons for a record
}

const (
	prefixLength = 4
	rareWords    = 4
	rareOfPairs  = 3
)

// of appends what the part takes of a record.
func (p Part) of(m *Model, r *Record, dst []uint64) []uint64 {
	v := &r.values[p.Column]
	if v.absent() {
		return dst
	}
	switch p.Take {
	case takeAll:
		return append(dst, xxhash.Sum64String(v.text))
	case takePrefix:
		if utf8.RuneCountInString(v.text) < 3 {
			return dst
		}
		n := 0
		for i := range v.text {
			if n == prefixLength {
				return append(dst, xxhash.Sum64String(v.text[:i]))
			}
			n++
		}
		return append(dst, xxhash.Sum64String(v.text))
	}
	rare := m.rarest(p.Column, v)
	if p.Take == takeRare {
		for _, w := range rare {
			dst = append(dst, xxhash.Sum64String(w))
		}
		return dst
	}
	rare = rare[:min(len(rare), rareOfPairs)]
	slices.Sort(rare)
	for i := range rare {
		for _, other := range rare[i+1:] {
			dst = append(dst, join(xxhash.Sum64String(rare[i]), xxhash.Sum64String(other)))
		}
	}
	return dst
}

// rarest are the rarest words of a value that some other record has.
func (m *Model) rarest(column int, v *value) []string {
	c := &m.Columns[column]
	var out []string
	for _, w := range v.words {
		if utf8.RuneCountInString(w) > 1 && (c.Records[w] >= 2 || !m.Whole) {
			out = append(out, w)
		}
	}
	slices.SortFunc(out, func(a, b string) int {
		return cmp.Or(cmp.Compare(c.Records[a], c.Records[b]), cmp.Compare(a, b))
	})
	return out[:min(len(out), rareWords)]
}

func join(a, b uint64) uint64 {
	var buf [16]byte
	binary.LittleEndian.PutUint64(buf[:], a)
	binary.LittleEndian.PutUint64(buf[8:], b)
	return xxhash.Sum64(buf[:])
}

// of appends the values of the key in a record.
func (k BlockingRule) of(m *Model, r *Record, dst []uint64) []uint64 {
	var first, second [8]uint64
	a := k.Parts[0].of(m, r, first[:0])
	if len(k.Parts) == 1 {
		return append(dst, a...)
	}
	return cross(a, k.Parts[1].of(m, r, second[:0]), dst)
}

// cross joins each of a with each of b.
func cross(a, b, dst []uint64) []uint64 {
	for _, x := range a {
		for _, y := range b {
			dst = append(dst, join(x, y))
		}
	}
	return dst
}

// Keyer finds the blocking keys of records. It is not safe for use by several
// goroutines at once.
type Keyer struct {
	model    *Model
	from, to int
	keyed    []bool // columns that the keys take something of
	values   []uint64
}

// NewKeyer makes a Keyer of the keys [from, to) of a model.
func NewKeyer(m *Model, from, to int) *Keyer {
	k := &Keyer{model: m, from: from, to: to, keyed: make([]bool, len(m.Columns))}
	for _, key := range m.Blocking[from:to] {
		for _, p := range key.Parts {
			k.keyed[p.Column] = true
		}
	}
	return k
}

// Each calls f with the number and the value of each key of a record. Values of
// different keys are different.
func (k *Keyer) Each(c Cells, f func(key int, value uint64)) {
	r := k.model.record(c.Place, c.Cells, k.keyed)
	for i := k.from; i < k.to; i++ {
		k.values = k.model.Blocking[i].of(k.model, &r, k.values[:0])
		for _, v := range k.values {
			f(i, join(uint64(i), v))
		}
	}
}

// Bounds of the keys that are looked at.
const (
	mostCost   = 3.0  // comparisons for a record by one key,
	mostBudget = 10.0 // and by all
	mostKeys   = 8
	leastGain  = 0.005
	costSample = 20000 // records by which costs are judged
)

// hashed is what a part takes of each record of the sample, one record behind
// the other.
type hashed struct {
	hashes []uint64
	ends   []int32
}

func (h *hashed) of(i int) []uint64 {
	from := int32(0)
	if i > 0 {
		from = h.ends[i-1]
	}
	return h.hashes[from:h.ends[i]]
}

// keysOf appends the values of a key in a record of the sample.
func (l *learner) keysOf(k BlockingRule, i int, dst []uint64) []uint64 {
	a := l.taken(k.Parts[0]).of(i)
	if len(k.Parts) == 1 {
		return append(dst, a...)
	}
	return cross(a, l.taken(k.Parts[1]).of(i), dst)
}

func (l *learner) taken(p Part) *hashed {
	if h := l.hashes[p]; h != nil {
		return h
	}
	h := &hashed{}
	for i := range l.records {
		h.hashes = p.of(l.model, &l.records[i], h.hashes)
		h.ends = append(h.ends, int32(len(h.hashes)))
	}
	if l.hashes == nil {
		l.hashes = map[Part]*hashed{}
	}
	l.hashes[p] = h
	return h
}

// parts lists what can be taken of the columns.
func (l *learner) parts() (out []Part) {
	for k, c := range l.model.Columns {
		switch c.Kind {
		case Words:
			out = append(out, Part{k, takeRare}, Part{k, takeRarePair})
		case Codes:
			out = append(out, Part{k, takeRare})
		case Text:
			out = append(out, Part{k, takeAll})
			if slices.ContainsFunc(l.records, func(r Record) bool { return utf8.RuneCountInString(r.values[k].text) > prefixLength }) {
				out = append(out, Part{k, takePrefix})
			}
		}
	}
	return out
}

// pool lists the keys that cost little: single parts, and two parts of different
// columns each of which costs much.
func (l *learner) pool() (pool []BlockingRule) {
	parts := l.parts()
	costs := make([]float64, len(parts))
	for i, p := range parts {
		k := BlockingRule{Parts: []Part{p}}
		if k.Cost = l.cost(k); k.Cost <= mostCost {
			pool = append(pool, k)
		}
		costs[i] = k.Cost
	}
	for i, p := range parts {
		for j, q := range parts[i+1:] {
			if p.Column == q.Column || costs[i] <= mostCost || costs[i+1+j] <= mostCost {
				continue
			}
			k := BlockingRule{Parts: []Part{p, q}}
			if k.Cost = l.cost(k); k.Cost <= mostCost {
				pool = append(pool, k)
			}
		}
	}
	return pool
}

// cost is how many comparisons a key makes for a record of the whole table.
func (l *learner) cost(k BlockingRule) float64 {
	blocks := map[uint64][2]float64{}
	var buf []uint64
	for _, i := range l.judged {
		buf = l.keysOf(k, i, buf[:0])
		for _, key := range buf {
			b := blocks[key]
			b[l.records[i].Side]++
			blocks[key] = b
		}
	}
	sum := 0.0
	for _, b := range blocks {
		if l.model.Two {
			sum += b[0] * b[1]
		} else {
			sum += b[0] * (b[0] - 1) / 2
		}
	}
	n := float64(len(l.judged))
	return sum / (n * n) * l.rows
}

// choose takes, one after the other, the key that newly covers most matches for
// its cost. A second and third cover count a little: a typo may break the first.
func choose(pool []BlockingRule, by []map[pairOf]bool, good []pairOf) (chosen []BlockingRule) {
	gains := [...]float64{1, 0.3, 0.1}
	covered := map[pairOf]int{}
	for _, p := range good {
		covered[p] = 0
	}
	taken := make([]bool, len(pool))
	total := 0.0
	for len(chosen) < mostKeys && len(good) > 0 {
		best, bestValue := -1, 0.0
		for i, k := range pool {
			if taken[i] || total+k.Cost > mostBudget {
				continue
			}
			gain := 0.0
			for _, p := range good {
				if by[i][p] && covered[p] < len(gains) {
					gain += gains[covered[p]]
				}
			}
			if value := gain / float64(len(good)) / (1 + k.Cost); value >= leastGain && value > bestValue {
				best, bestValue = i, value
			}
		}
		if best < 0 {
			break
		}
		taken[best] = true
		chosen = append(chosen, pool[best])
		total += pool[best].Cost
		for _, p := range good {
			if by[best][p] {
				covered[p]++
			}
		}
	}
	return chosen
}

// pairOf is two records of a sample, by their numbers there.
type pairOf struct{ a, b int32 }

// Bounds of probes.
const (
	probes     = 2000
	probeBlock = 400 // records of a block that a probe is compared with
)

// probe pairs random records with all they share a key of the pool with.
func (l *learner) probe(pool []BlockingRule) (by []map[pairOf]bool, all []pairOf) {
	rng := rand.New(rand.NewPCG(1, 3))
	var first []int32
	for i := range l.records {
		if l.records[i].Side == 0 {
			first = append(first, int32(i))
		}
	}
	rng.Shuffle(len(first), func(i, j int) { first[i], first[j] = first[j], first[i] })
	chosen := slices.Sorted(slices.Values(first[:min(len(first), probes)]))
	l.probes = len(chosen)
	l.opposite = float64(len(l.records) - 1)
	if l.model.Two {
		l.opposite = float64(len(l.records) - len(first))
	}
	seen := map[pairOf]bool{}
	for _, k := range pool {
		pairs := l.probeKey(k, chosen, rng)
		by = append(by, pairs)
		for p := range pairs {
			seen[p] = true
		}
	}
	for p := range seen {
		all = append(all, p)
	}
	slices.SortFunc(all, func(x, y pairOf) int { return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b)) })
	return by, all
}

func (l *learner) probeKey(k BlockingRule, chosen []int32, rng *rand.Rand) map[pairOf]bool {
	blocks := map[uint64][]int32{}
	var buf []uint64
	for _, i := range chosen {
		buf = l.keysOf(k, int(i), buf[:0])
		for _, key := range buf {
			blocks[key] = nil
		}
	}
	for i := range l.records {
		if l.model.Two && l.records[i].Side == 0 {
			continue
		}
		buf = l.keysOf(k, int(i), buf[:0])
		for _, key := range buf {
			if b, ok := blocks[key]; ok {
				blocks[key] = append(b, int32(i))
			}
		}
	}
	pairs := map[pairOf]bool{}
	for _, i := range chosen {
		buf = l.keysOf(k, int(i), buf[:0])
		for _, key := range buf {
			block := blocks[key]
			if len(block) > probeBlock {
				block = slices.Clone(block)
				rng.Shuffle(len(block), func(i, j int) { block[i], block[j] = block[j], block[i] })
				block = block[:probeBlock]
			}
			for _, other := range block {
				if other != i {
					pairs[pairOf{i, other}] = true
				}
			}
		}
	}
	return pairs
}
