package cells

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/beamline-go/beamline/internal/dates"
	"github.com/beamline-go/beamline/internal/number"
)

// padded stands between other text, as cells do.
func padded(cell string) (b []byte, s, e int) {
	return []byte("7,." + cell + ",9.8-" + string(make([]byte, Pad))), 3, 3 + len(cell)
}

// alphabet are the bytes that numbers, dates and their errors have.
const alphabet = "0123456789012345678901234567890123456789.-+eE /:TZ,x\x00\xb0"

func random(rng *rand.Rand, most int) string {
	b := make([]byte, rng.IntN(most+1))
	for i := range b {
		b[i] = alphabet[rng.IntN(len(alphabet))]
	}
	return string(b)
}

func checkNumber(t *testing.T, cell string) {
	t.Helper()
	b, s, e := padded(cell)
	if v, ok := Int(b, s, e); ok {
		if want, known := number.Int(cell); !known || v != want {
			t.Errorf("Int(%q) = %d, want %d %v", cell, v, want, known)
		}
	}
	if f, ok := Float(b, s, e); ok {
		if want, known := number.Parse(cell); !known || math.Float64bits(f) != math.Float64bits(want) {
			t.Errorf("Float(%q) = %v, want %v %v", cell, f, want, known)
		}
	}
}

func TestNumbersAreThoseOfPackageNumber(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300000 {
		checkNumber(t, random(rng, 20))
		checkNumber(t, strconv.FormatFloat((rng.Float64()-0.5)*math.Pow(10, float64(rng.IntN(12))), 'f', rng.IntN(12), 64))
	}
	for _, cell := range []string{"0", "-0", "-0.0", "00012", "9007199254740993", "1.", ".5", "-.5", ".", "-", "", "1..2", "12345678.12345678", "0.1234567890123456", "1234567.8", "12345.678"} {
		checkNumber(t, cell)
	}
}

// TestWhatIsTaken asks that the usual spellings need no second reading.
func TestWhatIsTaken(t *testing.T) {
	for _, cell := range []string{"0", "-7", "12345678", "-123456789", "1234567890123456"} {
		if _, ok := Int(padded(cell)); !ok {
			t.Errorf("Int does not take %q", cell)
		}
	}
	for _, cell := range []string{"1", "1.5", ".5", "2.", "-0.25", "12345.67", "123456.789", "-1234567.123456", "0.12345678901234", "12345678.", "1234567.8", "12345678.1234567"} {
		if _, ok := Float(padded(cell)); !ok {
			t.Errorf("Float does not take %q", cell)
		}
	}
	for _, cell := range []string{"2021-03-04 05:06:07+00", "2021-03-04 05:06:07.123456+00:00", "2024-02-29 23:59:59", "2024-02-29T23:59:59.5", "1969-12-31 00:00:00.000001Z", "2024-05-05T05:05:05Z"} {
		if _, ok := Timestamp(padded(cell)); !ok {
			t.Errorf("Timestamp does not take %q", cell)
		}
	}
}

func TestDatesAreThoseOfPackageDates(t *testing.T) {
	day := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	for ; day.Year() < 2500; day = day.AddDate(0, 0, 1) {
		cell := day.Format(time.DateOnly)
		if d, ok := Date(padded(cell)); !ok || int64(d) != day.Unix()/86400-b2i(day.Unix()%86400 < 0) {
			t.Fatalf("Date(%q) = %d, %v", cell, d, ok)
		}
	}
	rng := rand.New(rand.NewPCG(3, 4))
	for range 200000 {
		cell := fmt.Sprintf("%04d-%02d-%02d", rng.IntN(3000), rng.IntN(14), rng.IntN(33))
		switch rng.IntN(3) {
		case 0:
			cell += fmt.Sprintf("%c%02d:%02d:%02d", " T"[rng.IntN(2)], rng.IntN(26), rng.IntN(62), rng.IntN(62))
			if rng.IntN(2) == 0 {
				cell += "." + strconv.Itoa(rng.IntN(10000000))
			}
			cell += []string{"", "", "Z", "+00", "+00:00", "+01", "-00"}[rng.IntN(7)]

		case 1:
			b := []byte(cell)
			b[rng.IntN(len(b))] = alphabet[rng.IntN(len(alphabet))]
			cell = string(b)
		}
		r, n := dates.Readings(cell)
		if d, ok := Date(padded(cell)); ok && (n != 1 || int64(d)*86400 != r[0].Time.Unix()) {
			t.Fatalf("Date(%q) = %d, package dates has %v", cell, d, r[:n])
		}
		if us, ok := Timestamp(padded(cell)); ok && (n != 1 || us != r[0].Time.UnixMicro()) {
			t.Fatalf("Timestamp(%q) = %d, package dates has %v", cell, us, r[:n])
		}
	}
}

func b2i(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func FuzzNumber(f *testing.F) {
	f.Add("-123.456")
	f.Add("1234567890.12345")
	f.Fuzz(func(t *testing.T, cell string) { checkNumber(t, cell) })
}

func benchmark(b *testing.B, cells []string, f func(b []byte, s, e int)) {
	var text []byte
	var starts, ends []int
	for _, c := range cells {
		starts = append(starts, len(text))
		text = append(text, c...)
		ends = append(ends, len(text))
		text = append(text, ',')
	}
	text = append(text, make([]byte, Pad)...)
	for b.Loop() {
		for i := range starts {
			f(text, starts[i], ends[i])
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(cells)), "ns/cell")
}

func BenchmarkCells(b *testing.B) {
	rng := rand.New(rand.NewPCG(5, 6))
	var ints, floats, days, times []string
	for range 1000 {
		ints = append(ints, strconv.Itoa(rng.IntN(1000000)))
		floats = append(floats, strconv.FormatFloat(rng.Float64()*1000, 'f', 6, 64))
		at := time.Unix(rng.Int64N(2e9), 0).UTC()
		days, times = append(days, at.Format(time.DateOnly)), append(times, at.Format(time.DateTime))
	}
	b.Run("int", func(b *testing.B) { benchmark(b, ints, func(b []byte, s, e int) { Int(b, s, e) }) })
	b.Run("float", func(b *testing.B) { benchmark(b, floats, func(b []byte, s, e int) { Float(b, s, e) }) })
	b.Run("date", func(b *testing.B) { benchmark(b, days, func(b []byte, s, e int) { Date(b, s, e) }) })
	b.Run("timestamp", func(b *testing.B) { benchmark(b, times, func(b []byte, s, e int) { Timestamp(b, s, e) }) })
}
