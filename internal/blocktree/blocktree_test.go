package blocktree

import (
	"math/rand/v2"
	"testing"
)

// tree writes its merges down, so that two orders can be told apart.
func merge(into *string, from string) { *into = "(" + *into + from + ")" }

func TestAnyOrderGivesOneTree(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{0, 1, 2, 3, 5, 8, 13} {
		var want string
		for try := range 200 {
			var parts [3]Forest[string]
			for _, b := range rng.Perm(n) {
				file := b % 2
				parts[rng.IntN(3)].Add(file, int64(b/2), string(rune('a'+b)), merge)
			}
			var all Forest[string]
			for _, p := range rng.Perm(3) {
				all.Merge(parts[p], merge)
			}
			got, ok := all.Result(merge)
			if ok != (n > 0) {
				t.Fatalf("%d blocks: ok is %v", n, ok)
			}
			if try == 0 {
				want = got
			}
			if got != want {
				t.Fatalf("%d blocks: %s, before %s", n, got, want)
			}
		}
	}
}

func TestBlocksInARowLeaveFewNodes(t *testing.T) {
	var f Forest[int]
	for b := range int64(1000) {
		f.Add(0, b, 1, func(into *int, from int) { *into += from })
		if len(f.Nodes) > 10 {
			t.Fatalf("%d nodes after block %d", len(f.Nodes), b)
		}
	}
	if got, _ := f.Result(func(into *int, from int) { *into += from }); got != 1000 {
		t.Errorf("the sum is %d", got)
	}
}
