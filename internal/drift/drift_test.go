package drift

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// TestChance holds the test against scipy.stats.chi2_contingency, whose page has the first
// table as its example.
func TestChance(t *testing.T) {
	for _, c := range []struct {
		was, is []int64
		want    float64
	}{
		{[]int64{10, 10, 20}, []int64{20, 20, 20}, 0.24935220877729622},
		{[]int64{12, 5}, []int64{29, 20}, 0.40358274924949544}, // correction=False
		{[]int64{10, 0}, []int64{0, 0}, 1},
	} {
		if got := chance(c.was, c.is); math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%v and %v: %.12g, want %.12g", c.was, c.is, got, c.want)
		}
	}
}

// TestStability works an index out by hand.
func TestStability(t *testing.T) {
	want := (50.5/101-75.5/101)*math.Log(50.5/75.5) + (50.5/101-25.5/101)*math.Log(50.5/25.5)
	if got := stability([]int64{75, 25}, []int64{50, 50}); math.Abs(got-want) > 1e-12 {
		t.Errorf("%v, want %v", got, want)
	}
}

// made is a table of numbers with gaps and of words.
func made(rng *rand.Rand, n int, gaps float64, number func() float64, levels []string) (numbers []float64, words []string, null []bool) {
	for range n {
		x := number()
		if rng.Float64() < gaps {
			x = math.NaN()
		}
		numbers, words, null = append(numbers, x), append(words, levels[rng.IntN(len(levels))]), append(null, rng.Float64() < gaps)
	}
	return numbers, words, null
}

// counted are the counts of a table, by column.
func counted(r []Reference, numbers []float64, words []string, null []bool) map[string][]int64 {
	x, w := NewCounter(r[0]), NewCounter(r[1])
	x.Quantities(numbers)
	w.Words(words, null)
	return map[string][]int64{"x": x.Counts, "w": w.Counts}
}

func TestFind(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	usual := func() float64 { return rng.NormFloat64() }
	numbers, words, null := made(rng, 2000, .1, usual, []string{"a", "b", "c"})
	r := []Reference{Quantities("x", numbers), Words("w", words, null)}
	for _, c := range []struct {
		name   string
		n      int
		gaps   float64
		number func() float64
		levels []string
		want   []string
	}{
		{"the same", 500, .1, usual, []string{"a", "b", "c"}, nil},
		{"few of the same", 5, .1, usual, []string{"a", "b", "c"}, nil},
		{"nothing", 300, 1, usual, []string{"a"}, []string{"x missing_share 100 % of 300 records", "w missing_share 100 % of 300 records"}},
		{"moved", 300, .1, func() float64 { return usual() + 1 }, []string{"a", "b", "c"}, []string{"x shift "}},
		{"narrower", 300, .1, func() float64 { return usual() / 4 }, []string{"a", "b", "c"}, []string{"x shift "}},
		{"a level is gone", 300, .1, usual, []string{"a", "b"}, []string{"w shift 0 % of "}},
		{"a new level", 300, .1, usual, []string{"a", "b", "c", "new"}, []string{"w shift 2"}},
		{"a little", 3000, .1, func() float64 { return usual() + .1 }, []string{"a", "b", "c"}, nil},
	} {
		numbers, words, null := made(rng, c.n, c.gaps, c.number, c.levels)
		found := Find(r, counted(r, numbers, words, null))
		ok := len(found) == len(c.want)
		for i := range min(len(found), len(c.want)) {
			f := found[i]
			ok = ok && strings.HasPrefix(fmt.Sprint(f.Column, " ", f.Rule, " ", f.Seen), c.want[i])
		}
		if !ok {
			t.Errorf("%s: found %+v, want %v", c.name, found, c.want)
		}
	}
}

// TestFalseAlarms draws both tables from one population, 2,000 times.
func TestFalseAlarms(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	alarms := 0
	for range 2000 {
		values := func(n int) []float64 {
			out := make([]float64, n)
			for i := range out {
				out[i] = math.Floor(rng.ExpFloat64() * 5)
			}
			return out
		}
		r := Quantities("x", values(200+rng.IntN(2000)))
		c := NewCounter(r)
		c.Quantities(values(5 + rng.IntN(400)))
		alarms += len(Find([]Reference{r}, map[string][]int64{"x": c.Counts}))
	}
	if alarms > 8 {
		t.Errorf("%d alarms in 2,000 tables of the same kind", alarms)
	}
}

// TestReferences looks at the bins of columns of few values, and of none.
func TestReferences(t *testing.T) {
	r := Quantities("x", append(slices.Repeat([]float64{0}, 80), slices.Repeat([]float64{1, 7}, 10)...))
	if fmt.Sprint(r.Cuts, r.Counts) != "[0 1] [80 10 10 0]" {
		t.Errorf("%+v", r)
	}
	if r := Quantities("x", []float64{math.NaN()}); fmt.Sprint(r.Cuts, r.Counts) != "[] [0 1]" {
		t.Errorf("%+v", r)
	}
	if r := Words("w", []string{"b", "a", "a", ""}, []bool{false, false, false, true}); fmt.Sprint(r.Levels, r.Counts) != "[a b] [2 1 0 1]" {
		t.Errorf("%+v", r)
	}
}
