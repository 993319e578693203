package csv

import (
	"bytes"
	"io"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/beamline-go/beamline/internal/grid"
)

// byRanges plans data in ranges of that many blocks.
func byRanges(t testing.TB, data []byte, d Dialect, blockSize, start, blocks int64) (grid.Plan, bool) {
	t.Helper()
	var ranges []Range
	for from := start; from < int64(len(data)); from += blocks * blockSize {
		part := data[from:min(from+blocks*blockSize, int64(len(data)))]
		r, err := ScanRange(bytes.NewReader(part), d, blockSize, from == start)
		if err != nil {
			t.Fatal(err)
		}
		ranges = append(ranges, r)
	}
	return JoinRanges(ranges, data[max(int(start), len(data)-TailSize):], d, blockSize, start, 2)
}

// TestRangesGiveThePlan holds plans by ranges to the plan of one pass.
func TestRangesGiveThePlan(t *testing.T) {
	alphabet := []byte("aaaaaaaab ,;\t\"'\n\n\r\"#\\")
	rng := rand.New(rand.NewPCG(3, 4))
	joined, all := 0, 0
	for range 20000 {
		data := make([]byte, rng.IntN(200))
		for i := range data {
			data[i] = alphabet[rng.IntN(len(alphabet))]
		}
		blockSize, start := 1+rng.Int64N(40), rng.Int64N(int64(len(data)+1))
		for _, d := range scanDialects {
			d.Notes = rng.IntN(2) == 0
			d.Limit = int(blockSize) + rng.IntN(60)
			want, err := NewPlan(bytes.NewReader(data), d, blockSize, start, 2)
			got, ok := byRanges(t, data, d, blockSize, start, 1+rng.Int64N(4))
			if all++; !ok {
				continue
			}
			if joined++; err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("%v, blocks of %d from %d over %q:\ngot  %+v,\nwant %+v, %v", d, blockSize, start, data, got, want, err)
			}
		}
	}
	if joined < all/3 {
		t.Errorf("of %d sources %d could be planned by ranges", all, joined)
	}
}

// TestRangesOfSoundTables are never given up: each quote closes.
func TestRangesOfSoundTables(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	cells := []string{"a", "", `"x, ""y"""`, "\"two\nlines\"", `"\"`, "it's"}
	for range 300 {
		var b bytes.Buffer
		for range rng.IntN(400) {
			b.WriteString(cells[rng.IntN(len(cells))] + "," + cells[rng.IntN(len(cells))] + "\r\n")
		}
		want, err := NewPlan(bytes.NewReader(b.Bytes()), Default, 64, 0, 2)
		got, ok := byRanges(t, b.Bytes(), Default, 64, 0, 1+rng.Int64N(9))
		if err != nil || !ok || !reflect.DeepEqual(got, want) {
			t.Fatalf("%q: %v %v", b.String(), ok, err)
		}
	}
}

// BenchmarkScanRange compares with NewPlan, which goes over the same bytes.
func BenchmarkScanRange(b *testing.B) {
	for name, record := range map[string]string{"plain": "1,some text,2.5,2020-01-02\n", "quoted": "1,\"some, text\",2.5,\"2020-01-02\"\n"} {
		data := bytes.Repeat([]byte(record), 64<<20/len(record))
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if _, err := ScanRange(bytes.NewReader(data), Default, 1<<20, false); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/plan", func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if _, err := NewPlan(io.Reader(bytes.NewReader(data)), Default, 1<<20, 0, 1); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
