// Package outdir is the folder that a run writes: worked on aside, and
// published as a whole, with run.json last.
package outdir

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/beamline-go/beamline/internal/fault"
)

// RunFile is written last, and marks a run as complete.
const RunFile = "run.json"

// logs are the files that every run replaces.
var logs = map[string]bool{RunFile: true, "rejects.jsonl": true, "changes.csv": true}

// Folder is an output folder and the place aside where a run works.
type Folder struct {
	Dir, Work string
	made      bool // the folder was not there before
}

// Open checks that the folder may be written, and makes a place to work in it.
// files are those that the run will publish.
func Open(dir string, force bool, files []string) (*Folder, error) {
	f := &Folder{Dir: dir}
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.made = true
	case err != nil:
		return nil, fault.Usagef("%s: %v", dir, err)
	case len(entries) > 0 && !force:
		if err := f.check(files); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("outdir: %w", err)
	}
	if f.Work, err = os.MkdirTemp(dir, ".beamline-*"); err != nil {
		return nil, fmt.Errorf("outdir: %w", err)
	}
	return f, nil
}

// check refuses a folder of other people's files, and files that are there.
func (f *Folder) check(files []string) error {
	if _, err := os.Stat(filepath.Join(f.Dir, RunFile)); err != nil {
		return fault.Usagef("%s: the folder holds files but no %s, so they are not beamline's; choose another with --out", f.Dir, RunFile)
	}
	for _, name := range files {
		if _, err := os.Stat(filepath.Join(f.Dir, name)); err == nil && !logs[name] {
			return fault.Usagef("%s is there already; write over it with --force", filepath.Join(f.Dir, name))
		}
	}
	return nil
}

// Publish moves the named results of the work to their place, and writes
// run.json last. Results that are not there are passed over.
func (f *Folder) Publish(files []string, run any) error {
	body, err := json.MarshalIndent(run, "", "  ")
	if err != nil {
		return fmt.Errorf("outdir: %w", err)
	}
	if err := os.WriteFile(filepath.Join(f.Work, RunFile), append(body, '\n'), 0o644); err != nil {
		return fmt.Errorf("outdir: %w", err)
	}
	if err := os.RemoveAll(filepath.Join(f.Dir, RunFile)); err != nil {
		return fmt.Errorf("outdir: %w", err)
	}
	for _, name := range append(files, RunFile) {
		from, to := filepath.Join(f.Work, name), filepath.Join(f.Dir, name)
		if _, err := os.Stat(from); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := os.RemoveAll(to); err != nil {
			return fmt.Errorf("outdir: %w", err)
		}
		if err := os.Rename(from, to); err != nil {
			return fmt.Errorf("outdir: %w", err)
		}
	}
	return nil
}

// Close removes the place of work, and a folder that was made for nothing.
func (f *Folder) Close() {
	os.RemoveAll(f.Work)
	if f.made {
		os.Remove(f.Dir) // fails, as it should, where something was published
	}
}
