//go:build unix

package outdir

import (
	"io"
	"os"
	"path/filepath"
	"syscall"
)

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
	if err != nil {
		return false // it may just begin
	}
	defer f.Close()
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}
