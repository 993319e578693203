package trees

import (
	"bytes"
	"math"
	"testing"

	"github.com/beamline-go/beamline/models/learn"
	"github.com/beamline-go/beamline/models/modeltest"
)

// TestEnough ends where held-out rows say that more trees do no good: soon where there is
// nothing to learn, later where there is, and before the bound in both; by the same bits
// each time.
func TestEnough(t *testing.T) {
	for _, classes := range []int{0, 2, 3} {
		e := modeltest.Examples(1500, classes, 4)
		l := NewBoosting(Slow)
		s := l.Defaults(len(e.Y), classes).With(learn.Settings{"trees": 3000, "rate": .1, "held": .2, "patience": 20, "again": 1, "rows": .7})
		held, err := enough(e, s)
		if err != nil {
			t.Fatal(err)
		}
		rounds := len(held.trees.Roots) / held.groups
		noise := e
		noise.Y = append([]float64(nil), e.Y...)
		for i := range noise.Y { // of another row
			noise.Y[i] = e.Y[(i*7919+13)%len(e.Y)]
		}
		nothing, err := enough(noise, s)
		if err != nil {
			t.Fatal(err)
		}
		none := len(nothing.trees.Roots) / nothing.groups
		if none < 1 || none > 40 || rounds < 2*none || rounds > 2500 {
			t.Errorf("%d classes: %d rounds, of noise %d", classes, rounds, none)
		}
		var saved [2][]byte
		for i := range saved {
			p, err := l.Fit(e, s)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := len(p.(*boosted).trees.Roots), rounds*p.(*boosted).groups; got != want {
				t.Errorf("%d classes: %d trees, not %d", classes, got, want)
			}
			if _, saved[i], err = p.Save(); err != nil {
				t.Fatal(err)
			}
		}
		// Without growing them again they are those that were held to the rows, whole.
		p, err := l.Fit(e, s.With(learn.Settings{"again": 0}))
		if err != nil {
			t.Fatal(err)
		}
		f := p.(*boosted).trees
		if err := f.check(len(p.(*boosted).header.Encoder.Names())); err != nil || len(f.Roots) != rounds*held.groups || len(f.Values) != len(held.trees.Values) {
			t.Errorf("%d classes: %d trees, %d values, %v", classes, len(f.Roots), len(f.Values), err)
		}
		if !bytes.Equal(saved[0], saved[1]) {
			t.Errorf("%d classes: another model the second time", classes)
		}
	}
}

// TestLosses holds the loss of a row to its gradient, by a small step.
func TestLosses(t *testing.T) {
	for name, c := range map[string]struct {
		loss   loss
		scores []float64
		half   float64 // of the loss the gradient is
	}{
		"squared": {squared{[]float64{2, -1}}, []float64{.5, 3}, .5},
		"binary":  {binary2{[]float64{1, 0}}, []float64{.3, -40}, 1},
		"classes": {classes{[]float64{2, 0}, 3}, []float64{.1, -2, .7, 3, 1, 2}, 1},
	} {
		k := c.loss.groups()
		for group := range k {
			g, h := make([]float64, 2), make([]float64, 2)
			c.loss.gradients(c.loss.point(c.scores, make([]float64, len(c.scores))), group, []int32{0, 1}, g, h)
			for row := range 2 {
				const step = 1e-5
				at := &c.scores[row*k+group]
				was := *at
				*at = was + step
				more := c.loss.of(c.scores, row)
				*at = was - step
				less := c.loss.of(c.scores, row)
				*at = was
				if slope := c.half * (more - less) / (2 * step); math.Abs(slope-g[row]) > 1e-5 {
					t.Errorf("%s: row %d has the gradient %v, and the loss the slope %v", name, row, g[row], slope)
				}
			}
		}
	}
}
