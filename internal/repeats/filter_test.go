package repeats

import (
	"math/rand/v2"
	"testing"
)

// TestNeverTooFew: what was met twice is known, whether in one Filter or in two
// that were merged, and little else is.
func TestNeverTooFew(t *testing.T) {
	const n = 200_000
	rng := rand.New(rand.NewPCG(1, 2))
	parts := []Filter{New(n), New(n), New(n)}
	met := map[uint64]int{}
	var order []uint64
	for range n {
		h := rng.Uint64()
		times := 1 + rng.IntN(3)/2*rng.IntN(3)
		met[h] = times
		order = append(order, h)
		for range times {
			parts[rng.IntN(len(parts))].Add(h)
		}
	}
	packed, err := Unpack(parts[0].Pack())
	if err != nil {
		t.Fatal(err)
	}
	packed.Merge(parts[1])
	packed.Merge(parts[2])
	wrong, once := 0, 0
	for _, h := range order {
		if met[h] > 1 && !packed.Has(h) {
			t.Fatalf("%x was met %d times", h, met[h])
		}
		if met[h] == 1 {
			once++
			if packed.Has(h) {
				wrong++
			}
		}
	}
	if most := once / spare; wrong > most {
		t.Errorf("%d of %d that were met once are taken for others, want at most %d", wrong, once, most)
	}
}

func TestSides(t *testing.T) {
	left, right := New(9), New(9)
	left.AddOf(0, 7<<50)
	left.AddOf(0, 7<<50)
	left.AddOf(0, 9<<50)
	right.AddOf(1, 9<<50)
	left.MergeOf(right)
	if left.Has(7<<50) || !left.Has(9<<50) {
		t.Errorf("one side: %v, both: %v", left.Has(7<<50), left.Has(9<<50))
	}
}

func TestUnpackRefuses(t *testing.T) {
	for _, data := range [][]byte{nil, []byte("x"), packer.EncodeAll([]byte("short"), nil), packer.EncodeAll(make([]byte, 1<<mostLog), nil), packer.EncodeAll(make([]byte, 3<<leastLog), nil)} {
		if _, err := Unpack(data); err == nil {
			t.Errorf("%d bytes are taken", len(data))
		}
	}
}
