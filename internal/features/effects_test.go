package features

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestLevelsByWhatTheyAdd has levels that come with a number: by their means they stand the
// wrong way round, and by what they add they stand right, also a rare one, and one of many.
func TestLevelsByWhatTheyAdd(t *testing.T) {
	for _, levels := range []int{6, 150} {
		for _, classes := range []int{0, 2} {
			f, target := confounded(30000, levels, classes)
			enc, m, err := Fit(f, target, Options{View: Tree})
			if err != nil {
				t.Fatal(err)
			}
			means := enc.Parts[slices.IndexFunc(enc.Parts, func(n Named) bool { return n.Kind == "target_mean" })].Part.(*meansPart).Means
			var names []string
			for name := range means {
				names = append(names, name)
			}
			slices.SortFunc(names, func(a, b string) int { return cmp.Compare(means[a][0], means[b][0]) })
			wrong := 0
			for i, name := range names[1:] {
				for _, before := range names[:i+1] {
					if before > name {
						wrong++
					}
				}
			}
			if pairs := levels * (levels - 1) / 2; wrong > pairs/5 { // by their means, more than half of them
				t.Errorf("%d levels, %d classes: %d of %d pairs stand the wrong way round", levels, classes, wrong, pairs)
			}
			// A level of many rows has one value in training, that of later rows.
			later, err := enc.Transform(f)
			if err != nil {
				t.Fatal(err)
			}
			last := len(m.Dense) - 1
			if levels == 6 && !slices.Equal(m.Dense[last], later.Dense[last]) {
				t.Error("other values in training than later")
			}
		}
	}
}

// confounded draws rows whose levels add the more to the target the later their names are,
// and go with a number that takes more away.
func confounded(n, levels, classes int) (*Frame, Target) {
	rng := rand.New(rand.NewPCG(1, uint64(levels)))
	word, number, y := make([]string, n), make([]float64, n), make([]float64, n)
	for i := range n {
		l := rng.IntN(levels)
		at := float64(l) / float64(levels)
		number[i] = 5*at + rng.NormFloat64()
		word[i] = fmt.Sprintf("l%03d", l)
		y[i] = 2*at - number[i] + .1*rng.NormFloat64()
		if classes == 2 {
			if y[i]+1.5 < .5*rng.NormFloat64() {
				y[i] = 0
			} else {
				y[i] = 1
			}
		}
	}
	return &Frame{N: n, Columns: []Column{{Name: "n", Num: number}, {Name: "w", Kind: Word, Str: word, Null: make([]bool, n)}}}, Target{Classes: classes, Y: y}
}

// TestNoEffects leaves means as they are where a regression would have too few rows, and
// where all of it is constant.
func TestNoEffects(t *testing.T) {
	f, target := confounded(100, 40, 0)
	if e := fitEffects(f, target.values()); e != nil {
		t.Error("effects of 42 columns from 100 rows")
	}
	f, target = confounded(3000, 3, 0)
	target.Y[5], f.Columns[0].Num[9] = 1e308, -1e308
	_, huge, err := Fit(f, target, Options{View: Tree})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range huge.Dense[len(huge.Dense)-1] {
		if math.IsNaN(v) {
			t.Fatal("a mean is no number")
		}
	}
	f, target = confounded(3000, 3, 0)
	for i := range f.Columns[0].Num {
		f.Columns[0].Num[i] = math.NaN()
	}
	if _, _, err := Fit(f, target, Options{View: Tree}); err != nil {
		t.Error(err)
	}
	for i := range target.Y {
		target.Y[i] = 7
	}
	_, m, err := Fit(f, target, Options{View: Tree})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range m.Dense[len(m.Dense)-1] {
		if math.Abs(v-7) > 1e-6 {
			t.Fatalf("a level of a constant target has the mean %v", v)
		}
	}
}
