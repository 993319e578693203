package neighbours

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/models/learn"
)

// fitted learns a quantity that hangs on 24 of 40 columns.
func fitted(t *testing.T) (*model, *features.Frame) {
	t.Helper()
	const rows, columns = 300, 40
	rng := rand.New(rand.NewPCG(4, 2))
	f := &features.Frame{N: rows}
	y := make([]float64, rows)
	for j := range columns {
		x := make([]float64, rows)
		for i := range x {
			x[i] = rng.NormFloat64()
			if j < 24 {
				y[i] += x[i]
			}
		}
		f.Columns = append(f.Columns, features.Column{Name: fmt.Sprint("x", j), Num: x})
	}
	p, err := Learner{}.Fit(learn.Examples{Frame: f, Y: y}, Learner{}.Defaults(rows, 0))
	if err != nil {
		t.Fatal(err)
	}
	return p.(*model), f
}

// TestNearestAreThoseOfAllDistances holds the search, which gives up early, against one
// that looks at every column of every row.
func TestNearestAreThoseOfAllDistances(t *testing.T) {
	m, f := fitted(t)
	if w := len(m.Order); w <= headColumns || w >= 40 {
		t.Fatalf("%d columns are compared", w)
	}
	enc, err := m.Encoder.Transform(f)
	if err != nil {
		t.Fatal(err)
	}
	x, w := m.project(enc), len(m.Order)
	for i := range f.N {
		row := x[i*w : (i+1)*w]
		var all []near
		for r := range m.Rows {
			all = append(all, near{apart(row, m.x[r*w:(r+1)*w], 0), r})
		}
		slices.SortStableFunc(all, func(a, b near) int { return cmp.Compare(a.d, b.d) })
		if got := m.nearest(row, nil); !slices.Equal(got, all[:m.K]) {
			t.Fatalf("row %d: %v, not %v", i, got, all[:m.K])
		}
	}
}

// TestReadsRowsInTheOrderOfColumns reads a model of before there was an order of its own.
func TestReadsRowsInTheOrderOfColumns(t *testing.T) {
	m, f := fitted(t)
	want := make([]float64, f.N)
	if err := m.Predict(f, want); err != nil {
		t.Fatal(err)
	}
	old := *m
	old.Order = slices.Sorted(slices.Values(m.Order))
	enc, err := m.Encoder.Transform(f)
	if err != nil {
		t.Fatal(err)
	}
	old.x = old.project(enc)
	_, bin, err := old.Save()
	if err != nil {
		t.Fatal(err)
	}
	old.Order = nil
	text, err := json.Marshal(&old)
	if err != nil {
		t.Fatal(err)
	}
	p, err := Learner{}.Load(text, bin)
	if err != nil {
		t.Fatal(err)
	}
	got := make([]float64, f.N)
	if err := p.Predict(f, got); err != nil {
		t.Fatal(err)
	}
	for i := range got {
		if d := got[i] - want[i]; d > 1e-9 || d < -1e-9 {
			t.Fatalf("row %d: %v, not %v", i, got[i], want[i])
		}
	}
	old.Order = m.Order[1:]
	if text, err = json.Marshal(&old); err != nil {
		t.Fatal(err)
	}
	if _, err := (Learner{}).Load(text, bin); err == nil {
		t.Error("an order without one of the columns is read")
	}
}
