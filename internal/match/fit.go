package match

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/beamline-go/beamline/internal/parallel"
)

// Constants of the fit.
const (
	randomPairs = 20000
	smoothing   = 0.5
	mostRounds  = 25
	leastRounds = 6
	settled     = 1e-3
	groupPrior  = 0.05 // of matches in which a group differs, to begin with
)

// startMatch is what levels of matches are taken to be to begin with.
var startMatch = map[Kind][numLevels]float64{
	Words:  {0.5, 0.2, 0.1, 0.08, 0.05, 0.03, 0.02},
	Text:   {0.8, 0.1, 0.05, 0.03, 0, 0, 0.02},
	Number: {0.4, 0.3, 0.2, 0.1},
	Codes:  {0.85, 0.08, 0.04, 0.03},
	None:   {1},
}

var levelsOf = map[Kind]int{Text: 4, Words: 6, Number: 4, Codes: 4, None: 1}

type table [][numLevels]float64 // by column

// norm makes the levels of each column sum to one.
func (t table) norm() {
	for k := range t {
		sum := 0.0
		for _, x := range t[k] {
			sum += x
		}
		for l := range t[k] {
			t[k][l] /= sum
		}
	}
}

func (t table) add(levels []int8, p float64) {
	for k, l := range levels {
		if l >= 0 {
			t[k][l] += p
		}
	}
}

// evidence is what the fit looks at.
type evidence struct {
	pairs  []pairOf
	levels [][]int8
	terms  [][]float64
	counts []float64 // pairs with these levels and terms; nil for one each
	rest   table     // levels of the pairs that share no key
	valid  table     // 1 for levels that a column has
	seen   table     // levels of the pairs
	all    float64
}

func (l *learner) gather(pairs []pairOf) *evidence {
	m := l.model
	n := len(m.Columns)
	e := &evidence{pairs: pairs, all: float64(l.probes) * l.opposite, levels: make([][]int8, len(pairs)), terms: make([][]float64, len(pairs)),
		valid: make(table, n), seen: make(table, n)}
	swaps := make([]bool, n)
	for i, p := range pairs {
		e.levels[i], e.terms[i] = make([]int8, n), make([]float64, n)
		m.compare(&l.records[p.a], &l.records[p.b], e.levels[i])
		m.terms(&l.records[p.a], &l.records[p.b], e.levels[i], e.terms[i])
		e.seen.add(e.levels[i], 1)
		for k, level := range e.levels[i] {
			swaps[k] = swaps[k] || level == swapped
		}
	}
	e.rest = l.atRandom(pairs, max(0, e.all-float64(len(pairs))))
	for k, c := range m.Columns {
		for level := range numLevels {
			if level < levelsOf[c.Kind] || level == int(swapped) && swaps[k] {
				e.valid[k][level] = 1
			}
		}
	}
	return e
}

// alike is the evidence with pairs of the same levels, and of terms that are
// equally frequent up to a factor of two, as one.
func (e *evidence) alike() *evidence {
	out := *e
	out.pairs, out.levels, out.terms, out.counts = nil, nil, nil, nil
	index := map[string]int{}
	var key []byte
	for i, levels := range e.levels {
		key = key[:0]
		terms := make([]float64, len(levels))
		for k, l := range levels {
			size := int8(0)
			if t := e.terms[i][k]; l == same && t > 0 {
				size = int8(math.Round(math.Log2(t)))
				terms[k] = math.Exp2(float64(size))
			}
			key = append(key, byte(l), byte(size))
		}
		at, ok := index[string(key)]
		if !ok {
			at = len(out.levels)
			index[string(key)] = at
			out.levels, out.terms, out.counts = append(out.levels, levels), append(out.terms, terms), append(out.counts, 0)
		}
		out.counts[at]++
	}
	return &out
}

// fit estimates the model from pairs that were probed, by expectation
// maximisation. Pairs that share no key are known by their levels at random.
// Groups of columns that agree together in pairs that are no matches are taken in
// one after the other, as long as they make the pairs more probable. It returns
// the probability of each pair that it is a match.
func (l *learner) fit(pairs []pairOf) []float64 {
	e := l.gather(pairs)
	rough := e.alike()
	candidates := l.candidates(e.levels)
	var groups [][]int
	best := l.trial(rough, nil)
	for len(groups) < mostGroups {
		next := -1
		worth := make([]float64, len(candidates))
		parallel.Each(len(candidates), func(i int) {
			worth[i] = l.trial(rough, append(slices.Clone(groups), candidates[i]))
		})
		for i, w := range worth {
			if w > best {
				next, best = i, w
			}
		}
		if next < 0 {
			break
		}
		groups = append(groups, candidates[next])
		candidates = slices.Delete(slices.Clone(candidates), next, next+1)
	}
	p, _ := l.model.estimate(e, groups, float64(l.probes))
	l.model.Strict = !l.model.Two && l.model.refuted(e, p)
	return p
}

// Bounds of refuted.
const (
	leastFull  = 0.01 // matches that agree in every column
	leastShare = 0.85 // of those that are to be expected
)

// refuted reports whether what was taken for matches can't be: if errors are made
// here and there, a known share of the matches has none. Things that are merely
// alike, such as members of a family, always differ in what tells them apart.
func (m *Model) refuted(e *evidence, p []float64) bool {
	agree := make([]float64, len(m.Columns))
	for k, c := range m.Columns {
		for l, x := range c.M {
			if agrees(c.Kind, int8(l)) {
				agree[k] += x
			}
		}
	}
	all, full, expected := 0.0, 0.0, 0.0
	for i, levels := range e.levels {
		chance, differs := m.GroupShares[0], false
		for k, l := range levels {
			if l != missing {
				chance *= agree[k]
				differs = differs || !agrees(m.Columns[k].Kind, l)
			}
		}
		all += p[i]
		expected += p[i] * chance
		if !differs {
			full += p[i]
		}
	}
	full += 2 * math.Sqrt(full) // by chance it may be more
	return full < leastFull*all || full < leastShare*expected
}

// trial is the likelihood of a copy of the model with groups.
func (l *learner) trial(e *evidence, groups [][]int) float64 {
	m := *l.model
	m.Columns = slices.Clone(l.model.Columns)
	_, likelihood := m.estimate(e, groups, float64(l.probes))
	return likelihood
}

// estimate fits the model with groups. The likelihood is penalised for their
// parameters (Schwarz, "Estimating the Dimension of a Model", 1978).
func (m *Model) estimate(e *evidence, groups [][]int, probes float64) (p []float64, likelihood float64) {
	match, chance := make(table, len(m.Columns)), make(table, len(m.Columns))
	for k, c := range m.Columns {
		for level := range numLevels {
			match[k][level] = startMatch[c.Kind][level]*e.valid[k][level] + 1e-12
			chance[k][level] = 0.5*e.seen[k][level] + e.rest[k][level] + smoothing*e.valid[k][level] + 1e-300
		}
	}
	match.norm()
	chance.norm()
	m.set(match, chance)
	m.Lambda = min(0.5, 0.1*probes/e.all)
	m.startGroups(groups, match, chance, 0.1*probes/e.all)

	p = make([]float64, len(e.levels))
	for round := range mostRounds {
		before := m.Lambda
		likelihood = m.round(e, p)
		if round >= leastRounds && math.Abs(m.Lambda-before) < settled*before {
			break
		}
	}
	parameters := 0
	for _, g := range groups {
		for _, k := range g {
			parameters += levelsOf[m.Columns[k].Kind] - 1
		}
	}
	return p, likelihood - float64(parameters)*math.Log(max(1, float64(len(e.levels))))/2
}

func (m *Model) set(match, chance table) {
	for k := range m.Columns {
		m.Columns[k].M, m.Columns[k].U = match[k], chance[k]
	}
}

func (m *Model) startGroups(groups [][]int, match, chance table, share float64) {
	m.Groups = nil
	m.GroupShares = []float64{1 - groupPrior*float64(len(groups))}
	for _, columns := range groups {
		g := Group{Columns: columns, Share: share}
		for _, k := range columns {
			var levels [numLevels]float64
			for i := range levels {
				levels[i] = 0.9*match[k][i] + 0.1*chance[k][i]
			}
			g.Levels = append(g.Levels, levels)
		}
		m.Groups = append(m.Groups, g)
		m.GroupShares = append(m.GroupShares, groupPrior)
	}
}

// round is one of expectation and maximisation. It returns the logarithm of the
// likelihood of the pairs by the model as it was.
func (m *Model) round(e *evidence, p []float64) (likelihood float64) {
	columns := len(m.Columns)
	match, chance := make(table, columns), make(table, columns)
	for k := range e.valid {
		for level, is := range e.valid[k] {
			match[k][level] += smoothing * is
			chance[k][level] += e.rest[k][level] + smoothing*is
			likelihood += e.rest[k][level] * logOf(m.Columns[k].U[level])
		}
	}
	inGroup := make([]table, len(m.Groups))
	without := make([][]bool, len(m.Groups))
	for g := range m.Groups {
		inGroup[g], without[g] = make(table, columns), make([]bool, columns)
		for _, k := range m.Groups[g].Columns {
			without[g][k] = true
		}
	}
	w, b := make([]float64, columns), make([]float64, len(m.Groups))
	matches, others := make([]float64, len(m.Groups)+1), make([]float64, len(m.Groups)+1)
	mu, groups, sum := make([]float64, len(m.GroupShares)), make([]float64, len(m.Groups)), 0.0
	m.prepare()
	for i, levels := range e.levels {
		n := 1.0
		if e.counts != nil {
			n = e.counts[i]
		}
		m.weights(levels, e.terms[i], w, b)
		odds, other := m.odds(w, b, matches, others)
		p[i] = probability(odds)
		likelihood += n * (other + math.Log1p(math.Exp(min(odds, 500))))
		for k, level := range levels {
			if level >= 0 {
				likelihood += n * m.logs[k].u[level]
			}
		}
		is, not := n*p[i], n*(1-p[i])
		sum += is
		match.add(levels, is*matches[0])
		chance.add(levels, not*others[0])
		mu[0] += is * matches[0]
		for g := range m.Groups {
			mu[g+1] += is * matches[g+1]
			groups[g] += not * others[g+1]
			inGroup[g].add(levels, not*others[g+1])
			for k, level := range levels {
				if level >= 0 && !without[g][k] {
					match[k][level] += is * matches[g+1]
				}
			}
		}
	}
	match.norm()
	chance.norm()
	m.bound(match)
	for g := range m.Groups {
		for k := range columns {
			for level := range numLevels {
				inGroup[g][k][level] += 5 * chance[k][level]
			}
		}
		inGroup[g].norm()
		for i, k := range m.Groups[g].Columns {
			m.Groups[g].Levels[i] = inGroup[g][k]
		}
		m.Groups[g].Share = max(groups[g], 1e-3) / e.all
	}
	m.set(match, chance)
	total := 0.0
	for i := range mu {
		m.GroupShares[i] = max(mu[i]/max(sum, 1e-9), 1e-6)
		total += m.GroupShares[i]
	}
	for i := range m.GroupShares {
		m.GroupShares[i] /= total
	}
	m.Lambda = max(1, sum) / e.all
	return likelihood
}

// mostUnlike bounds the matches that do not agree in a column, and mostOtherCodes those
// that both have a code, and not the same.
const (
	mostUnlike     = 0.2
	mostOtherCodes = 0.002
)

// bound keeps to what matches are: records that agree in a column but for an error
// now and then. Without it the fit may take for matches what is merely alike, such
// as things of one maker, where there are no matches.
func (m *Model) bound(match table) {
	coded := slices.ContainsFunc(m.Columns, func(c Column) bool { return c.Kind == Codes })
	for k, c := range m.Columns {
		if coded && (c.Kind == Words || c.Kind == Number) {
			continue // it is the code that tells things apart: shops describe one thing as they like
		}
		over, most := 0.0, mostUnlike
		if c.Kind == Codes {
			most = mostOtherCodes
		}
		for l := range match[k] {
			if !agrees(c.Kind, int8(l)) {
				over += match[k][l]
			}
		}
		if c.Kind == None || over <= most {
			continue
		}
		for l := range match[k] {
			if agrees(c.Kind, int8(l)) {
				match[k][l] *= (1 - most) / max(1-over, 1e-9)
			} else {
				match[k][l] *= most / over
			}
		}
	}
}

// atRandom is how often each level is to be expected among so many pairs that
// were not probed.
func (l *learner) atRandom(probed []pairOf, n float64) table {
	rng := rand.New(rand.NewPCG(1, 4))
	known := make(map[pairOf]bool, len(probed))
	for _, p := range probed {
		known[p] = true
	}
	var side [2][]int32
	for i := range l.records {
		side[l.records[i].Side] = append(side[l.records[i].Side], int32(i))
	}
	first, second := side[0], side[0]
	most := float64(len(first)) * float64(len(first)-1) / 2
	if l.model.Two {
		second = side[1]
		most = float64(len(first)) * float64(len(second))
	}
	counts := make(table, len(l.model.Columns))
	levels := make([]int8, len(l.model.Columns))
	drawn, taken := map[pairOf]bool{}, 0.0
	for float64(len(drawn)) < min(randomPairs, most/2) {
		p := pairOf{first[rng.IntN(len(first))], second[rng.IntN(len(second))]}
		if p.a == p.b || drawn[p] {
			continue
		}
		drawn[p] = true
		if known[p] || known[pairOf{p.b, p.a}] {
			continue
		}
		l.model.compare(&l.records[p.a], &l.records[p.b], levels)
		counts.add(levels, 1)
		taken++
	}
	for k := range counts {
		for level := range counts[k] {
			counts[k][level] *= n / max(taken, 1)
		}
	}
	return counts
}
