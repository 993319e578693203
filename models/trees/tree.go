// Package trees holds learners that cut columns: a single tree, boosted trees
// over histograms, and a forest of extremely randomized trees.
package trees

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"sync"

	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/models/learn"
)

// Node is a cut or a leaf, 16 bytes.
type Node struct {
	// Feature is the number of the encoded column that is cut, with MissingLeft added
	// where a missing value goes to the left; otherwise it goes to the right.
	Feature int32
	// Left is the node for values up to Threshold; that for others stands behind it. Both
	// stand behind the node itself. Where it is negative the node is a leaf, and ^Left is
	// its number.
	Left      int32
	Threshold float64
}

// MissingLeft marks a cut that sends missing values to the left.
const MissingLeft = 1 << 30

// Form is many trees in one array, and the values of their leaves: what all learners of
// this package fit, what an artifact keeps, little-endian, and what predicts. Categories
// are numbers here: the encoder gives each a column, or a place in an order.
type Form struct {
	Roots  []int32   // where each tree begins in Nodes
	Nodes  []Node    // of all trees
	Values []float64 // Stride values a leaf, in the order of the leaves
	Stride int       // 1 where each output has trees of its own; otherwise the outputs

	once sync.Once
	walk *walker
}

// truncate keeps the first trees, of those that were grown one after the other.
func (f *Form) truncate(trees int) {
	if trees >= len(f.Roots) {
		return
	}
	f.Nodes, f.Roots = f.Nodes[:f.Roots[trees]], f.Roots[:trees]
	leaves := 0
	for _, n := range f.Nodes {
		if n.Left < 0 {
			leaves++
		}
	}
	f.Values = f.Values[:leaves*f.Stride]
}

// check reports what would make a prediction crash: links or columns that do
// not exist, and loops.
func (f *Form) check(columns int) error {
	if f.Stride < 1 || len(f.Values)%f.Stride != 0 {
		return fmt.Errorf("trees: %d leaf values in groups of %d", len(f.Values), f.Stride)
	}
	leaves := len(f.Values) / f.Stride
	for i, n := range f.Nodes {
		switch {
		case n.Left < 0 && int(^n.Left) >= leaves,
			n.Left >= 0 && (int(n.Left)+1 >= len(f.Nodes) || int(n.Left) <= i),
			n.Left >= 0 && (n.Feature < 0 || int(n.Feature&^MissingLeft) >= columns):
			return fmt.Errorf("trees: node %d leads nowhere", i)
		}
	}
	for _, r := range f.Roots {
		if r < 0 || int(r) >= len(f.Nodes) {
			return fmt.Errorf("trees: a tree starts at node %d of %d", r, len(f.Nodes))
		}
	}
	return nil
}

// header is what the JSON of a saved model says of its binary part.
type header struct {
	Encoder *features.Encoder
	Trees   int
	Nodes   int
	Values  int
	Stride  int
	Init    []float64
	Link    link
}

// save writes the trees in little-endian order.
func (f *Form) save(h header) (text, bin []byte, err error) {
	h.Trees, h.Nodes, h.Values, h.Stride = len(f.Roots), len(f.Nodes), len(f.Values), f.Stride
	if text, err = json.Marshal(h); err != nil {
		return nil, nil, fmt.Errorf("trees: %w", err)
	}
	var b bytes.Buffer
	for _, part := range []any{f.Roots, f.Nodes, f.Values} {
		if err := binary.Write(&b, binary.LittleEndian, part); err != nil {
			return nil, nil, fmt.Errorf("trees: %w", err)
		}
	}
	return text, b.Bytes(), nil
}

// load reads what save wrote. Sizes are held against the bytes that are there
// before anything is allocated.
func load(text, bin []byte) (header, *Form, error) {
	var h header
	if err := json.Unmarshal(text, &h); err != nil {
		return h, nil, fmt.Errorf("trees: %w", err)
	}
	if h.Trees < 0 || h.Nodes < 0 || h.Values < 0 || h.Encoder == nil ||
		h.Trees > math.MaxInt32 || h.Nodes > math.MaxInt32 || h.Values > math.MaxInt32 ||
		4*h.Trees+16*h.Nodes+8*h.Values != len(bin) {
		return h, nil, fmt.Errorf("trees: the binary part has %d bytes, not what the header says", len(bin))
	}
	f := &Form{Roots: make([]int32, h.Trees), Nodes: make([]Node, h.Nodes), Values: make([]float64, h.Values), Stride: h.Stride}
	r := bytes.NewReader(bin)
	for _, part := range []any{f.Roots, f.Nodes, f.Values} {
		if err := binary.Read(r, binary.LittleEndian, part); err != nil {
			return h, nil, fmt.Errorf("trees: %w", err)
		}
	}
	return h, f, f.check(len(h.Encoder.Names()))
}

// cost counts the cuts on the way to a leaf, the mean of all leaves of a tree.
func (f *Form) cost() learn.Cost {
	steps := 0.0
	depth := make([]int, len(f.Nodes)) // parents stand before their children
	leaves, sum := 0, 0
	flush := func() {
		if leaves > 0 {
			steps += float64(sum) / float64(leaves)
		}
		leaves, sum = 0, 0
	}
	root := 0
	for i, n := range f.Nodes {
		if root < len(f.Roots) && int32(i) == f.Roots[root] {
			flush()
			root++
		}
		if n.Left < 0 {
			leaves, sum = leaves+1, sum+depth[i]
			continue
		}
		depth[n.Left], depth[n.Left+1] = depth[i]+1, depth[i]+1
	}
	flush()
	return learn.Cost{Keeps: fmt.Sprintf("%d trees with %d nodes", len(f.Roots), len(f.Nodes)), Steps: int(steps + 0.5)}
}
