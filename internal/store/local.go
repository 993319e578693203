package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/beamline-go/beamline/internal/fault"
)

// local is the file system of this machine.
type local struct{}

func localInfo(name string, i fs.FileInfo) Info {
	return Info{Name: name, Size: i.Size(), Version: fmt.Sprint(i.ModTime().UnixNano(), "-", i.Size()), Modified: i.ModTime(), Dir: i.IsDir()}
}

func (local) stat(_ context.Context, name string) (Info, error) {
	i, err := os.Stat(standing(name))
	if err != nil {
		return Info{}, absent(err)
	}
	return localInfo(name, i), nil
}

func (local) open(_ context.Context, name string) (ranger, Info, error) {
	f, err := os.Open(standing(name))
	if err != nil {
		return nil, Info{}, absent(err)
	}
	i, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, Info{}, err
	}
	return f, localInfo(name, i), nil
}

// absent says of a name in what is no folder that it is not there.
func absent(err error) error {
	if errors.Is(err, syscall.ENOTDIR) {
		return fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	}
	return err
}

// localWriter writes aside, and moves the file to its name in the end.
type localWriter struct {
	file *os.File
	name string
	Condition
	done bool
}

func (local) create(_ context.Context, name string, c Condition) (Writer, error) {
	f, err := os.OpenFile(name+"."+rand.Text()+".tmp", os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666) // less what the umask takes
	if err != nil {
		return nil, err
	}
	return &localWriter{file: f, name: name, Condition: c}, nil
}

func (w *localWriter) Write(p []byte) (int, error) { return w.file.Write(p) }

func (w *localWriter) Abort() {
	if !w.done {
		w.done = true
		w.file.Close()
		os.Remove(w.file.Name())
	}
}

func (w *localWriter) Commit() error {
	defer w.Abort()
	if err := w.file.Close(); err != nil {
		return err
	}
	if w.Absent { // a link, unlike a rename, replaces nothing
		switch err := os.Link(w.file.Name(), w.name); {
		case errors.Is(err, fs.ErrExist):
			return fmt.Errorf("%s: %w", w.name, ErrCondition)
		case err == nil:
			return nil
		}
		// The file system has no links.
		if _, err := os.Lstat(w.name); err == nil {
			return fmt.Errorf("%s: %w", w.name, ErrCondition)
		}
	}
	if err := unchanged(w.name, w.Condition); err != nil {
		return err
	}
	if err := os.Rename(w.file.Name(), w.name); err != nil {
		return err
	}
	w.done = true
	return nil
}

// unchanged compares the file with the version that the condition names.
// Between that and what follows another process may change it: a file system
// has nothing better.
func unchanged(name string, c Condition) error {
	if c.Version == "" {
		return nil
	}
	i, err := os.Stat(name)
	if err != nil || localInfo(name, i).Version != c.Version {
		return fmt.Errorf("%s: %w", name, ErrCondition)
	}
	return nil
}

func (local) list(_ context.Context, dir string, deep bool) ([]Info, error) {
	var out []Info
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || name == dir {
			return err
		}
		i, err := os.Stat(name) // a link is what it leads to
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it is gone, or leads nowhere
		}
		if err != nil {
			return err
		}
		if !deep || !i.IsDir() {
			out = append(out, localInfo(name, i))
		}
		if !deep && e.IsDir() {
			return fs.SkipDir
		}
		return nil
	})
	return out, err
}

func globLocal(pattern string) ([]Info, error) {
	names, err := filepath.Glob(pattern)
	if err != nil {
		return nil, fault.Usagef("%s: %v", pattern, err)
	}
	var out []Info
	for _, n := range names {
		if i, err := os.Stat(n); err == nil && !i.IsDir() {
			out = append(out, localInfo(n, i))
		}
	}
	return out, nil
}

// move puts a file or a folder in the place of another.
func (local) move(_ context.Context, from, to string) error {
	if i, err := os.Stat(to); err == nil && i.IsDir() {
		if err := os.RemoveAll(to); err != nil {
			return err
		}
	}
	return os.Rename(from, to)
}

func (local) remove(_ context.Context, name string, c Condition) error {
	if err := unchanged(name, c); err != nil {
		return err
	}
	return os.Remove(name)
}

// MakeTemp makes a new folder in dir, or, where that is empty, among the temporary ones of
// this machine.
func MakeTemp(dir string) (string, error) {
	if dir == "" {
		return os.MkdirTemp("", "beamline-*")
	}
	made := Join(dir, "beamline-"+rand.Text())
	return made, MakeDir(made)
}

// MakeDir makes a folder and those above it. Buckets have no folders.
func MakeDir(name string) error {
	if Remote(name) {
		return nil
	}
	return os.MkdirAll(name, 0o755)
}

// Settle has a file of this machine, or the names in a folder, and where it is deep all that
// is in it, written to the disk. A bucket has what it answers for.
func Settle(name string, deep bool) error {
	if Remote(name) {
		return nil
	}
	return filepath.WalkDir(name, func(at string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !deep && at != name:
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !e.IsDir() && !e.Type().IsRegular():
			return nil
		}
		f, err := os.Open(at)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := f.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, syscall.EINVAL) { // not all file systems can
			return err
		}
		return nil
	})
}
