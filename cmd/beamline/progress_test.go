package main

import (
	"testing"
	"time"
)

// TestLeft foretells nothing from a beginning, and then what is near to it.
func TestLeft(t *testing.T) {
	for _, c := range []struct {
		done, all int64
		took      time.Duration
		want      string
	}{
		{0, 100, time.Minute, ""},
		{1, 100, time.Minute, ""}, // a hundred minutes by the first piece of a hundred
		{50, 100, time.Second, ""},
		{50, 100, 20 * time.Second, ", about 20s left"},
		{75, 100, time.Hour, ", about 20m0s left"},
		{99, 100, 99 * time.Second, ", about 1s left"},
		{100, 100, time.Minute, ""},
		{5, 0, time.Minute, ""},
	} {
		if got := left(c.done, c.all, c.took); got != c.want {
			t.Errorf("%d of %d in %v: %q, want %q", c.done, c.all, c.took, got, c.want)
		}
	}
}
