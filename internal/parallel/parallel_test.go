package parallel

import (
	"sync/atomic"
	"testing"
)

func TestEach(t *testing.T) {
	for _, n := range []int{0, 1, 100} {
		var done [100]atomic.Int32
		Each(n, func(i int) { done[i].Add(1) })
		for i := range done {
			want := int32(0)
			if i < n {
				want = 1
			}
			if got := done[i].Load(); got != want {
				t.Errorf("of %d, %d is done %d times", n, i, got)
			}
		}
	}
}
