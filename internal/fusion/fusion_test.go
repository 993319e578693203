package fusion

import (
	"math/rand/v2"
	"testing"
)

// said makes claims of speakers who are right with a probability each; those who copy
// repeat what another one says. The true value of each entity is 0.
func said(entities int, right []float64, copies map[int]int, seed uint64) Claims {
	rng := rand.New(rand.NewPCG(seed, 2))
	c := Claims{Of: make([][]Claim, entities), Spoken: make([][]int32, entities), Speakers: len(right)}
	for e := range entities {
		says := make([]int32, len(right))
		for s, p := range right {
			if of, ok := copies[s]; ok {
				says[s] = says[of]
			} else if rng.Float64() >= p {
				says[s] = 1 + int32(rng.IntN(20))
			}
			c.Of[e] = append(c.Of[e], Claim{int32(s), says[s]})
			c.Spoken[e] = append(c.Spoken[e], int32(s))
		}
	}
	return c
}

// share is how many entities are decided, and how many of those rightly.
func share(decided []Decision) (all, right float64) {
	for _, d := range decided {
		if d.OK {
			all++
			if d.Value == 0 {
				right++
			}
		}
	}
	return all / float64(len(decided)), right / max(all, 1)
}

// TestTheRightAreBelieved has speakers who are right more or less often, each wrong in
// his own way.
func TestTheRightAreBelieved(t *testing.T) {
	c := said(200, []float64{0.8, 0.75, 0.7, 0.7, 0.65, 0.6, 0.6}, nil, 1)
	if all, right := share(Decide([]Claims{c})[0]); all < 0.8 || right < 0.97 {
		t.Errorf("%.2f are decided, %.3f of them rightly", all, right)
	}
}

// TestCopiesHaveOneVoice has five speakers who repeat one that is often wrong, against
// three that are right: a vote would believe the five.
func TestCopiesHaveOneVoice(t *testing.T) {
	copies := map[int]int{4: 3, 5: 3, 6: 3, 7: 3}
	c := said(300, []float64{0.95, 0.95, 0.95, 0.5, 0, 0, 0, 0}, copies, 3)
	all, right := share(Decide([]Claims{c})[0])
	if right < 0.95 || all < 0.3 {
		t.Errorf("%.2f are decided, %.3f of them rightly", all, right)
	}
}

// TestOnePerSpeaker keeps what a speaker says most often.
func TestOnePerSpeaker(t *testing.T) {
	got := OnePerSpeaker([]Claim{{2, 5}, {1, 7}, {1, 8}, {1, 8}})
	if len(got) != 2 || got[0] != (Claim{1, 8}) || got[1] != (Claim{2, 5}) {
		t.Errorf("%v", got)
	}
}
