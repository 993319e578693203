package trees

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/beamline-go/beamline/internal/features"
)

// walkAlone is the plain way down a tree.
func walkAlone(f *Form, root int32, x []float64) int32 {
	n := f.Nodes[root]
	for n.Left >= 0 {
		v := x[n.Feature&^MissingLeft]
		next := n.Left
		if v > n.Threshold || v != v && n.Feature&MissingLeft == 0 {
			next++
		}
		n = f.Nodes[next]
	}
	return ^n.Left
}

// randomForest grows trees that are not balanced, with cuts at values that
// occur, at +Inf, and with missing cells to either side.
func randomForest(rng *rand.Rand, trees, columns int) *Form {
	f := &Form{Stride: 1}
	leaf := func(at int32) {
		f.Nodes[at] = Node{Left: ^int32(len(f.Values))}
		f.Values = append(f.Values, rng.NormFloat64())
	}
	for range trees {
		root := int32(len(f.Nodes))
		f.Roots, f.Nodes = append(f.Roots, root), append(f.Nodes, Node{})
		open := []int32{root}
		for range rng.IntN(12) {
			k := rng.IntN(len(open))
			at, child := open[k], int32(len(f.Nodes))
			cut := float64(rng.IntN(9) - 4)
			if rng.IntN(5) == 0 {
				cut = math.Inf(1)
			}
			f.Nodes[at] = Node{Feature: int32(rng.IntN(columns)) | int32(rng.IntN(2))*MissingLeft, Left: child, Threshold: cut}
			f.Nodes = append(f.Nodes, Node{}, Node{})
			open = append(append(open[:k:k], open[k+1:]...), child, child+1)
		}
		for _, at := range open {
			leaf(at)
		}
	}
	return f
}

func TestWalkerGoesWhereTheTreesLead(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for n := range 70 {
		const columns = 3
		m := &features.Matrix{N: n}
		for range columns {
			col := make([]float64, n)
			for i := range col {
				if col[i] = float64(rng.IntN(9) - 4); rng.IntN(4) == 0 {
					col[i] = math.NaN()
				}
			}
			m.Dense = append(m.Dense, col)
		}
		f := randomForest(rng, 20, columns)
		f.eachTree(m, func(tree, first int, leaves []int32) {
			for i, got := range leaves {
				x := m.Row(first+i, make([]float64, columns))
				if want := walkAlone(f, f.Roots[tree], x); got != want {
					t.Fatalf("row %v of tree %d falls into leaf %d, not %d", x, tree, got, want)
				}
			}
		}, func(int, int) {})
	}
}
