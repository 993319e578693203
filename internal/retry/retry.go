// Package retry does again what failed for a reason that may pass.
package retry

import (
	"context"
	"time"
)

// Do calls do up to so many times, with a pause before each further call that
// begins with first and doubles, until it returns no error or says that to try
// again can't help. It returns the last error, or that of ctx.
func Do(ctx context.Context, attempts int, first time.Duration, do func() (again bool, err error)) error {
	pause := first
	for k := 1; ; k++ {
		again, err := do()
		if err == nil || !again || k == attempts {
			return err
		}
		select {
		case <-time.After(pause):
			pause *= 2
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
