package dependence

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// column is one of codes; those below zero are absent.
func column(codes []int32) Column {
	c := Column{Codes: codes}
	counts := map[int32]int{}
	for _, x := range codes {
		if x >= 0 {
			counts[x]++
			c.Filled++
			c.Values = max(c.Values, int(x)+1)
		}
	}
	c.Distinct = len(counts)
	same := 0
	for _, n := range counts {
		same += n * (n - 1)
	}
	c.Chance = float64(same) / float64(c.Filled*(c.Filled-1))
	return c
}

// drawn is a column of some codes, some of them absent.
func drawn(r *rand.Rand, rows, codes int, absent float64) Column {
	out := make([]int32, rows)
	for i := range out {
		if out[i] = int32(r.IntN(codes)); r.Float64() < absent {
			out[i] = -1
		}
	}
	return column(out)
}

// TestWeigh counts pairs of rows one by one.
func TestWeigh(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		rows := 20 + r.IntN(150)
		x, y := drawn(r, rows, 2+r.IntN(12), 0.1), drawn(r, rows, 2+r.IntN(6), 0.1)
		for i, code := range x.Codes { // mostly as x says
			if code >= 0 && y.Codes[i] >= 0 && r.IntN(3) > 0 {
				y.Codes[i] = code % 4
			}
		}
		y = column(y.Codes)
		pairs, grouped, odd := 0.0, 0, 0
		for v := range int32(x.Values) {
			counts, n := map[int32]int{}, 0
			for i, code := range x.Codes {
				if code == v && y.Codes[i] >= 0 {
					counts[y.Codes[i]]++
					n++
				}
			}
			if n < 2 {
				continue
			}
			agree, most := 0, 0
			for _, k := range counts {
				agree += k * (k - 1)
				most = max(most, k)
			}
			grouped += n
			odd += n - most
			pairs += float64(n) * float64(agree) / float64(n*(n-1))
		}
		e := GroupBy(x.Codes, x.Values).Weigh(y, &Counter{})
		want := Evidence{Rows: grouped, Agreement: pairs / float64(grouped), Odd: float64(odd) / float64(grouped)}
		want.Kappa = (want.Agreement - y.Chance) / (1 - y.Chance)
		if e.Rows != want.Rows || math.Abs(e.Agreement-want.Agreement) > 1e-12 || math.Abs(e.Kappa-want.Kappa) > 1e-12 || math.Abs(e.Odd-want.Odd) > 1e-12 {
			t.Fatalf("%+v, want %+v", e, want)
		}
	}
}

// TestDiscover finds what was put in, errors and all, and nothing among columns that have
// nothing to do with each other.
func TestDiscover(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	const rows = 2000
	town, street, noise := drawn(r, rows, 12, 0.02), drawn(r, rows, 20, 0.02), drawn(r, rows, 30, 0)
	state, zip := make([]int32, rows), make([]int32, rows)
	for i := range rows {
		state[i], zip[i] = -1, -1
		if town.Codes[i] >= 0 {
			state[i] = town.Codes[i] % 7
			if street.Codes[i] >= 0 {
				zip[i] = (town.Codes[i]*31 + street.Codes[i]*17) % 97
			}
		}
	}
	for i := range rows {
		if r.IntN(50) == 0 {
			state[i] = int32(r.IntN(7))
		}
		if r.IntN(50) == 0 {
			zip[i] = int32(r.IntN(97))
		}
	}
	columns := []Column{column(town.Codes), column(street.Codes), column(state), column(zip), noise}
	var got []string
	for _, f := range Discover(columns, rows) {
		got = append(got, fmt.Sprint(f.From, f.To))
		if f.Kappa < 0.8 || f.Odd > 0.1 {
			t.Errorf("%v determine %d: %+v", f.From, f.To, f.Evidence)
		}
	}
	if !slices.Contains(got, "[0] 2") || !slices.Contains(got, "[0 1] 3") {
		t.Errorf("found %v, want the state by the town and the code by town and street", got)
	}
	for _, f := range got {
		if f[len(f)-1] == '4' {
			t.Errorf("the noise is determined: %v", got)
		}
	}
	columns[2].Given = true
	for _, f := range Discover(columns, rows) {
		if f.To == 2 {
			t.Error("a column that is given is determined")
		}
	}
	if got := Discover(columns, 10); got != nil {
		t.Errorf("of ten rows %v", got)
	}
}
