package store

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"sync"

	"github.com/beamline-go/beamline/internal/fault"
)

// Stdin is the name of the standard input.
const Stdin = "-"

// copies are files that stand for what can be read only once, by its name.
var copies sync.Map

// standing is the file that is read for a name.
func standing(name string) string {
	if path, ok := copies.Load(name); ok {
		return path.(string)
	}
	return name
}

// Flows reports whether a name is of what can be read only once, and from its beginning to
// its end: the standard input, a pipe or a device. A file of the name "-" is a file.
func Flows(name string) bool {
	if Remote(name) {
		return false
	}
	info, err := os.Stat(name)
	if name == Stdin && errors.Is(err, fs.ErrNotExist) {
		return true
	}
	return err == nil && info.Mode()&(fs.ModeNamedPipe|fs.ModeCharDevice|fs.ModeSocket) != 0
}

// Keep reads what flows, of at most limit bytes, into a file in dir, which stands for it
// from then on in this process. It returns how many bytes there were.
func Keep(ctx context.Context, name, dir string, limit int64) (int64, error) {
	to, err := os.CreateTemp(dir, "piped-*")
	if err != nil {
		return 0, err
	}
	type end struct {
		n   int64
		err error
	}
	done := make(chan end, 1)
	go func() { // a read of a pipe can't be given up
		defer to.Close()
		from := os.Stdin
		if name != Stdin {
			var err error
			if from, err = os.Open(name); err != nil {
				done <- end{0, err}
				return
			}
			defer from.Close()
		}
		n, err := io.Copy(to, io.LimitReader(from, limit+1))
		if err == nil && n > limit {
			err = fault.Dataf("%s: there are more than %d bytes", name, limit)
		}
		done <- end{n, err}
	}()
	select {
	case <-ctx.Done():
		return 0, ctx.Err()
	case e := <-done:
		if e.err != nil {
			return 0, e.err
		}
		abs, err := Abs(name)
		if err != nil {
			return 0, err
		}
		copies.Store(name, to.Name())
		copies.Store(abs, to.Name())
		return e.n, nil
	}
}

// Kept reports whether a file stands for the name.
func Kept(name string) bool {
	_, ok := copies.Load(name)
	return ok
}

// Release removes all files that stand for what flowed.
func Release() {
	copies.Range(func(name, path any) bool {
		os.Remove(path.(string))
		copies.Delete(name)
		return true
	})
}
