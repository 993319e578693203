package training

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/beamline-go/beamline/internal/features"
)

// TestFingerprints: records that were trained on are known again, by all of them or by a
// sample, and those of a table of few possible records are not held against it.
func TestFingerprints(t *testing.T) {
	draw := func(n int, seed uint64, values float64) (*features.Frame, []float64) {
		rng := rand.New(rand.NewPCG(seed, 8))
		f := &features.Frame{N: n, Columns: []features.Column{{Name: "a", Kind: features.Number}, {Name: "b", Kind: features.Number}}}
		var y []float64
		for range n {
			for k := range f.Columns {
				f.Columns[k].Num = append(f.Columns[k].Num, math.Floor(rng.Float64()*values))
			}
			y = append(y, float64(rng.IntN(2)))
		}
		return f, y
	}
	for _, n := range []int{60, 400, 20000} {
		f, y := draw(n, 1, 1e9)
		p := FingerprintsOf(f, y)
		if share, beyond := p.Known(f, y); share != 1 || !beyond {
			t.Errorf("of %d records that were trained on %v are known, %v", n, share, beyond)
		}
		if share, beyond := p.Known(draw(n, 2, 1e9)); share != 0 || beyond {
			t.Errorf("of %d new records %v are known, %v", n, share, beyond)
		}
		half, halfY := draw(n, 3, 1e9)
		for k := range half.Columns {
			copy(half.Columns[k].Num[n/2:], f.Columns[k].Num[n/2:])
		}
		copy(halfY[n/2:], y[n/2:])
		if share, beyond := p.Known(half, halfY); math.Abs(share-0.5) > 0.1 || !beyond {
			t.Errorf("of %d records, half of them trained on, %v are known, %v", n, share, beyond)
		}
	}
	f, y := draw(3000, 1, 4)
	if share, beyond := FingerprintsOf(f, y).Known(draw(3000, 2, 4)); beyond {
		t.Errorf("new records that there are only 32 of are said to be trained on, %v of them", share)
	}
}
