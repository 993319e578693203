// Package progress counts, within one process, how far the reading of sources
// has come, for the line that a terminal shows. It is for display only: workers
// in other processes have counts of their own.
package progress

import (
	"context"
	"io"
	"sync"
	"sync/atomic"
)

var rows, bytes, expected, done, all atomic.Int64

var stage atomic.Value

// Stage names what is being done.
func Stage(name string) { stage.Store(name) }

// Current is the name of what is being done.
func Current() string {
	name, _ := stage.Load().(string)
	return name
}

// Add counts rows and bytes that were read.
func Add(r, b int64) {
	rows.Add(r)
	bytes.Add(b)
}

// Expect adds bytes that are going to be read.
func Expect(b int64) { expected.Add(b) }

// Expected returns the bytes that are read in the end, as far as that is known.
func Expected() int64 { return expected.Load() }

// Counts returns the rows and bytes read so far.
func Counts() (r, b int64) { return rows.Load(), bytes.Load() }

// Work counts n pieces of work of so many in all.
func Work(n, of int64) {
	done.Add(n)
	all.Store(of)
}

// Pieces returns the pieces of work that are done, and how many there are.
func Pieces() (n, of int64) { return done.Load(), all.Load() }

var (
	telling sync.Mutex
	told    []string
)

// maxTold bounds the lines that nobody has shown yet.
const maxTold = 1000

// Tell leaves a line to be shown.
func Tell(line string) {
	telling.Lock()
	defer telling.Unlock()
	if len(told) < maxTold {
		told = append(told, line)
	}
}

// Told takes the lines that were not shown yet.
func Told() []string {
	telling.Lock()
	defer telling.Unlock()
	lines := told
	told = nil
	return lines
}

// elsewhere is what another machine says of its work.
var elsewhere atomic.Value

// Elsewhere notes what a cluster says of a job, and how many records it has read.
func Elsewhere(what string, records int64) {
	elsewhere.Store(what)
	rows.Store(records)
}

// Remote is what a cluster said last; empty while the work is done here.
func Remote() string {
	what, _ := elsewhere.Load().(string)
	return what
}

// Reset starts again from zero.
func Reset() {
	elsewhere.Store("")
	for _, c := range []*atomic.Int64{&rows, &bytes, &expected, &done, &all} {
		c.Store(0)
	}
}

// Reader returns r, which fails once ctx is done: a long read ends when the
// user wants it to.
func Reader(ctx context.Context, r io.ReadCloser) io.ReadCloser {
	return &reader{ctx, r}
}

type reader struct {
	ctx context.Context
	io.ReadCloser
}

func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.ReadCloser.Read(p)
}
