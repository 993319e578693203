package outdir

import (
	"context"
	"io"
	"time"

	"github.com/beamline-go/beamline/internal/store"
)

// A run that works in a bucket writes its lock again every beatTime; one whose
// lock is older than deadTime is dead.
const (
	beatTime = time.Minute
	deadTime = 15 * time.Minute
)

// lockFile is in each place of work.
const lockFile = "lock"

type heart struct {
	stop    func()
	stopped chan struct{}
}

func (h heart) Close() error {
	h.stop()
	<-h.stopped
	return nil
}

// beat keeps the lock of a place of work in a bucket fresh.
func beat(ctx context.Context, work string) (io.Closer, error) {
	write := func() error {
		return store.WriteFile(ctx, store.Join(work, lockFile), []byte{'\n'}, store.Condition{})
	}
	if err := write(); err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	h := heart{stop, make(chan struct{})}
	go func() {
		defer close(h.stopped)
		tick := time.NewTicker(beatTime)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				write() // one that fails is made up for by the next
			case <-ctx.Done():
				return
			}
		}
	}()
	return h, nil
}

// dead reports whether the run that worked there is dead. Both locks have the
// server's time, so that no clock of this machine matters.
func dead(ctx context.Context, work, own string) bool {
	now, err := store.Stat(ctx, store.Join(own, lockFile))
	if err != nil {
		return false
	}
	last, err := store.Stat(ctx, store.Join(work, lockFile))
	return err == nil && now.Modified.Sub(last.Modified) > deadTime
}
