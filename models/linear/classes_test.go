package linear

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/models/learn"
)

// TestClassesNearlyToldApart: a column gives the class nearly alone, beside others of many
// levels. The quadratic approximation of the loss is far off there, and a learner that
// trusts it says the wrong class with certainty.
func TestClassesNearlyToldApart(t *testing.T) {
	const classes = 12
	draw := func(n int, seed uint64) learn.Examples {
		rng := rand.New(rand.NewPCG(seed, 4))
		f := &features.Frame{N: n, Columns: []features.Column{
			{Name: "office", Kind: features.Word}, {Name: "name", Kind: features.Word}, {Name: "area", Kind: features.Number}}}
		e := learn.Examples{Frame: f, Classes: classes, Seed: 7}
		for range n {
			office := rng.IntN(40)
			class := office % classes
			if rng.IntN(100) == 0 {
				class = rng.IntN(classes)
			}
			f.Columns[0].Str, f.Columns[0].Null = append(f.Columns[0].Str, fmt.Sprint("o", office)), append(f.Columns[0].Null, false)
			f.Columns[1].Str, f.Columns[1].Null = append(f.Columns[1].Str, fmt.Sprint("n", rng.IntN(90))), append(f.Columns[1].Null, false)
			f.Columns[2].Num = append(f.Columns[2].Num, math.Exp(3*rng.NormFloat64()))
			e.Y = append(e.Y, float64(class))
		}
		return e
	}
	train, held := draw(1500, 1), draw(1000, 2)
	for _, penalty := range []Penalty{Ridge, Lasso} {
		l := New(penalty)
		p, err := l.Fit(train, l.Defaults(1500, classes))
		if err != nil {
			t.Fatal(err)
		}
		out := make([]float64, held.Frame.N*classes)
		if err := p.Predict(held.Frame, out); err != nil {
			t.Fatal(err)
		}
		loss := 0.0
		for i, y := range held.Y {
			loss -= math.Log(max(out[i*classes+int(y)], 1e-15)) / float64(held.Frame.N)
		}
		if loss > 0.15 { // one in a hundred is of chance: 0.08
			t.Errorf("%s: the log loss is %v, that of a constant 2.48", l.Name(), loss)
		}
	}
}

// TestColumns holds what columns of two values and sparse ones add up to against the dense.
func TestColumns(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	const n = 200
	values, w, v := make([]float64, n), make([]float64, n), make([]float64, n)
	weight, total := 0.0, 0.0
	var rows []int32
	for i := range n {
		values[i] = -0.2
		if rng.IntN(5) == 0 {
			values[i] = 1.7
			rows = append(rows, int32(i))
		}
		w[i], v[i] = rng.Float64()+0.1, rng.NormFloat64()
		weight += w[i]
		total += v[i]
	}
	two, dense := columnOf(values), column{values: values}
	if len(two.rows) != len(rows) || two.lo != -0.2 {
		t.Fatalf("a column of two values is %+v", two)
	}
	near := func(what string, a, b float64) {
		if math.Abs(a-b) > 1e-9 {
			t.Errorf("%s: %v, dense %v", what, a, b)
		}
	}
	near("Σxv", two.dot(v, total), dense.dot(v, 0))
	near("Σwx", two.weigh(w, weight).x, dense.weigh(w, weight).x)
	near("Σwx²", two.weigh(w, weight).xx, dense.weigh(w, weight).xx)
	a, b := append([]float64(nil), v...), append([]float64(nil), v...)
	two.add(3, a)
	dense.add(3, b)
	two.lower(a, w, 0.5)
	dense.lower(b, w, 0.5)
	for i := range a {
		near("x added and taken off", a[i]+3*two.lo-0.5*two.lo*w[i], b[i])
	}
	if c := columnOf([]float64{1, 2, 3, 1}); c.rows != nil {
		t.Errorf("a column of three values is %+v", c)
	}
}
