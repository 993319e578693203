package clean

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
)

// Constants of the isolation forest (Liu, Ting and Zhou, "Isolation Forest",
// 2008).
const (
	isolationTrees  = 100
	isolationSample = 256
	isolatedScore   = 0.72
	forestRows      = 50_000
	forestColumns   = 2 // of numbers, at least
)

// oddRows finds rows whose numbers, together, are unlike those of all others.
func (t *Table) oddRows(of []*measured) []doubt {
	var columns []*Column
	var x [][]float64
	for k, c := range t.Columns {
		if of[k] != nil && !of[k].days {
			columns, x = append(columns, c), append(x, of[k].rows)
		}
	}
	if len(columns) < forestColumns || t.Rows < isolationSample {
		return nil
	}
	rows := min(t.Rows, forestRows)
	f := newIsolation(x, rows)
	d := doubt{Kind: DoubtRow, Why: "its numbers, together, are unlike those of the other rows, which proves nothing", Do: "look at these records"}
	highest := 0.0
	for row := range rows {
		s := f.score(x, row)
		if s < isolatedScore {
			continue
		}
		d.Cells++
		if s > highest {
			highest = s
			var parts []string
			for k, c := range columns[:min(len(columns), mostShown)] {
				if !math.IsNaN(x[k][row]) {
					parts = append(parts, fmt.Sprintf("%s %s", c.Name, c.text(row)))
				}
			}
			d.Example = strings.Join(parts, ", ")
		}
	}
	if d.Cells == 0 {
		return nil
	}
	return []doubt{d}
}

// isolation is a forest of random trees; how soon a row is alone in them tells
// how unlike the others it is.
type isolation struct {
	trees [][]isolationNode
	norm  float64
}

// isolationNode splits rows; a leaf has the column -1, and the depth there.
type isolationNode struct {
	column      int
	at, depth   float64
	left, right int
}

func newIsolation(x [][]float64, rows int) *isolation {
	rng := rand.New(rand.NewPCG(1, 6))
	f := &isolation{norm: meanDepth(isolationSample)}
	for range isolationTrees {
		sample := make([]int, isolationSample)
		for i := range sample {
			sample[i] = rng.IntN(rows)
		}
		var tree []isolationNode
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

func grow(x [][]float64, rows []int, depth int, rng *rand.Rand, tree *[]isolationNode) int {
	at := len(*tree)
	*tree = append(*tree, isolationNode{column: -1, depth: float64(depth) + meanDepth(len(rows))})
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
		(*tree)[at] = isolationNode{column: k, at: split, left: l, right: r}
		return at
	}
	return at
}

// below reports on which side of a split a value is; one that is missing is
// below.
func below(v, split float64) bool { return !(v >= split) }

func (f *isolation) score(x [][]float64, row int) float64 {
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
