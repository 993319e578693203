package retry

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestDo(t *testing.T) {
	bad := errors.New("bad")
	for _, c := range []struct {
		fails int  // so often it fails
		again bool // and may be tried again
		calls int
		err   error
	}{{0, true, 1, nil}, {2, true, 3, nil}, {3, true, 3, bad}, {1, false, 1, bad}} {
		calls := 0
		err := Do(t.Context(), 3, time.Microsecond, func() (bool, error) {
			if calls++; calls <= c.fails {
				return c.again, bad
			}
			return true, nil
		})
		if calls != c.calls || !errors.Is(err, c.err) {
			t.Errorf("%+v: %d calls, %v", c, calls, err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	if err := Do(ctx, 3, time.Hour, func() (bool, error) { stop(); return true, bad }); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}
