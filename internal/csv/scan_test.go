package csv

import (
	"math/rand/v2"
	"testing"
)

// scanBySteps is Scan by its definition.
func scanBySteps(d Dialect, s State, data []byte) Summary {
	r := Summary{State: s, First: -1, Last: -1}
	for i, c := range data {
		if r.State == Broken {
			break
		}
		r.Used++
		if r.State == RecordStart {
			if r.First < 0 {
				r.First, r.Before, r.LinesBefore = i, r.Ended, r.Lines
			}
			r.Last, r.LinesToLast = i, r.Lines
		}
		next, ended := d.step(r.State, c)
		if ended {
			r.Ended++
		}
		if c == d.end() {
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
	{Delimiter: ';', Quote: '\'', Loose: true},
	{Delimiter: ',', Quote: '"', Escape: '\\', Comment: '#'},
	{Delimiter: ',', Escape: '\\', Blank: true},
	{Delimiter: ',', Quote: '"', CR: true, Comment: '#', Space: true},
}

func TestScanEqualsItsDefinition(t *testing.T) {
	alphabet := []byte("ab ,;\t\"'\n\n\r\"#\\")
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		data := make([]byte, rng.IntN(40+rng.IntN(2)*400))
		for i := range data {
			data[i] = alphabet[rng.IntN(len(alphabet))]
		}
		for _, d := range scanDialects {
			for s := RecordStart; s < Broken; s++ {
				if got, want := d.Scan(s, data), scanBySteps(d, s, data); got != want {
					t.Fatalf("%v from state %d over %q: got %+v, want %+v", d, s, data, got, want)
				}
			}
		}
	}
}

// TestScanToTheEnd scans lines without quotes whose last one ends where the data do, at any
// distance of the blocks by which it goes.
func TestScanToTheEnd(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for n := range 400 {
		for range 20 {
			data := make([]byte, n+1)
			for i := range data {
				if data[i] = 'x'; rng.IntN(40) == 0 {
					data[i] = '\n'
				}
			}
			data[n] = '\n'
			for s := RecordStart; s < Broken; s++ {
				if got, want := Default.Scan(s, data), scanBySteps(Default, s, data); got != want {
					t.Fatalf("from state %d over %q: got %+v, want %+v", s, data, got, want)
				}
			}
		}
	}
}

func FuzzScan(f *testing.F) {
	f.Add([]byte("a,\"b\n\"\"c\"\r\n\r\n x"), uint8(0))
	f.Fuzz(func(t *testing.T, data []byte, from uint8) {
		for _, d := range scanDialects {
			s := State(from) % Broken
			if got, want := d.Scan(s, data), scanBySteps(d, s, data); got != want {
				t.Fatalf("%v from state %d over %q: got %+v, want %+v", d, s, data, got, want)
			}
		}
	})
}
