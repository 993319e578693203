package csv

import (
	"math/rand/v2"
	"testing"
)

// scanBySteps is Scan by its definition.
func scanBySteps(d Dialect, s State, data []byte) Summary {
	r := Summary{State: s, First: -1, Last: -1}
	for i, c := range data {
		if r.State == RecordStart {
			if r.First < 0 {
				r.First, r.Before, r.LinesBefore = i, r.Ended, r.Lines
			}
			r.Last = i
		}
		next, ended := d.step(r.State, c)
		if ended {
			r.Ended++
		}
		if c == '\n' {
			r.Lines++
		}
		r.State = next
	}
	if r.First < 0 {
		r.Before, r.LinesBefore = r.Ended, r.Lines
	}
	return r
}

var scanDialects = []Dialect{
	Default,
	{Delimiter: '\t'},
	{Delimiter: ',', Quote: '"', Space: true},
	{Delimiter: ';', Quote: '\''},
}

func TestScanEqualsItsDefinition(t *testing.T) {
	alphabet := []byte("ab ,;\t\"'\n\n\r\"")
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		data := make([]byte, rng.IntN(40))
		for i := range data {
			data[i] = alphabet[rng.IntN(len(alphabet))]
		}
		for _, d := range scanDialects {
			for s := RecordStart; s <= QuoteEnd; s++ {
				if got, want := d.Scan(s, data), scanBySteps(d, s, data); got != want {
					t.Fatalf("%v from state %d over %q: got %+v, want %+v", d, s, data, got, want)
				}
			}
		}
	}
}

func FuzzScan(f *testing.F) {
	f.Add([]byte("a,\"b\n\"\"c\"\r\n\r\n x"), uint8(0))
	f.Fuzz(func(t *testing.T, data []byte, from uint8) {
		for _, d := range scanDialects {
			s := State(from % 6)
			if got, want := d.Scan(s, data), scanBySteps(d, s, data); got != want {
				t.Fatalf("%v from state %d over %q: got %+v, want %+v", d, s, data, got, want)
			}
		}
	})
}
