package source

import (
	"context"
	"slices"
	"sync"
)

// Some sources hold something while they are read: a state of a database, a file that
// keeps what was fetched. Who finds sources says for how long.

// Held is a source whose state is held by the process that finds it. Alone makes it one
// that each worker reads as it is, since that process will be gone.
type Held interface{ Alone() }

type holder struct {
	mu       sync.Mutex
	releases []func()
}

type holderKey struct{}

// Holding returns a context of which everything that is held with Hold is let go of by
// release, the last first.
func Holding(ctx context.Context) (held context.Context, release func()) {
	h := &holder{}
	return context.WithValue(ctx, holderKey{}, h), func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, r := range slices.Backward(h.releases) {
			r()
		}
		h.releases = nil
	}
}

// Hold has release called when what is found in the context is no longer needed: by the
// release of Holding, or else when the context ends.
func Hold(ctx context.Context, release func()) {
	h, ok := ctx.Value(holderKey{}).(*holder)
	if !ok {
		context.AfterFunc(ctx, release)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.releases = append(h.releases, release)
}
