package clean

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

// claim is a value that a speaker states.
type claim struct{ speaker, value int32 }

// claims is what is stated in one column, by entity.
type claims struct {
	of       [][]claim // in the order of speakers, one each
	spoken   [][]int32 // speakers with a row, whether they state a value or not
	speakers int
}

// decision is the value that holds for an entity.
type decision struct {
	value      int32
	confidence float64
	ok         bool
}

// Constants of decide; they were chosen on one table, and tried on others.
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

// decide returns the decisions of each column, by entity.
func decide(columns []claims) [][]decision {
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
	out := make([][]decision, len(columns))
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
	claims   claims
	bloc     []int // of each speaker
	blocs    int
	voices   [][]claim // by entity: what blocs say
	accuracy []float64 // of each bloc; NaN where it says nothing
	post     []posterior
}

func newState(c claims) *state {
	s := &state{claims: c}
	s.bloc, s.blocs = findBlocs(c)
	s.voices = c.voices(s.bloc)
	return s
}

// voices gives each bloc one vote, the most frequent claim of its members; where
// two are equally frequent it has none.
func (c claims) voices(bloc []int) [][]claim {
	out := make([][]claim, len(c.of))
	for entity, all := range c.of {
		said := make([]claim, len(all))
		for i, a := range all {
			said[i] = claim{int32(bloc[a.speaker]), a.value}
		}
		out[entity] = onePerSpeaker(said)
	}
	return out
}

// onePerSpeaker keeps the most frequent claim of each speaker, in the order of
// speakers, and none where two are equally frequent.
func onePerSpeaker(all []claim) []claim {
	slices.SortFunc(all, func(a, b claim) int { return cmp.Or(cmp.Compare(a.speaker, b.speaker), cmp.Compare(a.value, b.value)) })
	var out []claim
	for i := 0; i < len(all); {
		best, count, tie := claim{}, 0, false
		speaker := all[i].speaker
		for i < len(all) && all[i].speaker == speaker {
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
		stated := make([]float64, o.claims.speakers)
		for _, cs := range o.claims.of {
			for _, c := range cs {
				stated[c.speaker]++
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
	voices     [][]claim
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

func newEstimate(voices [][]claim, blocs int, prior []float64) *estimate {
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
			if keep == nil || keep[c.speaker] {
				n++
				e.said[c.speaker] = true
			}
		}
		if n < 2 {
			continue
		}
		for _, c := range said {
			if keep != nil && !keep[c.speaker] {
				continue
			}
			same := -1.0
			for _, o := range said {
				if o.value == c.value && (keep == nil || keep[o.speaker]) {
					same++
				}
			}
			e.sums[c.speaker] += same / (n - 1)
			e.ns[c.speaker]++
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
func (e *estimate) score(said []claim, keep []bool) (n int, possible float64) {
	e.scores = e.scores[:0]
	for _, c := range said {
		if keep != nil && !keep[c.speaker] {
			continue
		}
		n++
		i := slices.IndexFunc(e.scores, func(p posteriorValue) bool { return p.value == c.value })
		if i < 0 {
			i = len(e.scores)
			e.scores = append(e.scores, posteriorValue{value: c.value})
		}
		e.scores[i].score += e.right[c.speaker] - e.wrong[c.speaker]
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
func (e *estimate) learnFrom(said []claim, keep []bool) {
	n, possible := e.score(said, keep)
	if n < 2 {
		return
	}
	total := math.Exp(-e.mostEntity)
	for _, v := range e.scores {
		total += v.e
	}
	for _, c := range said {
		if keep != nil && !keep[c.speaker] {
			continue
		}
		i := slices.IndexFunc(e.scores, func(p posteriorValue) bool { return p.value == c.value })
		v := e.scores[i]
		without := math.Exp(v.score - (e.right[c.speaker] - e.wrong[c.speaker] + possible) - e.mostEntity)
		rest := math.Exp(-e.mostEntity)
		for k, o := range e.scores {
			if k != i {
				rest += o.e
			}
		}
		e.sums[c.speaker] += without / (without + rest)
		e.ns[c.speaker]++
	}
}

func (e *estimate) posterior(said []claim, keep []bool) posterior {
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
func (s *state) decide(prior []float64) []decision {
	stable := s.stability(prior)
	others := s.alternatives(prior)
	quiet := s.newSilence()
	out := make([]decision, len(s.voices))
	for entity, p := range s.post {
		if p.value < 0 || p.p < surePosterior || stable[entity] < sureResamples {
			continue
		}
		voices := 0
		for _, c := range s.voices[entity] {
			if c.value == p.value {
				voices++
			}
		}
		if voices < fewestVoices || quiet.objects(entity, p.value) {
			continue
		}
		if slices.ContainsFunc(others, func(o []posterior) bool { return o[entity].value != p.value }) {
			continue
		}
		out[entity] = decision{p.value, p.p, true}
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
				if keep[c.speaker] {
					heard++
					holds = holds || c.value == s.post[entity].value
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
	for entity, spoken := range s.claims.spoken {
		q.has[entity] = make([]bool, s.blocs)
		for _, speaker := range spoken {
			q.has[entity][s.bloc[speaker]] = true
		}
		said := make([]bool, s.blocs)
		for _, c := range s.claims.of[entity] {
			said[s.bloc[c.speaker]] = true
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
		said[c.speaker] = true
		if c.value == value {
			supporting += q.weight[c.speaker]
		}
	}
	for b, has := range q.has[entity] {
		if has && q.talks[b] && !said[int32(b)] {
			against += q.weight[b]
		}
	}
	return against > silenceWeight*supporting
}
