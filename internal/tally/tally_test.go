package tally

import "testing"

// TestTooMany lets ten records be refused always, and of more a share.
func TestTooMany(t *testing.T) {
	for _, c := range []struct {
		refused, of int64
		share       float64
		want        bool
	}{{10, 10, 0, false}, {11, 1000, .01, true}, {11, 1100, .01, false}, {12, 1100, .01, true}, {0, 0, 0, false}} {
		if got := TooMany(c.refused, c.of, c.share); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
