// Package mergetest holds accumulators to the laws that runners count on: whoever adds
// which element, and in whatever order parts are merged, the result is the same.
package mergetest

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// Accumulator is how to use an accumulator of type A; the zero value of A is empty where
// New is nil.
type Accumulator[A any] struct {
	New   func() A
	Add   func(a *A, element int) // adds one of the elements 0, 1, ...
	Merge func(into *A, from A)
	// Result is all that the accumulator tells, as text.
	Result func(A) string
}

// Run adds n elements one by one, and in parts that are merged in several orders, with
// empty ones among them.
func Run[A any](t *testing.T, n int, of Accumulator[A]) {
	t.Helper()
	alone := of.empty()
	for i := range n {
		of.Add(&alone, i)
	}
	want := of.Result(alone)
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("order ", seed), func(t *testing.T) {
			if got := of.Result(of.parts(n, rand.New(rand.NewPCG(seed, 3)))); got != want {
				t.Errorf("merged it is\n%.500s\nand added one by one\n%.500s", got, want)
			}
		})
	}
}

func (of Accumulator[A]) empty() (a A) {
	if of.New != nil {
		a = of.New()
	}
	return a
}

// parts deals the elements to parts, each in an order of chance, and merges the parts as
// a tree of chance.
func (of Accumulator[A]) parts(n int, rng *rand.Rand) A {
	parts := make([]A, 2+rng.IntN(6))
	for k := range parts {
		parts[k] = of.empty()
	}
	for _, i := range rng.Perm(n) {
		of.Add(&parts[rng.IntN(len(parts)-1)], i) // the last one stays empty
	}
	for len(parts) > 1 {
		a := rng.IntN(len(parts))
		b := (a + 1 + rng.IntN(len(parts)-1)) % len(parts)
		of.Merge(&parts[a], parts[b])
		parts = append(parts[:b], parts[b+1:]...)
	}
	return parts[0]
}
