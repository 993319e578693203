//go:build !unix

package worker

import (
	"context"
	"fmt"
)

// Boot can't become another program here.
func Boot(context.Context, []string) error {
	return fmt.Errorf("worker: a process can't become a worker on this system; use a pool")
}
