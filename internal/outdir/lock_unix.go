//go:build unix

package outdir

import (
	"os"
	"path/filepath"
	"syscall"
)

// lockFile is held locked by the run that works in the folder.
const lockFile = "lock"

// lock marks a place of work as in use, until the file is closed or the process
// ends.
func lock(work string) (*os.File, error) {
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

// abandoned reports whether the run that worked there is dead: its lock is free.
func abandoned(work string) bool {
	f, err := os.Open(filepath.Join(work, lockFile))
	if err != nil {
		return false // it may just begin
	}
	defer f.Close()
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
}
