// Package modeltest holds the laws that every learner must keep.
package modeltest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/models/learn"
)

// Conform runs a learner, and what reads its models, through their laws: it learns what is there to learn,
// gives the same bits twice, after being written and read, and for a row alone;
// probabilities add up, and none is nothing; missing values and unseen levels do no harm; and what
// was changed on disk is refused, not crashed on.
func Conform(t *testing.T, l learn.Learner, loader learn.Loader) {
	for _, classes := range []int{0, 2, 3} {
		if !l.Fits(classes) {
			continue
		}
		t.Run(fmt.Sprintf("%d classes", classes), func(t *testing.T) { conform(t, l, loader, classes) })
	}
}

func conform(t *testing.T, l learn.Learner, loader learn.Loader, classes int) {
	train, test := Examples(400, classes, 1), Examples(200, classes, 2)
	s := l.Defaults(400, classes)
	if _, ok := s["trees"]; ok {
		s["trees"] = min(s["trees"], 60)
		if _, ok := s["rate"]; ok {
			s["rate"] = 0.1
		}
	}
	p, err := l.Fit(train, s)
	if err != nil {
		t.Fatal(err)
	}
	alone := train
	alone.Frame = &features.Frame{N: train.Frame.N, Columns: train.Frame.Columns[:1]}
	if p, err := l.Fit(alone, s); err != nil { // of one number only
		t.Error(err)
	} else if c := p.Cost(); c.Keeps == "" {
		t.Errorf("a prediction from one column costs %+v", c)
	}
	barren(t, l, train, s, classes)
	want := predict(t, p, test.Frame, classes)
	if got, blind := Error(want, test), Error(constant(train, test), test); got > 0.8*blind {
		t.Errorf("the error is %v, that of a constant %v", got, blind)
	}
	if _, ok := p.(learn.Encoded); !ok && !slices.Equal(want, predict(t, p, otherWords(test.Frame), classes)) {
		t.Error("the predictor looks at words and is no learn.Encoded: nobody is told of those that training has not seen")
	}
	for i, v := range want {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			t.Fatalf("output %d is %v", i, v)
		}
	}
	if classes > 0 {
		for i := 0; i < len(want); i += classes {
			total := 0.0
			for _, v := range want[i : i+classes] {
				if v <= 0 {
					t.Fatalf("a class has the probability %v: none that was seen is impossible", v)
				}
				total += v
			}
			if math.Abs(total-1) > 1e-9 {
				t.Fatalf("the probabilities of a row add up to %v", total)
			}
		}
	}
	again, err := l.Fit(train, s)
	if err != nil {
		t.Fatal(err)
	}
	if !equal(want, predict(t, again, test.Frame, classes)) {
		t.Error("fitted twice, it predicts other bits")
	}
	saved(t, loader, p, test, want, classes)
	k := learn.Outputs(classes)
	for i := range 20 {
		if one := predict(t, p, test.Frame.Select([]int{i}), classes); !equal(one, want[i*k:(i+1)*k]) {
			t.Fatalf("row %d is %v alone, %v among others", i, one, want[i*k:(i+1)*k])
		}
	}
}

// barren checks that where no column says anything, a learner predicts the same of all.
func barren(t *testing.T, l learn.Learner, train learn.Examples, s learn.Settings, classes int) {
	void := train
	void.Frame = &features.Frame{N: train.Frame.N, Columns: []features.Column{
		{Name: "void", Kind: features.Number, Num: slices.Repeat([]float64{math.NaN()}, train.Frame.N)},
		{Name: "mute", Kind: features.Word, Str: make([]string, train.Frame.N), Null: slices.Repeat([]bool{true}, train.Frame.N)},
	}}
	p, err := l.Fit(void, s)
	if err != nil {
		t.Errorf("of columns without values: %v", err)
		return
	}
	k := learn.Outputs(classes)
	got := predict(t, p, void.Frame, classes)
	for i := range got {
		if math.IsNaN(got[i]) || math.Abs(got[i]-got[i%k]) > 1e-6*(1+math.Abs(got[i])) {
			t.Errorf("where no column says anything, row %d is %v, row 0 is %v", i/k, got[i], got[i%k])
			return
		}
	}
	void.Frame = &features.Frame{N: train.Frame.N}
	if p, err = l.Fit(void, s); err != nil {
		t.Errorf("of no columns: %v", err)
		return
	}
	predict(t, p, void.Frame, classes)
}

// saved checks that what was written reads back equal, and that a changed size
// is refused.
func saved(t *testing.T, l learn.Loader, p learn.Predictor, test learn.Examples, want []float64, classes int) {
	text, binary, err := p.Save()
	if err != nil {
		t.Fatal(err)
	}
	back, err := l.Load(text, binary)
	if err != nil {
		t.Fatal(err)
	}
	if !equal(want, predict(t, back, test.Frame, classes)) {
		t.Error("written and read, it predicts other bits")
	}
	if text2, binary2, err := back.Save(); err != nil || string(text2) != string(text) || string(binary2) != string(binary) {
		t.Error("written, read and written, it is other bytes")
	}
	if c := back.Cost(); c.Keeps == "" || c.Steps <= 0 || c != p.Cost() {
		t.Errorf("a prediction costs %+v", c)
	}
	if _, err := l.Load([]byte("{}"), nil); err == nil {
		t.Error("an empty model was loaded")
	}
	if len(binary) > 8 {
		if _, err := l.Load(text, binary[:len(binary)-8]); err == nil {
			t.Error("a model that was cut short was loaded")
		}
	}
}

// otherWords is a frame in which each row has the words of the next one.
func otherWords(f *features.Frame) *features.Frame {
	out := &features.Frame{N: f.N, Columns: slices.Clone(f.Columns)}
	for i := range out.Columns {
		if c := &out.Columns[i]; c.Kind == features.Word {
			c.Str = slices.Concat(c.Str[1:], c.Str[:1])
			c.Null = slices.Concat(c.Null[1:], c.Null[:1])
		}
	}
	return out
}

func predict(t *testing.T, p learn.Predictor, f *features.Frame, classes int) []float64 {
	t.Helper()
	out := make([]float64, f.N*learn.Outputs(classes))
	if err := p.Predict(f, out); err != nil {
		t.Fatal(err)
	}
	return out
}

func equal(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Float64bits(x) == math.Float64bits(y) })
}

// Examples makes n rows in which numbers, levels, a missing value and words all
// say something of the target.
func Examples(n, classes int, seed uint64) learn.Examples {
	rng := rand.New(rand.NewPCG(seed, 99))
	f := &features.Frame{N: n, Columns: []features.Column{
		{Name: "a", Kind: features.Number}, {Name: "b", Kind: features.Number}, {Name: "noise", Kind: features.Number},
		{Name: "level", Kind: features.Word}, {Name: "many", Kind: features.Word}, {Name: "note", Kind: features.Text},
	}}
	e := learn.Examples{Frame: f, Classes: classes, Seed: 7}
	for range n {
		a, b := rng.NormFloat64(), rng.Float64()*4
		level, many := rng.IntN(3), rng.IntN(26)
		y := 2*a + b + float64(level) + 0.3*rng.NormFloat64()
		word := "plain"
		if y > 3 {
			word = "grand"
		}
		f.Columns[0].Num = append(f.Columns[0].Num, a)
		if rng.IntN(20) == 0 {
			b = math.NaN()
		}
		f.Columns[1].Num = append(f.Columns[1].Num, b)
		f.Columns[2].Num = append(f.Columns[2].Num, rng.NormFloat64())
		say := func(k int, s string) {
			f.Columns[k].Str, f.Columns[k].Null = append(f.Columns[k].Str, s), append(f.Columns[k].Null, s == "")
		}
		say(3, []string{"low", "", "high"}[level])
		say(4, fmt.Sprint("m", many+int(seed)))
		say(5, fmt.Sprintf("a %s thing %d", word, rng.IntN(9)))
		switch classes {
		case 0:
			e.Y = append(e.Y, y)
		default:
			e.Y = append(e.Y, float64(min(max(int(y/2), 0), classes-1)))
		}
	}
	return e
}

// Error is the root mean squared error of a quantity, or of probabilities.
func Error(out []float64, e learn.Examples) float64 {
	k, s := learn.Outputs(e.Classes), 0.0
	for i, y := range e.Y {
		for c := range k {
			want := y
			if e.Classes > 0 {
				want = 0
				if int(y) == c {
					want = 1
				}
			}
			d := out[i*k+c] - want
			s += d * d / float64(len(e.Y))
		}
	}
	return math.Sqrt(s)
}

// constant predicts the mean of the training rows.
func constant(train, test learn.Examples) []float64 {
	k := learn.Outputs(train.Classes)
	mean := make([]float64, k)
	for _, y := range train.Y {
		if train.Classes == 0 {
			mean[0] += y / float64(len(train.Y))
		} else {
			mean[int(y)] += 1 / float64(len(train.Y))
		}
	}
	var out []float64
	for range test.Y {
		out = append(out, mean...)
	}
	return out
}
