package fusion

import (
	"cmp"
	"math"
	"slices"
)

// Who copies from whom. Speakers that state the same entities with the same
// values have one voice; so have those that share values which nobody else has,
// since the truth is shared by many and errors by copies.

// Bounds of copies.
const (
	copyShared     = 8    // entities that two speakers both state
	copyCoverage   = 0.9  // of those that either states
	copyAgreement  = 0.97 // with the same value
	fullCoverage   = 0.95 // of all entities: that both state them says nothing
	rareHolders    = 0.1  // of the other cliques
	rareValues     = 5    // rare values that two share
	rareShared     = 0.5  // of those that either has
	excessAgree    = 0.15 // more agreement than two accuracies explain
	excessErrors   = 3.0  // in standard errors
	excessMost     = 0.95 // above it may be plain accuracy
	accuracyRounds = 20
)

// pair counts what two speakers have in common.
type pair struct{ shared, agree int32 }

// overlaps is indexed by speaker times speakers plus the other, the smaller first.
type overlaps struct {
	n     int
	of    []pair
	count []int32 // entities that each states
}

func countOverlaps(voices [][]Claim, n int) overlaps {
	p := overlaps{n, make([]pair, n*n), make([]int32, n)}
	for _, said := range voices {
		for i, a := range said {
			p.count[a.Speaker]++
			for _, b := range said[i+1:] {
				at := &p.of[int(a.Speaker)*n+int(b.Speaker)]
				at.shared++
				if a.Value == b.Value {
					at.agree++
				}
			}
		}
	}
	return p
}

func (p overlaps) union(a, b int) float64 {
	return float64(p.count[a] + p.count[b] - p.of[a*p.n+b].shared)
}

// sets joins speakers.
type sets []int

func newSets(n int) sets {
	f := make(sets, n)
	for i := range f {
		f[i] = i
	}
	return f
}

func (f sets) root(i int) int {
	for f[i] != i {
		f[i] = f[f[i]]
		i = f[i]
	}
	return i
}

func (f sets) join(a, b int) {
	a, b = f.root(a), f.root(b)
	f[max(a, b)] = min(a, b)
}

// groups numbers the groups in the order of their first members.
func (f sets) groups() (of []int, n int) {
	of = make([]int, len(f))
	number := make([]int, len(f))
	for i := range f {
		r := f.root(i)
		if r == i {
			number[i] = n
			n++
		}
		of[i] = number[r]
	}
	return of, n
}

// findBlocs groups speakers that have one voice.
func findBlocs(c Claims) (bloc []int, n int) {
	p := countOverlaps(c.Of, c.Speakers)
	entities := c.stated()
	blocs, cliques := newSets(c.Speakers), newSets(c.Speakers)
	for a := range c.Speakers {
		for b := a + 1; b < c.Speakers; b++ {
			k := p.of[a*p.n+b]
			shared, union := float64(k.shared), p.union(a, b)
			if k.shared < copyShared || float64(k.agree) < copyAgreement*shared || shared < copyCoverage*union {
				continue
			}
			cliques.join(a, b)
			if union < fullCoverage*entities || shared < fullCoverage*union {
				blocs.join(a, b)
			}
		}
	}
	joinByRareValues(c, p, cliques, blocs)
	return blocs.groups()
}

// stated is the number of entities of which anything is said.
func (c Claims) stated() float64 {
	n := 0.0
	for _, said := range c.Of {
		if len(said) > 0 {
			n++
		}
	}
	return n
}

// joinByRareValues joins speakers who share values that few others have. Cliques
// count once, or many copies would make the truth look rare.
func joinByRareValues(c Claims, p overlaps, cliques, blocs sets) {
	clique, n := cliques.groups()
	rare := make([]pair, p.n*p.n) // shared: one of the two has a rare value; agree: both have it
	seen := make([]int, n)
	for i := range seen {
		seen[i] = -1
	}
	for entity, said := range c.Of {
		holders := map[int32]map[int]bool{}
		total, lead := 0, 0
		for _, a := range said {
			g := clique[a.Speaker]
			if seen[g] != entity {
				seen[g] = entity
				total++
			}
			if holders[a.Value] == nil {
				holders[a.Value] = map[int]bool{}
			}
			holders[a.Value][g] = true
			lead = max(lead, len(holders[a.Value]))
		}
		if total < 4 {
			continue
		}
		unusual := func(value int32, both int) bool {
			h := len(holders[value])
			return float64(h-1-both) <= rareHolders*float64(total-2) && h < lead
		}
		for i, a := range said {
			for _, b := range said[i+1:] {
				both := 0
				if a.Value == b.Value {
					both = 1
				}
				if unusual(a.Value, both) || unusual(b.Value, both) {
					at := &rare[int(a.Speaker)*p.n+int(b.Speaker)]
					at.shared++
					at.agree += int32(both)
				}
			}
		}
	}
	for a := range p.n {
		for b := a + 1; b < p.n; b++ {
			k := rare[a*p.n+b]
			if clique[a] != clique[b] && p.of[a*p.n+b].shared >= copyShared && k.agree >= rareValues && float64(k.agree) >= rareShared*float64(k.shared) {
				blocs.join(a, b)
			}
		}
	}
}

// alternatives are the posteriors under two other ideas of who copies: speakers
// that agree more than their accuracies explain, and speakers that state
// everything alike.
func (s *state) alternatives(prior []float64) (out [][]posterior) {
	p := s.spokesmen()
	excess, full := newSets(s.blocs), newSets(s.blocs)
	edges := excessEdges(p, s.claims.stated())
	joinByLinkage(excess, edges)
	all := s.claims.stated()
	found := false
	for a := range s.blocs {
		for b := a + 1; b < s.blocs; b++ {
			k := p.of[a*p.n+b]
			if union := p.union(a, b); k.shared >= copyShared && float64(k.agree) >= copyAgreement*float64(k.shared) &&
				union >= fullCoverage*all && float64(k.shared) >= copyCoverage*union {
				full.join(a, b)
				found = true
			}
		}
	}
	if len(edges) > 0 {
		out = append(out, s.under(excess, prior))
	}
	if found {
		out = append(out, s.under(full, prior))
	}
	return out
}

// spokesmen counts pairs of blocs, each by the member that states most.
func (s *state) spokesmen() overlaps {
	stated := make([]int, s.claims.Speakers)
	for _, said := range s.claims.Of {
		for _, c := range said {
			stated[c.Speaker]++
		}
	}
	of := make([]int, s.blocs)
	for b := range of {
		of[b] = -1
	}
	for speaker, b := range s.bloc {
		if of[b] < 0 || stated[speaker] > stated[of[b]] {
			of[b] = speaker
		}
	}
	said := make([][]Claim, len(s.claims.Of))
	for entity, all := range s.claims.Of {
		for _, c := range all {
			if b := s.bloc[c.Speaker]; of[b] == int(c.Speaker) {
				said[entity] = append(said[entity], Claim{int32(b), c.Value})
			}
		}
		slices.SortFunc(said[entity], func(a, b Claim) int { return cmp.Compare(a.Speaker, b.Speaker) })
	}
	return countOverlaps(said, s.blocs)
}

// edge is two blocs that agree suspiciously often.
type edge struct {
	a, b  int
	agree float64
}

func excessEdges(p overlaps, entities float64) (edges []edge) {
	accuracy := fitAccuracies(p)
	for a := range p.n {
		for b := a + 1; b < p.n; b++ {
			k := p.of[a*p.n+b]
			if k.shared < copyShared {
				continue
			}
			shared := float64(k.shared)
			agree := float64(k.agree) / shared
			chance := accuracy[a] * accuracy[b]
			excess := agree-chance > excessAgree && agree-chance > excessErrors*math.Sqrt(max(0.01, chance*(1-chance))/shared) && agree < excessMost
			full := agree >= copyAgreement && p.union(a, b) >= fullCoverage*entities && shared >= copyCoverage*p.union(a, b)
			if excess || full {
				edges = append(edges, edge{a, b, agree})
			}
		}
	}
	slices.SortStableFunc(edges, func(x, y edge) int { return cmp.Compare(y.agree, x.agree) })
	return edges
}

// fitAccuracies explains how often two agree as the product of two accuracies.
func fitAccuracies(p overlaps) []float64 {
	accuracy := make([]float64, p.n)
	for i := range accuracy {
		accuracy[i] = 0.7
	}
	ratios := make([]float64, 0, p.n)
	for range accuracyRounds {
		next := make([]float64, p.n)
		for a := range p.n {
			ratios = ratios[:0]
			for b := range p.n {
				if k := p.of[min(a, b)*p.n+max(a, b)]; a != b && k.shared >= copyShared {
					ratios = append(ratios, float64(k.agree)/float64(k.shared)/accuracy[b])
				}
			}
			next[a] = accuracy[a]
			if len(ratios) > 0 {
				slices.Sort(ratios)
				next[a] = min(1, max(0.05, ratios[len(ratios)/2]))
			}
		}
		for a := range next {
			accuracy[a] = (accuracy[a] + next[a]) / 2
		}
	}
	return accuracy
}

// joinByLinkage joins two groups where at least half of their pairs are edges.
func joinByLinkage(f sets, edges []edge) {
	is := map[[2]int]bool{}
	for _, e := range edges {
		is[[2]int{e.a, e.b}] = true
	}
	members := make([][]int, len(f))
	for i := range f {
		members[i] = []int{i}
	}
	for _, e := range edges {
		x, y := f.root(e.a), f.root(e.b)
		if x == y {
			continue
		}
		n := 0
		for _, a := range members[x] {
			for _, b := range members[y] {
				if is[[2]int{min(a, b), max(a, b)}] {
					n++
				}
			}
		}
		if 2*n >= len(members[x])*len(members[y]) {
			f.join(x, y)
			members[min(x, y)] = append(members[x], members[y]...)
		}
	}
}

// under decides anew with blocs joined as f says.
func (s *state) under(f sets, prior []float64) []posterior {
	joined, n := f.groups()
	bloc := make([]int, len(s.bloc))
	for speaker, b := range s.bloc {
		bloc[speaker] = joined[b]
	}
	mean, of := make([]float64, n), make([]float64, n)
	for b, j := range joined {
		mean[j] += prior[b]
		of[j]++
	}
	for j := range mean {
		mean[j] /= of[j]
	}
	voices := s.claims.voices(bloc)
	e := newEstimate(voices, n, mean)
	e.run(emRounds, nil)
	out := make([]posterior, len(voices))
	for entity, said := range voices {
		out[entity] = e.posterior(said, nil)
	}
	return out
}
