package clean

import (
	"math"

	"github.com/beamline-go/beamline/internal/slip"
)

// company is what stands beside a frequent value: how often each, and the most.
type company struct {
	counts map[int32]int32
	most   int32
}

// of counts what stands beside a frequent value.
func (w *witness) of(value int) []company {
	if b := w.leads[value]; b != nil {
		return b
	}
	t := w.things
	out := make([]company, len(t.beside))
	for k := range t.beside {
		counts := map[int32]int32{}
		for _, p := range t.at[value] {
			if z := t.beside[k].code(t, p); z >= 0 {
				counts[z]++
				out[k].most = max(out[k].most, counts[z])
			}
		}
		out[k].counts = counts
	}
	w.leads[value] = out
	return out
}

// surroundings are what stands beside two values: how much more likely than
// anywhere it is beside the frequent one, at most and on average, as logarithms;
// how often it would be expected there where it never is; whether it determines the
// frequent value; whether that one stands in the neighbouring rows; whether the
// rare value's places are alike where the frequent one's are not.
type surroundings struct {
	most, mean, stranger, determined, neighbours, clustered float64
}

func (w *witness) context(p slip.Pair) surroundings {
	t := w.things
	lead := w.of(p.Lead)
	all := float64(t.values[p.Lead].Count)
	seen := float64(len(t.at[p.Lead]))
	at := t.at[p.Rare]
	at = at[:min(len(at), rarePlaces)]
	most, sum, columns := math.Inf(-1), 0.0, 0.0
	stranger, determined, clustered := 0.0, 0.0, 0.0
	for k := range t.beside {
		b := &t.beside[k]
		own := map[int32]int32{}
		places := 0.0
		for _, place := range t.at[p.Rare] {
			if z := b.code(t, place); z >= 0 {
				own[z]++
				places++
			}
		}
		odds, n := 0.0, 0.0
		for _, place := range at {
			z := b.code(t, place)
			if z < 0 || b.counts[z] <= own[z] {
				continue // it stands beside nothing else, which says nothing
			}
			n++
			chance := float64(b.counts[z]-own[z]) / (b.filled - places)
			odds += math.Log((float64(lead[k].counts[z]) + chance) / (seen + 1) / chance)
			if lead[k].counts[z] == 0 {
				stranger = max(stranger, all*chance)
			}
		}
		if n == 0 {
			continue
		}
		columns++
		sum += odds / n
		most = max(most, odds/n)
		for z, m := range own {
			hold := float64(lead[k].counts[z]) * all / seen
			if others := float64(b.counts[z] - m); hold >= 2 && others > 0 && all < 0.9*float64(t.places) {
				determined = max(determined, min(1, hold/others))
			}
			if places >= 2 {
				clustered = max(clustered, float64(m)/places-float64(lead[k].most)/seen)
			}
		}
	}
	mean := 0.0
	if columns == 0 {
		most = 0
	} else {
		mean = sum / columns
	}
	return surroundings{most, mean, stranger, determined, w.neighbours(p, at), clustered}
}

// neighbours is the share of the rows before and behind those of the rare value
// that have the frequent one.
func (w *witness) neighbours(p slip.Pair, at []int32) float64 {
	t := w.things
	if t.words {
		return 0
	}
	hold, n := 0.0, 0.0
	for _, place := range at {
		for _, q := range []int32{place - 1, place + 1} {
			if q >= 0 && int(q) < len(t.code) && t.code[q] != int32(p.Rare) {
				n++
				hold += is(t.code[q] == int32(p.Lead))
			}
		}
	}
	if n == 0 {
		return 0
	}
	return hold / n
}
