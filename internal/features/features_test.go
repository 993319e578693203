package features

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// sample is a frame with a column of every kind, and a target.
func sample(n int, seed uint64) (*Frame, Target) {
	rng := rand.New(rand.NewPCG(seed, 1))
	f := &Frame{N: n, Columns: []Column{
		{Name: "x", Kind: Number}, {Name: "skewed", Kind: Number}, {Name: "few", Kind: Number},
		{Name: "class", Kind: Word}, {Name: "town", Kind: Word},
		{Name: "quality", Kind: Word, Order: []string{"Fa", "TA", "Gd"}},
		{Name: "day", Kind: Time}, {Name: "note", Kind: Text},
	}}
	t := Target{Y: make([]float64, n)}
	words := strings.Fields("red green blue house garden old new big small fine")
	for i := range n {
		x := rng.NormFloat64()
		if rng.IntN(10) == 0 {
			x = math.NaN()
		}
		add := func(k int, v float64) { f.Columns[k].Num = append(f.Columns[k].Num, v) }
		say := func(k int, s string) {
			f.Columns[k].Str, f.Columns[k].Null = append(f.Columns[k].Str, s), append(f.Columns[k].Null, s == "")
		}
		add(0, x)
		add(1, math.Exp(2*rng.NormFloat64()))
		add(2, float64(rng.IntN(4)))
		say(3, []string{"a", "b", ""}[rng.IntN(3)])
		say(4, fmt.Sprint("town ", rng.IntN(30)))
		say(5, []string{"Fa", "TA", "Gd", ""}[rng.IntN(4)])
		add(6, float64(18000+rng.IntN(2000))+0.25)
		say(7, words[rng.IntN(10)]+" "+words[rng.IntN(10)]+fmt.Sprint(" ", rng.IntN(1000)))
		t.Y[i] = rng.NormFloat64()
	}
	return f, t
}

func fit(t *testing.T, f *Frame, y Target, o Options) (*Encoder, *Matrix) {
	t.Helper()
	e, m, err := Fit(f, y, o)
	if err != nil {
		t.Fatal(err)
	}
	return e, m
}

func TestEncoderTravelsAndEncodesRowByRow(t *testing.T) {
	f, y := sample(400, 1)
	other, _ := sample(50, 2)
	for _, o := range []Options{{View: Linear, Squares: true, Text: true}, {View: Tree}} {
		e, own := fit(t, f, y, o)
		if len(e.Names()) != len(own.Dense) {
			t.Errorf("%s: %d names for %d columns", o.View, len(e.Names()), len(own.Dense))
		}
		data, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var back Encoder
		if err := json.Unmarshal(data, &back); err != nil {
			t.Fatal(err)
		}
		whole, err := back.Transform(other)
		if err != nil {
			t.Fatal(err)
		}
		for i := range other.N {
			one, err := e.Transform(other.Select([]int{i}))
			if err != nil {
				t.Fatal(err)
			}
			for j := range one.Dense {
				if math.Float64bits(one.Dense[j][0]) != math.Float64bits(whole.Dense[j][i]) {
					t.Fatalf("%s: row %d column %s is %v alone, %v among others", o.View, i, e.Names()[j], one.Dense[j][0], whole.Dense[j][i])
				}
			}
			if len(whole.Sparse.Start) > 0 {
				a, b := whole.Sparse.Start[i], whole.Sparse.Start[i+1]
				if d := cmp.Diff(one.Sparse.Index, whole.Sparse.Index[a:b], cmpopts.EquateEmpty()); d != "" {
					t.Fatal(d)
				}
			}
		}
	}
}

func TestLinearViewIsStandardized(t *testing.T) {
	f, y := sample(500, 3)
	e, m := fit(t, f, y, Options{View: Linear, Squares: true})
	for j, col := range m.Dense {
		mean, ss := 0.0, 0.0
		for _, v := range col {
			if math.IsNaN(v) {
				t.Fatalf("%s has a missing value", e.Names()[j])
			}
			mean += v / float64(m.N)
			ss += v * v / float64(m.N)
		}
		if math.Abs(mean) > 1e-9 || ss != 0 && math.Abs(ss-1) > 1e-6 { // 0 is a constant
			t.Errorf("%s has mean %v and mean square %v", e.Names()[j], mean, ss)
		}
	}
}

// TestTargetMeansDoNotLeak encodes levels that say nothing: were a row encoded
// with its own target, the column would go along with it.
func TestTargetMeansDoNotLeak(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	n := 2000
	f := &Frame{N: n, Columns: []Column{{Name: "id", Kind: Word, Null: make([]bool, n)}}}
	y := Target{}
	for range n {
		f.Columns[0].Str = append(f.Columns[0].Str, fmt.Sprint(rng.IntN(n)))
		y.Y = append(y.Y, rng.NormFloat64())
	}
	_, m := fit(t, f, y, Options{View: Tree})
	sxy, sxx, syy := 0.0, 0.0, 0.0
	for i, x := range m.Dense[0] {
		sxy += x * y.Y[i]
		sxx += x * x
		syy += y.Y[i] * y.Y[i]
	}
	if r := sxy / math.Sqrt(sxx*syy); math.Abs(r) > 0.08 {
		t.Errorf("the encoding of noise goes along with the target: %v", r)
	}
}

func TestUnknownLevelsAndMissingColumns(t *testing.T) {
	f, y := sample(300, 7)
	e, _ := fit(t, f, y, Options{View: Tree})
	one := f.Select([]int{0})
	one.Columns[3].Str[0], one.Columns[4].Str[0] = "never seen", "nowhere"
	if _, err := e.Transform(one); err != nil {
		t.Error(err)
	}
	one.Columns = one.Columns[1:]
	if _, err := e.Transform(one); err == nil {
		t.Error("a frame without a column was encoded")
	}
}

func TestOrdinal(t *testing.T) {
	c := Column{Kind: Word, Order: []string{"Fa", "TA", "Gd"}, Str: []string{"Gd", "", "Fa", "?"}, Null: []bool{false, true, false, false}}
	out := newColumns(1, 4)
	fitOrdinal(&c, false, true).encode(&c, out)
	if d := cmp.Diff(out[0], []float64{3, 0, 1, 0}); d != "" {
		t.Error(d)
	}
}

func TestTokens(t *testing.T) {
	var got []string
	Tokens("WIN £1000 cash!! Call 0906-123, don't", func(w string) { got = append(got, w) })
	if d := cmp.Diff(got, []string{"win", "£0000", "cash!!", "call", "0000", "000", "don", "t"}); d != "" {
		t.Error(d)
	}
}

// TestReleased encodes into memory that holds what it should not, in all views: every cell
// is written.
func TestReleased(t *testing.T) {
	f, y := sample(300, 1)
	few, _ := sample(7, 3)
	for _, o := range []Options{{View: Linear, Squares: true, Text: true}, {View: Linear, Plain: true}, {View: Tree}, {View: Tree, Text: true}} {
		e, _ := fit(t, f, y, o)
		for _, rows := range []*Frame{few, f, few} {
			want, err := e.Transform(rows)
			if err != nil {
				t.Fatal(err)
			}
			spoiled := &Matrix{cells: make([]float64, 4*len(want.cells)), Sparse: Sparse{Start: []int32{7}, Index: []int32{7}, Values: []float64{7}}}
			for i := range spoiled.cells {
				spoiled.cells[i] = -7
			}
			spoiled.Release()
			got, err := e.Transform(rows)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got, cmpopts.EquateNaNs(), cmpopts.IgnoreUnexported(Matrix{}), cmpopts.EquateEmpty()); d != "" {
				t.Fatalf("%+v: %s", o, d)
			}
		}
	}
}
