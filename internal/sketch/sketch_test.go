package sketch

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestQuantilesAreExactWhileSmall(t *testing.T) {
	var q Quantiles
	for _, v := range []float64{4, 1, 3, 2} {
		q.Add(v)
	}
	// numpy.quantile([1,2,3,4], [0, .25, .5, 1])
	want := []float64{1, 1.75, 2.5, 4}
	if got := q.At(0, 0.25, 0.5, 1); !slices.Equal(got, want) {
		t.Errorf("At = %v, want %v", got, want)
	}
	if got := q.Histogram(1, 4, 3); !slices.Equal(got, []int64{1, 1, 2}) {
		t.Errorf("Histogram = %v", got)
	}
	var empty Quantiles
	if got := empty.At(0.5); !math.IsNaN(got[0]) {
		t.Errorf("the median of nothing is %v", got)
	}
}

func TestQuantilesError(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const n = 300000
	values := make([]float64, n)
	parts := make([]Quantiles, 37)
	for i := range values {
		values[i] = rng.NormFloat64()
		parts[i%len(parts)].Add(values[i])
	}
	var q Quantiles
	for _, p := range parts {
		q.Merge(p)
	}
	slices.Sort(values)
	for _, share := range []float64{0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99} {
		v := q.At(share)[0]
		rank, _ := slices.BinarySearch(values, v)
		if e := math.Abs(float64(rank)/n - share); e > 0.006 {
			t.Errorf("the quantile at %v has rank %v", share, float64(rank)/n)
		}
	}
	total := int64(0)
	for _, c := range q.Histogram(values[0], values[n-1], 20) {
		total += c
	}
	if total != n || q.N != n {
		t.Errorf("the histogram counts %d and the sketch %d of %d values", total, q.N, n)
	}
	kept := 0
	for _, l := range q.Levels {
		kept += len(l)
	}
	if kept > rawSize+4*quantilesK {
		t.Errorf("%d values are kept", kept)
	}
}

func TestDistinctError(t *testing.T) {
	for _, n := range []int{1, 10, 1000, 5000, 50000, 1000000} {
		var a, b Distinct
		for i := range n {
			a.Add(Hash(fmt.Sprint("v", i)))
			b.Add(Hash(fmt.Sprint("v", i/2)))
		}
		b.Merge(a)
		if !slices.Equal(a.Registers, b.Registers) {
			t.Errorf("merging a subset changed the registers at %d", n)
		}
		if e := math.Abs(float64(a.Estimate())/float64(n) - 1); e > 0.05 {
			t.Errorf("%d distinct are estimated as %d", n, a.Estimate())
		}
	}
}

func TestValues(t *testing.T) {
	var exact Values
	for i := range 3000 {
		exact.Add(fmt.Sprint(i%700), 1)
	}
	if exact.Over || exact.NumDistinct() != 700 || exact.Count("5") != 5 {
		t.Errorf("over %v, %d distinct, count %d", exact.Over, exact.NumDistinct(), exact.Count("5"))
	}

	var a, b Values
	for i := range 200000 {
		v := fmt.Sprint("unique ", i)
		if i%4 == 0 {
			v = fmt.Sprint("frequent ", i%12)
		}
		if i%2 == 0 {
			a.Add(v, 1)
		} else {
			b.Add(v, 1)
		}
	}
	a.Merge(b)
	if n := a.NumDistinct(); !a.Over || n < 140000 || n > 160000 {
		t.Errorf("%d distinct, want about 150,003", n)
	}
	for i, v := range a.Top(3) {
		if want := int64(200000 / 12); v.Text != fmt.Sprint("frequent ", []int{0, 4, 8}[i]) || v.Count > want+1 || v.Count+a.Missed < want {
			t.Errorf("top value %d is %v, missed %d", i, v, a.Missed)
		}
	}
}

func TestMergesAlike(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var whole, left, right Values
	for range 2000 {
		v := fmt.Sprint(rng.IntN(50))
		whole.Add(v, 1)
		if rng.IntN(2) == 0 {
			left.Add(v, 1)
		} else {
			right.Add(v, 1)
		}
	}
	other := Values{}
	other.Merge(right)
	other.Merge(left)
	left.Merge(right)
	for _, got := range []Values{left, other} {
		if d := cmp.Diff(whole.Top(100), got.Top(100)); d != "" {
			t.Error(d)
		}
	}
}

func TestValuesTravel(t *testing.T) {
	var v Values
	for i := range 1500 {
		v.Add(fmt.Sprint(i%1100), 1)
	}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var back Values
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	data, err := v.GobEncode()
	if err != nil {
		t.Fatal(err)
	}
	var again Values
	if err := again.GobDecode(data); err != nil {
		t.Fatal(err)
	}
	for _, got := range []Values{back, again} {
		if d := cmp.Diff(v.wire(), got.wire()); d != "" {
			t.Error(d)
		}
	}
}

func TestSortFloats(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, n := range []int{0, 1, 255, 256, 1000, rawSize} {
		for _, draw := range []func() float64{
			rng.NormFloat64,
			func() float64 { return float64(rng.IntN(40) - 20) },
			func() float64 { return math.Ldexp(rng.NormFloat64(), rng.IntN(600)-300) },
		} {
			got := make([]float64, n)
			for i := range got {
				got[i] = draw()
			}
			want := slices.Clone(got)
			slices.Sort(want)
			sortFloats(got)
			for i := range got {
				if math.Abs(got[i]-want[i]) > math.Abs(want[i])*0x1p-28 {
					t.Fatalf("value %d of %d is %v, want %v", i, n, got[i], want[i])
				}
			}
		}
	}
}
