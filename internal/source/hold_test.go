package source

import (
	"context"
	"slices"
	"testing"
)

func TestHolding(t *testing.T) {
	var let []int
	ctx, release := Holding(t.Context())
	for i := range 3 {
		Hold(ctx, func() { let = append(let, i) })
	}
	if len(let) > 0 {
		t.Error("it was let go of before")
	}
	release()
	release()
	if !slices.Equal(let, []int{2, 1, 0}) {
		t.Error(let)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan bool)
	Hold(ctx, func() { close(ended) })
	cancel()
	<-ended
}
