//go:build !unix

package outdir

import "io"

// lockLocal does nothing here.
func lockLocal(string) (io.Closer, error) { return io.NopCloser(nil), nil }

// abandonedLocal can't be told here.
func abandonedLocal(string) bool { return false }
