//go:build !unix

package outdir

import "io"

// Hold does nothing here.
func Hold(string) (io.Closer, error) { return io.NopCloser(nil), nil }

// Abandoned can't be told here.
func Abandoned(string) bool { return false }
