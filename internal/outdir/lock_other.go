//go:build !unix

package outdir

import (
	"context"
	"io"
)

// claimLocal takes a claim by a file that must not be there.
func claimLocal(ctx context.Context, name, who string) (release func(), err error) {
	return claimRemote(ctx, name, who)
}

// Hold does nothing here.
func Hold(string) (io.Closer, error) { return io.NopCloser(nil), nil }

// Abandoned can't be told here.
func Abandoned(string) bool { return false }
