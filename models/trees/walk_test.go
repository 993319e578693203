package trees

import (
	"fmt"
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
		walkAll(t, rng, randomForest(rng, 20, 3), n, 3)
	}
}

// TestFewRowsAtATime walks trees over so many columns that fewer rows are laid out at once.
func TestFewRowsAtATime(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 2))
	for _, c := range []struct{ columns, trees, block int }{{400, 1000, 64}, {700, 1000, 32}, {5000, 4000, 4}, {20000, 16000, 1}} {
		f := randomForest(rng, c.trees, c.columns)
		if w := f.walker(c.columns); w.block != c.block {
			t.Fatalf("%d columns: %d rows at a time", c.columns, w.block)
		}
		walkAll(t, rng, f, 67, c.columns)
		walkAll(t, rng, f, 1, c.columns)
	}
}

// walkAll holds the walk of n rows down all trees against the plain one.
func walkAll(t *testing.T, rng *rand.Rand, f *Form, n, columns int) {
	t.Helper()
	m := &features.Matrix{N: n}
	for range columns {
		col := make([]float64, n)
		for i := range col {
			switch col[i] = float64(rng.IntN(9) - 4); rng.IntN(8) {
			case 0, 1:
				col[i] = math.NaN()
			case 2:
				col[i] = math.Inf(rng.IntN(2)*2 - 1)
			case 3:
				col[i] = math.Copysign(0, -1)
			}
		}
		m.Dense = append(m.Dense, col)
	}
	rows := make([][]float64, n)
	for i := range rows {
		rows[i] = m.Row(i, make([]float64, columns))
	}
	f.eachTree(m, func(tree, first int, leaves []int32) {
		for i, got := range leaves {
			if want := walkAlone(f, f.Roots[tree], rows[first+i]); got != want {
				t.Fatalf("row %d falls into leaf %d of tree %d, not %d", first+i, got, tree, want)
			}
		}
	}, func(int, int) {})
}

// chain is one tree that cuts a column at each of those places, from above.
func chain(cuts []float64, missingLeft func(i int) int32) *Form {
	f := &Form{Stride: 1, Roots: []int32{0}, Nodes: []Node{{}}}
	at := int32(0)
	for i, cut := range cuts {
		child := int32(len(f.Nodes))
		f.Nodes[at] = Node{Feature: missingLeft(i) * MissingLeft, Left: child, Threshold: cut}
		f.Nodes = append(f.Nodes, Node{}, Node{Left: ^int32(i)})
		at = child
	}
	f.Nodes[at] = Node{Left: ^int32(len(cuts))}
	f.Values = make([]float64, len(cuts)+1)
	return f
}

// TestManyCuts walks trees of more cuts in a column than a lane has room for.
func TestManyCuts(t *testing.T) {
	const n = 2*laneCuts + 500
	cuts := make([]float64, n)
	for i := range cuts {
		cuts[i] = float64(n - i)
	}
	f := chain(cuts, func(i int) int32 { return int32(i+1) % int32(n/2) & 1 })
	m := &features.Matrix{N: 400, Dense: [][]float64{make([]float64, 400)}}
	rng := rand.New(rand.NewPCG(9, 1))
	for i := range m.Dense[0] {
		m.Dense[0][i] = float64(rng.IntN(n+4)) - 1 + float64(rng.IntN(3)-1)/2
	}
	m.Dense[0][0], m.Dense[0][1], m.Dense[0][2] = math.NaN(), math.Inf(1), math.Inf(-1)
	m.Dense[0][3], m.Dense[0][4] = laneCuts, laneCuts+1
	if w := f.walker(1); w == nil || w.lanes != 3 {
		t.Fatal("the column has other lanes than three")
	}
	f.eachTree(m, func(_, first int, leaves []int32) {
		for i, got := range leaves {
			x := m.Row(first+i, make([]float64, 1))
			if want := walkAlone(f, 0, x); got != want {
				t.Fatalf("%v falls into leaf %d, not %d", x, got, want)
			}
			if got := f.plain(0, m, first+i); got != walkAlone(f, 0, x) {
				t.Fatalf("%v falls into leaf %d by its values", x, got)
			}
		}
	}, func(int, int) {})
}

// TestManyColumns walks trees over more columns than the walking form has room for.
func TestManyColumns(t *testing.T) {
	f := &Form{Stride: 1, Values: make([]float64, 2)}
	const columns = 40000
	m := &features.Matrix{N: 3, Dense: make([][]float64, columns)}
	for j := range columns {
		at := int32(len(f.Nodes))
		f.Roots = append(f.Roots, at)
		f.Nodes = append(f.Nodes, Node{Feature: int32(j), Left: at + 1, Threshold: .5}, Node{Left: ^0}, Node{Left: ^1})
		m.Dense[j] = []float64{float64(j % 2), 1, math.NaN()}
	}
	if f.walker(columns) != nil {
		t.Fatal("they have room")
	}
	f.eachTree(m, func(tree, first int, leaves []int32) {
		if first != 0 || leaves[0] != int32(tree%2) || leaves[1] != 1 || leaves[2] != 1 {
			t.Fatalf("tree %d: %v", tree, leaves)
		}
	}, func(int, int) {})
}

// BenchmarkWalk predicts rows of 28 columns by 100 trees of 255 leaves: many at a time, and
// one by one.
func BenchmarkWalk(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	const n, columns = 40000, 28
	values := someColumns(rng, n, columns)
	g := newGrower(values, n, growth{leaves: 255, minLeaf: 20, lambda: 1, minGain: 1e-9})
	g.rng, g.scale, g.out = rng, scale{1, 1}, &Form{Stride: 1}
	for range 100 {
		g.grow(nil, someGradients(rng, n))
	}
	rows := func(n int) *features.Matrix {
		m := &features.Matrix{N: n}
		for _, c := range values {
			m.Dense = append(m.Dense, c[:n])
		}
		return m
	}
	sum := int32(0)
	use := func(_, _ int, leaves []int32) { sum += leaves[0] }
	for _, n := range []int{4096, 1} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			m := rows(n)
			b.ReportAllocs()
			for b.Loop() {
				g.out.eachTree(m, use, func(int, int) {})
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/row")
		})
	}
}
