package features

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// manyColumns is a table of noise, and of columns that tell of the target in ways of their
// own: by both ends of a number, by a level, by being there.
func manyColumns(n, noise int) (*Frame, []float64) {
	rng := rand.New(rand.NewPCG(3, 4))
	f, y := &Frame{N: n}, make([]float64, n)
	number := func(name string, at func(i int) float64) {
		c := Column{Name: name, Num: make([]float64, n)}
		for i := range n {
			c.Num[i] = at(i)
		}
		f.Columns = append(f.Columns, c)
	}
	for j := range noise {
		number(fmt.Sprintf("noise%d", j), func(int) float64 { return rng.NormFloat64() })
	}
	number("ends", func(i int) float64 {
		x := rng.NormFloat64()
		y[i] += x * x
		return x
	})
	number("there", func(i int) float64 {
		if rng.IntN(2) == 0 {
			y[i]++
			return math.NaN()
		}
		return rng.NormFloat64()
	})
	number("same", func(int) float64 { return 7 })
	level := Column{Name: "level", Kind: Word, Str: make([]string, n), Null: make([]bool, n)}
	text := Column{Name: "text", Kind: Text, Str: make([]string, n), Null: make([]bool, n)}
	for i := range n {
		level.Str[i], text.Str[i] = string(rune('a'+rng.IntN(8))), "nothing to say"
		if level.Str[i] == "c" {
			y[i] += 2
		}
	}
	f.Columns = append(f.Columns, level, text)
	return f, y
}

// Of very many columns trees see those that tell of the target, whatever their way, and
// free texts; of fewer all.
func TestScreen(t *testing.T) {
	f, y := manyColumns(1000, mostTreeColumns+100)
	classes := make([]float64, len(y))
	for i, v := range y {
		classes[i] = float64(min(2, max(0, int(v))))
	}
	for _, target := range []Target{{Y: y}, {Y: classes, Classes: 3}} {
		got := screen(f, target)
		if len(got.Columns) != mostTreeColumns || got.N != f.N {
			t.Fatalf("%d columns of %d rows", len(got.Columns), got.N)
		}
		for _, name := range []string{"ends", "there", "level", "text"} {
			if got.Column(name) == nil {
				t.Errorf("%d classes: %s is left out", target.Classes, name)
			}
		}
		if got.Column("same") != nil {
			t.Errorf("a column of one value is kept")
		}
	}
	few, y := manyColumns(50, 10)
	if got := screen(few, Target{Y: y}); got != few {
		t.Errorf("columns of few were left out")
	}
}

// Columns are found from any place on, and those that are not there are not.
func TestNext(t *testing.T) {
	f := &Frame{Columns: []Column{{Name: "a"}, {Name: "b"}, {Name: "c"}}}
	at, found := 0, []string{}
	for _, name := range []string{"a", "a", "c", "b", "d", "a"} {
		var c *Column
		if c, at = f.next(name, at); c != nil {
			found = append(found, c.Name)
		}
	}
	if !slices.Equal(found, []string{"a", "a", "c", "b", "a"}) {
		t.Errorf("found %v", found)
	}
}
