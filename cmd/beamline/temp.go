package main

import (
	"os"
	"path/filepath"
	"time"

	"github.com/beamline-go/beamline/internal/outdir"
)

// tempName begins the name of a folder for temporary files.
const tempName = "beamline-run-"

// justMade is how old a folder is that may not be held yet.
const justMade = time.Minute

// tidyTemp removes the folder of this process.
var tidyTemp = func() {}

// ownTemp gives this process a folder for temporary files, since the SDK leaves one behind
// for each job, and returns what removes it. Folders of processes that were killed are
// removed too.
func ownTemp() (remove func()) {
	sweep(os.TempDir())
	dir, err := os.MkdirTemp("", tempName+"*")
	if err != nil || os.Setenv("TMPDIR", dir) != nil {
		return func() {}
	}
	held, err := outdir.Hold(dir)
	return func() {
		if err == nil {
			held.Close()
		}
		os.RemoveAll(dir)
	}
}

// sweep removes the folders that no process holds. What belongs to other users can't be
// removed.
func sweep(dir string) {
	left, _ := filepath.Glob(filepath.Join(dir, tempName+"*"))
	for _, name := range left {
		if i, err := os.Stat(name); err == nil && time.Since(i.ModTime()) > justMade && outdir.Abandoned(name) {
			os.RemoveAll(name)
		}
	}
}
