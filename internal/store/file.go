package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"time"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/retry"
)

// File reads one version of a file, at any place.
type File struct {
	Info
	ranger
}

// Open opens a file. What is read later is of the version that is there now.
func Open(ctx context.Context, name string) (*File, error) {
	b, err := of(ctx, name)
	if err != nil {
		return nil, err
	}
	r, info, err := b.open(ctx, name)
	if err != nil {
		return nil, err
	}
	if Remote(name) {
		ctx, stop := context.WithCancel(ctx)
		r = &ahead{ctx: ctx, stop: stop, r: r, size: info.Size, chunks: map[int64]*chunk{}}
	}
	return &File{info, r}, nil
}

// Reader reads the file from its beginning.
func (f *File) Reader() io.Reader {
	if r, ok := f.ranger.(io.Reader); ok {
		return r // a file of this machine
	}
	return io.NewSectionReader(f, 0, f.Size)
}

// Remote files are fetched in chunks of this size, so many ahead of the one that
// is read. A file that is read holds as many and those that a read spans.
const (
	chunkSize = 4 << 20
	readAhead = 2
)

// ahead reads chunks of a file before they are asked for, and forgets those
// that lie behind.
type ahead struct {
	ctx  context.Context
	stop func()
	r    ranger
	size int64

	mu     sync.Mutex
	chunks map[int64]*chunk
}

type chunk struct {
	done chan struct{}
	data []byte
	err  error
}

func (a *ahead) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	for n < len(p) {
		if err := a.ctx.Err(); err != nil {
			return n, err // closed: what is on its way does not count
		}
		at := off + int64(n)
		if at >= a.size {
			return n, io.EOF
		}
		data, err := a.chunk(at / chunkSize)
		if err != nil {
			return n, err
		}
		n += copy(p[n:], data[at%chunkSize:])
	}
	return n, nil
}

// chunk returns the i-th chunk, and asks for those after it.
func (a *ahead) chunk(i int64) ([]byte, error) {
	a.mu.Lock()
	for k := range a.chunks {
		if k < i-1 || k > i+readAhead {
			delete(a.chunks, k)
		}
	}
	for k := i; k <= i+readAhead && k*chunkSize < a.size; k++ {
		if a.chunks[k] == nil {
			a.chunks[k] = a.fetch(k)
		}
	}
	c := a.chunks[i]
	a.mu.Unlock()
	select {
	case <-c.done:
	case <-a.ctx.Done():
		return nil, a.ctx.Err()
	}
	if c.err != nil {
		a.mu.Lock()
		if a.chunks[i] == c {
			delete(a.chunks, i)
		}
		a.mu.Unlock()
	}
	return c.data, c.err
}

func (a *ahead) fetch(i int64) *chunk {
	c := &chunk{done: make(chan struct{})}
	go func() {
		defer close(c.done)
		data := make([]byte, min(chunkSize, a.size-i*chunkSize))
		if _, c.err = a.r.ReadAt(data, i*chunkSize); c.err == nil {
			c.data = data
		}
	}()
	return c
}

func (a *ahead) Close() error {
	a.stop()
	return a.r.Close()
}

// Requests for a range are given up after a while and made again.
const (
	attempts    = 5
	attemptTime = 30 * time.Second
	firstPause  = 250 * time.Millisecond
)

// readRange fills p with the bytes at off, through requests of which each may
// fail.
func readRange(ctx context.Context, name string, p []byte, off int64, request func(ctx context.Context, off, n int64) (io.ReadCloser, error)) (int, error) {
	n := 0
	err := retry.Do(ctx, attempts, firstPause, func() (again bool, err error) {
		m, err := once(ctx, p[n:], off+int64(n), request)
		if n += m; n == len(p) {
			return false, nil
		}
		final := ctx.Err() != nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrCondition) || fault.Is(err)
		if !final {
			err = fmt.Errorf("%s: bytes %d to %d could not be read: %w", name, off, off+int64(len(p)), err)
		}
		return !final, err
	})
	return n, err
}

func once(ctx context.Context, p []byte, off int64, request func(ctx context.Context, off, n int64) (io.ReadCloser, error)) (int, error) {
	ctx, stop := context.WithTimeout(ctx, attemptTime)
	defer stop()
	body, err := request(ctx, off, int64(len(p)))
	if err != nil {
		return 0, err
	}
	defer body.Close()
	return io.ReadFull(body, p)
}
