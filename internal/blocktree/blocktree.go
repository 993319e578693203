// Package blocktree merges what was learned of the blocks of a table in an order
// that does not depend on who learned it when.
//
// Adding floating-point numbers in another order gives other bits, and a runner
// gives no order. So the accumulators of blocks are the leaves of a fixed binary
// tree over the block numbers of each file: two nodes are merged only when they
// are siblings, the left one first. Siblings merge as soon as both are there, so
// a worker that reads blocks in a row holds few of them.
package blocktree

import (
	"cmp"
	"slices"
)

// Node is what was learned of the blocks [Index<<Level, (Index+1)<<Level) of a
// file.
type Node[T any] struct {
	File  int
	Level int
	Index int64
	Value T
}

// Forest is the nodes that wait for their siblings. The zero value is empty.
// It takes over the values that it is given.
type Forest[T any] struct {
	Nodes []Node[T]
}

// Add puts the value of one block into the forest.
func (f *Forest[T]) Add(file int, block int64, v T, merge func(into *T, from T)) {
	f.put(Node[T]{File: file, Index: block, Value: v}, merge)
}

// Merge puts all nodes of o into f.
func (f *Forest[T]) Merge(o Forest[T], merge func(into *T, from T)) {
	for _, n := range o.Nodes {
		f.put(n, merge)
	}
}

func (f *Forest[T]) put(n Node[T], merge func(into *T, from T)) {
	for {
		i := slices.IndexFunc(f.Nodes, func(m Node[T]) bool {
			return m.File == n.File && m.Level == n.Level && m.Index == n.Index^1
		})
		if i < 0 {
			f.Nodes = append(f.Nodes, n)
			return
		}
		left, right := f.Nodes[i], n
		if right.Index < left.Index {
			left, right = right, left
		}
		f.Nodes = slices.Delete(f.Nodes, i, i+1)
		merge(&left.Value, right.Value)
		n = Node[T]{File: n.File, Level: n.Level + 1, Index: n.Index >> 1, Value: left.Value}
	}
}

// Result merges what is left, file after file and block after block, and
// reports false for an empty forest.
func (f *Forest[T]) Result(merge func(into *T, from T)) (T, bool) {
	var out T
	slices.SortFunc(f.Nodes, func(a, b Node[T]) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Index<<a.Level, b.Index<<b.Level))
	})
	for i, n := range f.Nodes {
		if i == 0 {
			out = n.Value
			continue
		}
		merge(&out, n.Value)
	}
	return out, len(f.Nodes) > 0
}
