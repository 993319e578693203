package number

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

func TestParseEqualsStrconv(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 200000 {
		f := math.Float64frombits(rng.Uint64())
		if math.IsNaN(f) || math.IsInf(f, 0) {
			continue
		}
		for _, s := range []string{
			strconv.FormatFloat(f, 'g', -1, 64),
			strconv.FormatFloat(rng.NormFloat64()*1000, 'f', rng.IntN(18), 64),
		} {
			want, _ := strconv.ParseFloat(s, 64)
			if got, ok := Parse(s); !ok || got != want {
				t.Fatalf("Parse(%q) = %v, %v; want %v", s, got, ok, want)
			}
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, s := range []string{"", "-", ".", "e5", "1e", "0x10", "1_000", "inf", "NaN", "1,5", " 1", "1 ", "1e999", "1.2.3", "--1", "٣"} {
		if f, ok := Parse(s); ok {
			t.Errorf("Parse(%q) = %v, want a refusal", s, f)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("-12.5e3")
	f.Add("00000000000000000000000000000001")
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := Parse(s)
		want, err := strconv.ParseFloat(s, 64)
		plain := !strings.ContainsAny(s, "xX_iInNpP")
		if ok != (err == nil && plain) || ok && got != want {
			t.Fatalf("Parse(%q) = %v, %v; strconv says %v, %v", s, got, ok, want, err)
		}
	})
}

func TestInt(t *testing.T) {
	for _, c := range []struct {
		in   string
		want int64
		ok   bool
	}{
		{"0", 0, true}, {"-7", -7, true}, {"+12", 12, true}, {"007", 7, true},
		{"9223372036854775807", math.MaxInt64, true}, {"-9223372036854775808", math.MinInt64, true},
		{"9223372036854775808", 0, false}, {"-9223372036854775809", 0, false},
		{"99999999999999999999", 0, false}, {"", 0, false}, {"-", 0, false}, {"1.0", 0, false}, {" 1", 0, false},
	} {
		if got, ok := Int(c.in); ok != c.ok || ok && got != c.want {
			t.Errorf("Int(%q) = %d, %v; want %d, %v", c.in, got, ok, c.want, c.ok)
		}
	}
}

func TestLoose(t *testing.T) {
	for _, c := range []struct {
		in   string
		want float64
		ok   bool
	}{
		{"$1,234.50", 1234.5, true}, {"1 234", 1234, true}, {"(15)", -15, true},
		{"-$3", -3, true}, {"€ 10", 10, true}, {"1'000'000", 1e6, true},
		{"12", 0, false}, {"12%", 12, true}, {"1,23", 0, false}, {"12,34,567", 1234567, true}, {"9,99,999.50", 999999.5, true}, {"123,45,678", 0, false}, {"12,34,56", 0, false}, {"12.34.567", 0, false}, {"abc", 0, false}, {"", 0, false}, {"()", 0, false},
	} {
		if got, ok := Loose(c.in); ok != c.ok || got != c.want {
			t.Errorf("Loose(%q) = %v, %v; want %v, %v", c.in, got, ok, c.want, c.ok)
		}
	}
}

func TestAppendReadsBack(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 100000 {
		f := math.Float64frombits(rng.Uint64())
		if math.IsNaN(f) || math.IsInf(f, 0) {
			continue
		}
		if got, ok := Parse(Format(f)); !ok || got != f {
			t.Fatalf("%v is written as %q and read as %v", f, Format(f), got)
		}
	}
}

func TestReadTellsWholeNumbers(t *testing.T) {
	for _, s := range []string{"0", "7", "007", "-3", "+3", "999999999999999", "1234567890123456", "9223372036854775807",
		"9223372036854775808", "1.0", "1e3", "x", "", "-"} {
		f, whole, ok := Read(s)
		want, wantOK := Parse(s)
		_, wantWhole := Int(s)
		if f != want || ok != wantOK || whole != (wantWhole && ok) {
			t.Errorf("Read(%q) = %v, %v, %v", s, f, whole, ok)
		}
	}
}
