package fusion

import (
	"math"
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

// world is a table of what speakers say, drawn by chance.
type world struct {
	entities int
	right    []float64   // how often each speaker is right
	talks    float64     // of the entities that he has a row for
	copies   map[int]int // who repeats whom,
	own      float64     // and how often he says something of his own instead
	values   int         // wrong ones
}

// claims draws a column of the world.
func (w world) claims(seed uint64) Claims {
	rng := rand.New(rand.NewPCG(seed, 5))
	c := Claims{Of: make([][]Claim, w.entities), Spoken: make([][]int32, w.entities), Speakers: len(w.right)}
	for e := range w.entities {
		says := make([]int32, len(w.right))
		for s, p := range w.right {
			of, copied := w.copies[s]
			switch {
			case copied && rng.Float64() >= w.own:
				says[s] = says[of]
			case rng.Float64() >= p:
				says[s] = 1 + int32(rng.IntN(w.values))
			}
			c.Spoken[e] = append(c.Spoken[e], int32(s))
			if rng.Float64() < w.talks {
				c.Of[e] = append(c.Of[e], Claim{int32(s), says[s]})
			}
		}
	}
	return c
}

// TestWorlds pins how many entities of some worlds are decided, how many of those rightly,
// and how sure that is, in sum: constants of this package change one of them. Where one
// has to change, the share that is right is what to look at.
func TestWorlds(t *testing.T) {
	same := func(p float64, n int) (all []float64) {
		for range n {
			all = append(all, p)
		}
		return all
	}
	for name, c := range map[string]struct {
		world
		columns        int
		decided, right int
		sure           float64
	}{
		"alike":            {world{entities: 120, right: same(0.7, 6), talks: 1, values: 10}, 1, 92, 92, 91.1732266},
		"few speakers":     {world{entities: 150, right: same(0.8, 3), talks: 1, values: 10}, 1, 74, 74, 73.2942403},
		"few wrong values": {world{entities: 150, right: same(0.6, 7), talks: 1, values: 2}, 1, 61, 61, 58.4885414},
		"quiet speakers":   {world{entities: 200, right: same(0.75, 8), talks: 0.5, values: 10}, 1, 120, 120, 118.5474427},
		"mostly quiet":     {world{entities: 200, right: same(0.8, 6), talks: 0.85, values: 10}, 2, 282, 282, 281.6435005},
		"copies":           {world{entities: 250, right: []float64{0.9, 0.85, 0.8, 0.55, 0, 0, 0}, copies: map[int]int{4: 3, 5: 3, 6: 3}, talks: 1, values: 20}, 1, 137, 137, 136.9999994},
		"loose copies":     {world{entities: 250, right: []float64{0.9, 0.85, 0.8, 0.55, 0.55, 0.55, 0.55}, copies: map[int]int{4: 3, 5: 3, 6: 3}, own: 0.15, talks: 1, values: 20}, 1, 141, 134, 140.9940834},
		"copies with gaps": {world{entities: 250, right: []float64{0.9, 0.85, 0.8, 0.55, 0.55, 0.55, 0.55}, copies: map[int]int{4: 3, 5: 3, 6: 3}, own: 0.05, talks: 0.9, values: 20}, 2, 296, 263, 295.9986690},
		"two camps":        {world{entities: 200, right: []float64{0.8, 0.8, 0.8, 0.4, 0.4, 0.4, 0.4}, copies: map[int]int{5: 4, 6: 4}, own: 0.1, talks: 0.95, values: 8}, 2, 111, 111, 107.2067377},
		"hopeless":         {world{entities: 100, right: same(0.25, 6), talks: 1, values: 4}, 1, 0, 0, 0},
		"four columns":     {world{entities: 80, right: []float64{0.95, 0.9, 0.6, 0.5, 0.5}, talks: 0.9, values: 5}, 4, 170, 170, 165.7627207},
		"many":             {world{entities: 60, right: same(0.65, 20), talks: 0.7, values: 30, copies: map[int]int{15: 14, 16: 14, 17: 14, 18: 14, 19: 14}, own: 0.2}, 2, 98, 98, 97.9978529},
		"few entities":     {world{entities: 9, right: []float64{0.95, 0.9, 0.9, 0.55, 0.55, 0.55}, copies: map[int]int{4: 3, 5: 3}, talks: 1, values: 20}, 3, 13, 13, 12.9999989},
		"a dozen":          {world{entities: 14, right: []float64{0.9, 0.85, 0.8, 0.6, 0.6}, copies: map[int]int{4: 3}, talks: 0.8, values: 6}, 4, 23, 23, 22.8256540},
		"copies in part":   {world{entities: 300, right: []float64{0.9, 0.9, 0.8, 0.5, 0.5, 0.5}, copies: map[int]int{4: 3, 5: 3}, own: 0.35, talks: 0.7, values: 3}, 2, 272, 266, 266.6375111},
		"nearly faultless": {world{entities: 150, right: same(0.995, 4), talks: 0.9, values: 3}, 2, 286, 286, 285.9550959},
		"a liar":           {world{entities: 200, right: []float64{0.9, 0.85, 0.8, 0.01}, talks: 0.9, values: 2}, 2, 201, 200, 199.3581550},
	} {
		t.Run(name, func(t *testing.T) {
			columns := make([]Claims, c.columns)
			for i := range columns {
				columns[i] = c.claims(uint64(i))
			}
			decided, right, sure := 0, 0, 0.0
			for _, column := range Decide(columns) {
				for _, d := range column {
					sure += d.Confidence
					if d.OK {
						decided++
						if d.Value == 0 {
							right++
						}
					}
				}
			}
			if decided != c.decided || right != c.right || math.Abs(sure-c.sure) > 1e-6 {
				t.Errorf("%d are decided, %d of them rightly, with %.7f in sum; it was %d, %d and %v", decided, right, sure, c.decided, c.right, c.sure)
			}
		})
	}
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
