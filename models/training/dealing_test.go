package training

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/internal/metrics"
)

func numbersOf(name string, x []float64) features.Column {
	return features.Column{Name: name, Kind: features.Number, Num: x}
}

func wordsOf(name string, x []string) features.Column {
	return features.Column{Name: name, Kind: features.Word, Str: x, Null: make([]bool, len(x))}
}

// TestRepeats tells records that are there again from such as happen to be alike.
func TestRepeats(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	const n = 300
	x, kind := make([]float64, n), make([]string, n)
	for i := range n {
		x[i], kind[i] = rng.NormFloat64(), fmt.Sprint(rng.IntN(3))
		if i >= 200 {
			x[i], kind[i] = x[i-200], kind[i-200]
		}
	}
	of, found := repeats(&features.Frame{N: n, Columns: []features.Column{numbersOf("x", x), wordsOf("kind", kind)}})
	if found != 100 || of[250] != 50 || of[50] != 50 {
		t.Errorf("%d repeats, the first of row 250 is %d", found, of[250])
	}
	alike := make([]string, n)
	for i := range alike {
		alike[i] = fmt.Sprint(rng.IntN(4))
	}
	if _, found = repeats(&features.Frame{N: n, Columns: []features.Column{wordsOf("kind", kind), wordsOf("alike", alike)}}); found != 0 {
		t.Errorf("%d records of two classes are taken for repeats", found)
	}
	f, err := Deal(Split{Folds: 5, Seed: 1}, x, 0, nil, nil, of)
	if err != nil {
		t.Fatal(err)
	}
	for i, first := range of {
		if f.Of[i] != f.Of[first] {
			t.Fatalf("row %d is in fold %d, and it is in fold %d too", i, f.Of[i], f.Of[first])
		}
	}
}

// TestSuspects finds the column by which records hang together, and the time that drives
// the target, and leaves alone a category, an hour and independent records.
func TestSuspects(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	const n = 600
	person, level := make([]string, n), make([]float64, 100)
	town, hour, day, noise := make([]string, n), make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range level {
		level[i] = rng.NormFloat64()
	}
	byPerson, byTown, byDay := make([]float64, n), make([]float64, n), make([]float64, n)
	walk := 0.0
	for i := range n {
		p := i % 100
		person[i], town[i], hour[i], day[i], noise[i] = fmt.Sprintf("P%03d", p), fmt.Sprint("town ", string(rune('A'+rng.IntN(12)))), float64(rng.IntN(24)), float64(i), rng.NormFloat64()
		byPerson[i] = level[p] + 0.2*rng.NormFloat64()
		byTown[i] = float64(town[i][5]-'A') + math.Sin(hour[i]/4) + 0.2*rng.NormFloat64()
		walk += rng.NormFloat64()
		byDay[i] = walk
	}
	when := features.Column{Name: "day", Kind: features.Time, Num: day}
	for name, c := range map[string]struct {
		columns []features.Column
		y       []float64
		group   string
		time    string
	}{
		"persons":     {[]features.Column{wordsOf("person", person), numbersOf("noise", noise)}, byPerson, "person", ""},
		"a walk":      {[]features.Column{when, numbersOf("noise", noise)}, byDay, "", "day"},
		"a category":  {[]features.Column{wordsOf("town", town), numbersOf("hour", hour), numbersOf("noise", noise)}, byTown, "", ""},
		"independent": {[]features.Column{wordsOf("person", person), when, numbersOf("noise", noise)}, noise, "", ""},
	} {
		f := &features.Frame{N: n, Columns: c.columns}
		_, d, err := DealFrame(Split{Folds: 5, Seed: 1, Auto: true}, f, c.y, Goal{Metric: metrics.RMSE})
		if err != nil {
			t.Fatal(err)
		}
		if d.Split.Group != c.group || d.Split.Time != c.time {
			t.Errorf("%s: dealt by %q and %q: %+v", name, d.Split.Group, d.Split.Time, d.Suspects)
		}
	}
}

// TestLeaks names a column that gives the target alone, and no good predictor.
func TestLeaks(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	const n = 400
	y, price, tax, good, counter := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	code := make([]string, n)
	for i := range n {
		price[i] = 100 * math.Exp(rng.NormFloat64())
		tax[i], good[i] = 1.2*price[i], price[i]*(1+0.1*rng.NormFloat64())
		y[i] = float64(i * 2 / n) // sorted by class
		counter[i], code[i] = float64(i), map[float64]string{0: "no", 1: "yes"}[y[i]]
	}
	for name, c := range map[string]struct {
		y       []float64
		classes []string
		want    string
	}{
		"a quantity": {price, nil, "[tax]"}, "a class": {y, []string{"0", "1"}, "[counter code]"},
	} {
		f := &features.Frame{N: n, Columns: []features.Column{numbersOf("tax", tax), numbersOf("good", good), numbersOf("counter", counter), wordsOf("code", code)}}
		var got []string
		for _, l := range leaks(f, c.y, Goal{Labels: c.classes}, order(n)) {
			got = append(got, l.Column)
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
}

func order(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// TestCalibrationOfWeakSignals finds the least log loss where scale and shifts nearly
// say the same, and the unequal classes on which steps of one parameter ran away.
func TestCalibrationOfWeakSignals(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 4))
	for _, share := range []float64{0.5, 0.3, 0.1} {
		var y, p []float64
		for range 1000 {
			q := share + 0.01*rng.NormFloat64()
			y, p = append(y, map[bool]float64{true: 1, false: 0}[rng.Float64() < share]), append(p, 1-q, q)
		}
		for f := scaled; f <= shifted; f++ {
			c := calibrate(y, p, 2, f)
			own := append([]float64(nil), p...)
			c.Apply(own, 2)
			before, after := metrics.Classes(metrics.LogLoss, y, p, 2, metrics.Cut{}), metrics.Classes(metrics.LogLoss, y, own, 2, metrics.Cut{})
			if !(after <= before+1e-3) {
				t.Errorf("share %v: the log loss goes from %v to %v by %+v", share, before, after, c)
			}
		}
	}
}
