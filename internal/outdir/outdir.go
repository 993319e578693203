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
	"slices"
	"strings"

	"github.com/beamline-go/beamline/internal/fault"
)

// RunFile is written last, and marks a run as complete.
const RunFile = "run.json"

// workPrefix begins the names of the places where runs work.
const workPrefix = ".beamline-"

// logs are the files that every run replaces.
var logs = map[string]bool{RunFile: true, "rejects.jsonl": true, "changes.csv": true, "anomalies.jsonl": true}

// Folder is an output folder, as the user named it, and the place in it where a
// run works, as any worker finds it.
type Folder struct {
	Dir, Work string
	made      bool // the folder was not there before
	wrote     map[string]string
	lock      *os.File // of Work
}

// Open checks that the folder may be written, and makes a place to work in it.
// files are those that the run will publish. stamp names the command and its
// inputs; it is asked for only where a file is there already, which may be
// replaced by what wrote it, or with force.
func Open(dir string, force bool, files []string, stamp func() (string, error)) (*Folder, error) {
	f := &Folder{Dir: dir, wrote: map[string]string{}}
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.made = true
	case err != nil:
		return nil, fault.Usagef("%s: %v", dir, err)
	}
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return strings.HasPrefix(e.Name(), workPrefix) })
	if err := f.check(entries, force, files, stamp); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("outdir: %w", err)
	}
	sweep(dir)
	if f.Work, err = os.MkdirTemp(dir, workPrefix+"*"); err != nil {
		return nil, fmt.Errorf("outdir: %w", err)
	}
	if f.Work, err = filepath.Abs(f.Work); err != nil {
		return nil, fmt.Errorf("outdir: %w", err)
	}
	if f.lock, err = lock(f.Work); err != nil {
		return nil, fmt.Errorf("outdir: %w", err)
	}
	return f, nil
}

// sweep removes what runs left that were killed.
func sweep(dir string) {
	left, _ := filepath.Glob(filepath.Join(dir, workPrefix+"*"))
	for _, work := range left {
		if abandoned(work) {
			os.RemoveAll(work)
		}
	}
}

// check refuses a folder of other people's files, and files that something else
// wrote.
func (f *Folder) check(entries []fs.DirEntry, force bool, files []string, stamp func() (string, error)) error {
	body, err := os.ReadFile(filepath.Join(f.Dir, RunFile))
	if err != nil {
		if len(entries) > 0 && !force {
			return fault.Usagef("%s: the folder holds files but no %s, so they are not beamline's; choose another with --out", f.Dir, RunFile)
		}
		return nil
	}
	var was struct {
		Wrote map[string]string `json:"wrote"`
	}
	if err := json.Unmarshal(body, &was); err == nil && was.Wrote != nil {
		f.wrote = was.Wrote
	}
	if force {
		return nil
	}
	own := ""
	for _, name := range files {
		path := filepath.Join(f.Dir, name)
		if _, err := os.Stat(path); err != nil || logs[name] {
			continue
		}
		if own == "" {
			if own, err = stamp(); err != nil {
				return err
			}
		}
		if f.wrote[name] != own {
			return fault.Usagef("%s is there already, written by something else; write over it with --force, or choose another folder with --out", path)
		}
	}
	return nil
}

// Wrote says who wrote each file of the folder, once the files are published by
// the run with that stamp.
func (f *Folder) Wrote(files []string, stamp string) map[string]string {
	out := map[string]string{}
	for name, by := range f.wrote {
		if _, err := os.Stat(filepath.Join(f.Dir, name)); err == nil {
			out[name] = by
		}
	}
	for _, name := range files {
		if _, err := os.Stat(filepath.Join(f.Work, name)); err == nil {
			out[name] = stamp
		}
	}
	return out
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
	if f.lock != nil {
		f.lock.Close()
	}
	if f.made {
		os.Remove(f.Dir) // fails, as it should, where something was published
	}
}
