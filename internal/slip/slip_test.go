package slip

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

func TestBetween(t *testing.T) {
	for _, c := range []struct {
		a, b string
		kind Kind
		at   int
	}{
		{"bicyclle", "bicycle", Insertion, 6}, {"bicyle", "bicycle", Deletion, 4}, {"bicyclw", "bicycle", Substitute, 6},
		{"bciycle", "bicycle", Transpose, 1}, {"Pittsburgh ***", "Pittsburgh", Marks, 13}, {"*unknown*", "unknown", Marks, 0},
		{"PITTSBURGH l", "PITTSBURGH", Insertion, 10}, {"pâte", "pâté", Substitute, 3},
		{"Bicycle", "bicycle", None, 0}, {"bicycle", "bicycle", None, 0}, {"bicycle", "tricycle", None, 0}, {"C#", "C", Insertion, 1}, {"(x)", "x", None, 0},
	} {
		if e := Between(c.a, c.b); e.Kind != c.kind || e.Kind != None && e.At != c.at {
			t.Errorf("%q, %q: %+v, want kind %d at %d", c.a, c.b, e, c.kind, c.at)
		}
	}
}

// TestPairs holds the index against comparing all with all.
func TestPairs(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		var values []Value
		seen := map[string]bool{}
		for n := 200; n > 0; n-- {
			b := make([]byte, 2+rng.IntN(5))
			for i := range b {
				b[i] = "abcx"[rng.IntN(4)]
			}
			if s := string(b); !seen[s] {
				seen[s] = true
				values = append(values, Value{s, 1 + n/20})
			}
		}
		got := map[[2]int]bool{}
		for _, p := range Pairs(values) {
			if p.Edit.Kind <= Marks {
				got[[2]int{p.Rare, p.Lead}] = true
			}
		}
		for r := range values {
			n := 0
			for f := range r {
				if values[f].Count < 2 || Between(values[r].Text, values[f].Text).Kind == None {
					continue
				}
				if n++; n <= perValue && !got[[2]int{r, f}] {
					t.Fatalf("%q is not found beside %q", values[r].Text, values[f].Text)
				}
			}
		}
	}
}

func TestPairsOfOtherKinds(t *testing.T) {
	values := []Value{{"callahan eye hospital", 40}, {"scip-inf-2", 30}, {"St. Mary's", 20}, {"cxllahxn eye hxspital", 1}, {"inf-2-scip", 1}, {"St Marys", 1}}
	want := map[int]Kind{3: Several, 4: Permuted, 5: Spelling}
	for _, p := range Pairs(values) {
		if p.Edit.Kind != want[p.Rare] || p.Lead != p.Rare-3 {
			t.Errorf("%q beside %q: kind %d", values[p.Rare].Text, values[p.Lead].Text, p.Edit.Kind)
		}
		delete(want, p.Rare)
	}
	if len(want) > 0 {
		t.Errorf("not found: %v", want)
	}
}

func BenchmarkPairs(b *testing.B) {
	var values []Value
	for i := range 20000 {
		values = append(values, Value{fmt.Sprintf("value number %d of many", i*7919%100003), 1 + (20000-i)/5000})
	}
	for b.Loop() {
		Pairs(values)
	}
}
