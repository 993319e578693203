// Package fusion decides what is true where sources contradict each other.
package fusion

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// Truth discovery without labels: how often a speaker is right and what is true
// are estimated in turn (Dong, Berti-Équille and Srivastava, "Integrating
// Conflicting Data: The Role of Source Dependence", 2009). Speakers who copy from
// each other have one voice (see blocs). What is decided has to survive the loss
// of speakers, other ideas of who copies, and the silence of trusted ones.

// Claim is a value that a speaker states.
type Claim struct{ Speaker, Value int32 }

// Claims is what is stated in one column, by entity.
type Claims struct {
	Of       [][]Claim // in the order of speakers, one each
	Spoken   [][]int32 // speakers with a row, whether they state a value or not
	Speakers int
}

// Decision is the value that holds for an entity.
type Decision struct {
	Value      int32
	Confidence float64
	OK         bool
}

// Constants of Decide; they were chosen on one table, and tried on others.
const (
	accuracyPrior  = 0.6
	priorWeight    = 2.0
	leastAccuracy  = 0.05
	mostAccuracy   = 0.97
	fewestValues   = 3 // of an entity, that chance could give
	emRounds       = 15
	resampleRounds = 8
	resamples      = 200
	resampleWork   = 2e8 // claims looked at in all resamples
	resampleKeep   = 0.7
	surePosterior  = 0.9
	sureResamples  = 0.9
	fewestVoices   = 2
	talkative      = 0.8 // of its rows a speaker states a value in the column
	silenceWeight  = 0.5
)

// Decide returns the decisions of each column, by entity.
func Decide(columns []Claims) [][]Decision {
	states := make([]*state, len(columns))
	for i := range columns {
		states[i] = newState(columns[i])
	}
	for i := range columns {
		states[i].fit(nil)
	}
	priors := make([][]float64, len(columns))
	for i := range columns {
		priors[i] = states[i].priorFrom(states, i)
	}
	out := make([][]Decision, len(columns))
	for i := range columns {
		states[i].fit(priors[i])
	}
	for i := range columns {
		out[i] = states[i].decide(priors[i])
	}
	return out
}

// state is one column under discovery.
type state struct {
	claims   Claims
	bloc     []int // of each speaker
	blocs    int
	voices   [][]Claim // by entity: what blocs say
	accuracy []float64 // of each bloc; NaN where it says nothing
	post     []posterior
}

func newState(c Claims) *state {
	s := &state{claims: c}
	s.bloc, s.blocs = findBlocs(c)
	s.voices = c.voices(s.bloc)
	return s
}

// voices gives each bloc one vote, the most frequent claim of its members; where
// two are equally frequent it has none.
func (c Claims) voices(bloc []int) [][]Claim {
	out := make([][]Claim, len(c.Of))
	for entity, all := range c.Of {
		said := make([]Claim, len(all))
		for i, a := range all {
			said[i] = Claim{int32(bloc[a.Speaker]), a.Value}
		}
		out[entity] = OnePerSpeaker(said)
	}
	return out
}

// OnePerSpeaker keeps the most frequent claim of each speaker, in the order of
// speakers, and none where two are equally frequent.
func OnePerSpeaker(all []Claim) []Claim {
	slices.SortFunc(all, func(a, b Claim) int { return cmp.Or(cmp.Compare(a.Speaker, b.Speaker), cmp.Compare(a.Value, b.Value)) })
	var out []Claim
	for i := 0; i < len(all); {
		best, count, tie := Claim{}, 0, false
		speaker := all[i].Speaker
		for i < len(all) && all[i].Speaker == speaker {
			n := 1
			for i+n < len(all) && all[i+n] == all[i] {
				n++
			}
			switch {
			case n > count:
				best, count, tie = all[i], n, false
			case n == count:
				tie = true
			}
			i += n
		}
		if !tie {
			out = append(out, best)
		}
	}
	return out
}

func (s *state) fit(prior []float64) {
	e := newEstimate(s.voices, s.blocs, prior)
	e.run(emRounds, nil)
	s.accuracy = e.accuracies()
	s.post = make([]posterior, len(s.voices))
	for entity := range s.voices {
		s.post[entity] = e.posterior(s.voices[entity], nil)
	}
}

// priorFrom is how often the members of each bloc are right in the other columns.
func (s *state) priorFrom(all []*state, self int) []float64 {
	prior := make([]float64, s.blocs)
	n := make([]float64, s.blocs)
	for other, o := range all {
		if other == self {
			continue
		}
		stated := make([]float64, o.claims.Speakers)
		for _, cs := range o.claims.Of {
			for _, c := range cs {
				stated[c.Speaker]++
			}
		}
		for speaker, b := range s.bloc {
			if a := o.accuracy[o.bloc[speaker]]; !math.IsNaN(a) {
				n[b] += stated[speaker]
				prior[b] += stated[speaker] * a
			}
		}
	}
	for b := range prior {
		prior[b] = (prior[b] + priorWeight*accuracyPrior) / (n[b] + priorWeight)
	}
	return prior
}

// estimate is the accuracy of voices, as far as it is known.
type estimate struct {
	voices     [][]Claim
	prior      []float64
	right      []float64 // ln of the accuracy
	wrong      []float64 // ln of its complement
	sums, ns   []float64
	said       []bool
	scores     []posteriorValue // of one entity
	mostEntity float64
}

// posterior is the most probable value of an entity.
type posterior struct {
	value int32 // -1 where nothing is stated
	p     float64
}

type posteriorValue struct {
	value    int32
	score, e float64
}

func newEstimate(voices [][]Claim, blocs int, prior []float64) *estimate {
	e := &estimate{voices: voices, prior: prior, right: make([]float64, blocs), wrong: make([]float64, blocs),
		sums: make([]float64, blocs), ns: make([]float64, blocs), said: make([]bool, blocs)}
	if prior == nil {
		e.prior = make([]float64, blocs)
		for b := range e.prior {
			e.prior[b] = accuracyPrior
		}
	}
	return e
}

// run estimates in rounds. keep says which voices are heard, all where it is nil.
func (e *estimate) run(rounds int, keep []bool) {
	e.start(keep)
	for range rounds {
		clear(e.sums)
		clear(e.ns)
		for _, said := range e.voices {
			e.learnFrom(said, keep)
		}
		if e.update() < 1e-4 {
			return
		}
	}
}

// start takes the mean share of the other voices that say the same.
func (e *estimate) start(keep []bool) {
	clear(e.sums)
	clear(e.ns)
	clear(e.said)
	for _, said := range e.voices {
		n := 0.0
		for _, c := range said {
			if keep == nil || keep[c.Speaker] {
				n++
				e.said[c.Speaker] = true
			}
		}
		if n < 2 {
			continue
		}
		for _, c := range said {
			if keep != nil && !keep[c.Speaker] {
				continue
			}
			same := -1.0
			for _, o := range said {
				if o.Value == c.Value && (keep == nil || keep[o.Speaker]) {
					same++
				}
			}
			e.sums[c.Speaker] += same / (n - 1)
			e.ns[c.Speaker]++
		}
	}
	e.update()
}

// update turns sums into accuracies and returns the largest change.
func (e *estimate) update() (most float64) {
	for b := range e.sums {
		a := (e.sums[b] + priorWeight*e.prior[b]) / (e.ns[b] + priorWeight)
		a = min(max(a, leastAccuracy), mostAccuracy)
		if e.said[b] {
			most = max(most, math.Abs(a-math.Exp(e.right[b])))
		}
		e.right[b], e.wrong[b] = math.Log(a), math.Log(1-a)
	}
	return most
}

// score adds up what speaks for each value of an entity: a voice that is right
// with probability a speaks ln(a N/(1-a)) for its value, of N possible ones.
func (e *estimate) score(said []Claim, keep []bool) (n int, possible float64) {
	e.scores = e.scores[:0]
	for _, c := range said {
		if keep != nil && !keep[c.Speaker] {
			continue
		}
		n++
		i := slices.IndexFunc(e.scores, func(p posteriorValue) bool { return p.value == c.Value })
		if i < 0 {
			i = len(e.scores)
			e.scores = append(e.scores, posteriorValue{value: c.Value})
		}
		e.scores[i].score += e.right[c.Speaker] - e.wrong[c.Speaker]
		e.scores[i].e++ // votes, for a moment
	}
	possible = math.Log(max(fewestValues, float64(len(e.scores))))
	most := 0.0
	for i := range e.scores {
		e.scores[i].score += e.scores[i].e * possible
		most = max(most, e.scores[i].score)
	}
	for i := range e.scores {
		e.scores[i].e = math.Exp(e.scores[i].score - most)
	}
	e.mostEntity = most
	return n, possible
}

// learnFrom adds, for each voice, the probability of its claim by the others.
func (e *estimate) learnFrom(said []Claim, keep []bool) {
	n, possible := e.score(said, keep)
	if n < 2 {
		return
	}
	total := math.Exp(-e.mostEntity)
	for _, v := range e.scores {
		total += v.e
	}
	for _, c := range said {
		if keep != nil && !keep[c.Speaker] {
			continue
		}
		i := slices.IndexFunc(e.scores, func(p posteriorValue) bool { return p.value == c.Value })
		v := e.scores[i]
		without := math.Exp(v.score - (e.right[c.Speaker] - e.wrong[c.Speaker] + possible) - e.mostEntity)
		rest := math.Exp(-e.mostEntity)
		for k, o := range e.scores {
			if k != i {
				rest += o.e
			}
		}
		e.sums[c.Speaker] += without / (without + rest)
		e.ns[c.Speaker]++
	}
}

func (e *estimate) posterior(said []Claim, keep []bool) posterior {
	best := posterior{value: -1}
	if n, _ := e.score(said, keep); n == 0 {
		return best
	}
	total := math.Exp(-e.mostEntity)
	for _, v := range e.scores {
		total += v.e
	}
	for _, v := range e.scores {
		if p := v.e / total; p > best.p || p == best.p && v.value < best.value {
			best = posterior{v.value, p}
		}
	}
	return best
}

func (e *estimate) accuracies() []float64 {
	out := make([]float64, len(e.right))
	for b := range out {
		out[b] = math.NaN()
		if e.said[b] {
			out[b] = math.Exp(e.right[b])
		}
	}
	return out
}

// decide keeps what is sure.
func (s *state) decide(prior []float64) []Decision {
	stable := s.stability(prior)
	others := s.alternatives(prior)
	quiet := s.newSilence()
	out := make([]Decision, len(s.voices))
	for entity, p := range s.post {
		if p.value < 0 || p.p < surePosterior || stable[entity] < sureResamples {
			continue
		}
		voices := 0
		for _, c := range s.voices[entity] {
			if c.Value == p.value {
				voices++
			}
		}
		if voices < fewestVoices || quiet.objects(entity, p.value) {
			continue
		}
		if slices.ContainsFunc(others, func(o []posterior) bool { return o[entity].value != p.value }) {
			continue
		}
		out[entity] = Decision{p.value, p.p, true}
	}
	return out
}

// stability is the share of resamples, each without some of the voices, in which
// the same value wins.
func (s *state) stability(prior []float64) []float64 {
	size := 1
	for _, said := range s.voices {
		size += len(said)
	}
	times := max(20, min(resamples, int(resampleWork)/(resampleRounds*size)))
	wins, all := make([]float64, len(s.voices)), make([]float64, len(s.voices))
	rng := rand.New(rand.NewPCG(1, 2))
	keep := make([]bool, s.blocs)
	for range times {
		for b := range keep {
			keep[b] = rng.Float64() < resampleKeep
		}
		e := newEstimate(s.voices, s.blocs, prior)
		e.run(resampleRounds, keep)
		for entity, said := range s.voices {
			p := e.posterior(said, keep)
			heard, holds := 0, false
			for _, c := range said {
				if keep[c.Speaker] {
					heard++
					holds = holds || c.Value == s.post[entity].value
				}
			}
			if !holds && heard < 2 {
				continue
			}
			all[entity]++
			if p.value == s.post[entity].value {
				wins[entity]++
			}
		}
	}
	for entity := range wins {
		if all[entity] > 0 {
			wins[entity] /= all[entity]
		}
	}
	return wins
}

// silence knows which voices usually speak.
type silence struct {
	state  *state
	weight []float64
	talks  []bool   // blocs that usually state a value where they have a row
	has    [][]bool // by entity and bloc: it has a row
}

func (s *state) newSilence() *silence {
	q := &silence{state: s, weight: make([]float64, s.blocs), talks: make([]bool, s.blocs), has: make([][]bool, len(s.voices))}
	rows, states := make([]float64, s.blocs), make([]float64, s.blocs)
	for entity, spoken := range s.claims.Spoken {
		q.has[entity] = make([]bool, s.blocs)
		for _, speaker := range spoken {
			q.has[entity][s.bloc[speaker]] = true
		}
		said := make([]bool, s.blocs)
		for _, c := range s.claims.Of[entity] {
			said[s.bloc[c.Speaker]] = true
		}
		for b := range said {
			if q.has[entity][b] {
				rows[b]++
			}
			if said[b] {
				states[b]++
			}
		}
	}
	for b, a := range s.accuracy {
		if !math.IsNaN(a) && a > 0.5 {
			q.weight[b] = math.Log(a / (1 - a))
		}
		q.talks[b] = states[b] >= talkative*rows[b]
	}
	return q
}

// objects reports whether trusted voices that have a row and usually say
// something say nothing.
func (q *silence) objects(entity int, value int32) bool {
	against, supporting := 0.0, 0.0
	said := map[int32]bool{}
	for _, c := range q.state.voices[entity] {
		said[c.Speaker] = true
		if c.Value == value {
			supporting += q.weight[c.Speaker]
		}
	}
	for b, has := range q.has[entity] {
		if has && q.talks[b] && !said[int32(b)] {
			against += q.weight[b]
		}
	}
	return against > silenceWeight*supporting
}
