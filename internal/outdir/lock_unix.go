//go:build unix

package outdir

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// beginTime is more than a run takes from making its place of work to locking it.
const beginTime = time.Minute

// claimLocal takes a claim that ends with this process: a lock of a file, which is removed
// when it is given up. Where another has it, release is nil.
func claimLocal(_ context.Context, name, _ string) (release func(), err error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, nil
	}
	mine, err := f.Stat()
	if is, serr := os.Stat(name); err != nil || serr != nil || !os.SameFile(mine, is) {
		f.Close() // it was removed meanwhile, and the next attempt makes another
		return nil, nil
	}
	return func() {
		os.Remove(name)
		f.Close()
	}, nil
}

// Hold marks a place of work as in use, until the file is closed or the
// process ends.
func Hold(work string) (io.Closer, error) {
	f, err := os.OpenFile(filepath.Join(work, lockFile), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Abandoned reports whether the run that worked there is dead: its lock is
// free.
func Abandoned(work string) bool {
	f, err := os.Open(filepath.Join(work, lockFile))
	if errors.Is(err, fs.ErrNotExist) { // it just begins, or its removal was cut short
		i, err := os.Stat(work)
		return err == nil && time.Since(i.ModTime()) > beginTime
	}
	if err != nil {
		return false
	}
	defer f.Close()
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}
