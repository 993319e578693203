// Package isolation tells how unlike the others each row of a table of numbers is, by how
// soon it is alone in random trees (Liu, Ting and Zhou, "Isolation Forest", 2008).
package isolation

import (
	"math"
	"math/rand/v2"
)

// Sample is how many rows a tree looks at.
const Sample = 256

// count is how many trees there are.
const count = 100

// Forest is a forest of random trees; how soon a row is alone in them tells
// how unlike the others it is.
type Forest struct {
	trees [][]node
	norm  float64
}

// node splits rows; a leaf has the column -1, and the depth there.
type node struct {
	column      int
	at, depth   float64
	left, right int
}

// New grows a forest over the first rows of columns of numbers, NaN where there is none;
// they are at least Sample.
func New(x [][]float64, rows int) *Forest {
	rng := rand.New(rand.NewPCG(1, 6))
	f := &Forest{norm: meanDepth(Sample)}
	for range count {
		sample := make([]int, Sample)
		for i := range sample {
			sample[i] = rng.IntN(rows)
		}
		var tree []node
		grow(x, sample, 0, rng, &tree)
		f.trees = append(f.trees, tree)
	}
	return f
}

// meanDepth is the mean depth of n rows in a tree.
func meanDepth(n int) float64 {
	if n < 2 {
		return 0
	}
	return 2*(math.Log(float64(n-1))+0.5772156649) - 2*float64(n-1)/float64(n)
}

func grow(x [][]float64, rows []int, depth int, rng *rand.Rand, tree *[]node) int {
	at := len(*tree)
	*tree = append(*tree, node{column: -1, depth: float64(depth) + meanDepth(len(rows))})
	if len(rows) < 2 || depth >= 8 {
		return at
	}
	for range 4 { // another column where all are equal
		k := rng.IntN(len(x))
		least, most := math.Inf(1), math.Inf(-1)
		for _, r := range rows {
			if v := x[k][r]; !math.IsNaN(v) {
				least, most = min(least, v), max(most, v)
			}
		}
		if !(least < most) {
			continue
		}
		split := least + rng.Float64()*(most-least)
		var left, right []int
		for _, r := range rows {
			if below(x[k][r], split) {
				left = append(left, r)
			} else {
				right = append(right, r)
			}
		}
		l := grow(x, left, depth+1, rng, tree)
		r := grow(x, right, depth+1, rng, tree)
		(*tree)[at] = node{column: k, at: split, left: l, right: r}
		return at
	}
	return at
}

// below reports on which side of a split a value is; one that is missing is
// below.
func below(v, split float64) bool { return !(v >= split) }

// Score is between 0 and 1, the higher the more unlike the others the row is.
func (f *Forest) Score(x [][]float64, row int) float64 {
	sum := 0.0
	for _, tree := range f.trees {
		n := &tree[0]
		for n.column >= 0 {
			next := n.right
			if below(x[n.column][row], n.at) {
				next = n.left
			}
			n = &tree[next]
		}
		sum += n.depth
	}
	return math.Exp2(-sum / float64(len(f.trees)) / f.norm)
}
