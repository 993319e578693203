package parallel

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
)

// Crew does pieces of work on all processors, and hands over what came of them in the
// order in which it was given them: the way in which a Beam function, which is called
// for one element after the other, uses more than one. Each worker has a state of type W
// of its own, which New makes when the worker is first needed.
//
// All crews of a process share its processors, so that many are no more work at once
// than one is. Few pieces wait to be handed over, so that memory stays bounded. A Crew is
// used by one goroutine; the zero value with New is ready.
type Crew[W, T any] struct {
	// New makes the state of a worker; nil where the zero value will do. It is set before
	// the first piece of work, and called by any goroutine.
	New func() (W, error)

	mu    sync.Mutex
	idle  []*W
	all   []*W
	queue []chan outcome[T]
}

type outcome[T any] struct {
	value T
	err   error
}

// slots are the processors.
var slots = make(chan struct{}, runtime.GOMAXPROCS(0))

// ahead is how many pieces of work may be begun or done for each processor before the
// first of them is handed over.
const ahead = 2

// Do gives the crew a piece of work. Before it returns, use may be called with what came
// of earlier pieces; an error of any of them, or of use, is returned.
func (c *Crew[W, T]) Do(work func(*W) (T, error), use func(T) error) error {
	if cap(slots) == 1 { // there is nobody to share with
		r := c.run(work)
		if r.err != nil {
			return r.err
		}
		return use(r.value)
	}
	for len(c.queue) > 0 {
		select {
		case r := <-c.queue[0]:
			if err := c.hand(r, use); err != nil {
				return err
			}
			continue
		default:
		}
		if len(c.queue) < ahead*cap(slots) {
			break
		}
		if err := c.hand(<-c.queue[0], use); err != nil {
			return err
		}
	}
	done := make(chan outcome[T], 1)
	c.queue = append(c.queue, done)
	go func() {
		slots <- struct{}{}
		defer func() { <-slots }()
		done <- c.run(work)
	}()
	return nil
}

// hand hands over the first outcome of the queue.
func (c *Crew[W, T]) hand(r outcome[T], use func(T) error) error {
	c.queue = c.queue[1:]
	if r.err != nil {
		return r.err
	}
	return use(r.value)
}

// run does a piece of work with an idle worker, or a new one.
func (c *Crew[W, T]) run(work func(*W) (T, error)) (r outcome[T]) {
	defer func() { // as Beam does with what it calls
		if p := recover(); p != nil {
			r.err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	w, err := c.worker()
	if err != nil {
		return outcome[T]{err: err}
	}
	r.value, r.err = work(w)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.idle = append(c.idle, w)
	return r
}

func (c *Crew[W, T]) worker() (*W, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.idle); n > 0 {
		w := c.idle[n-1]
		c.idle = c.idle[:n-1]
		return w, nil
	}
	w := new(W)
	if c.New != nil {
		var err error
		if *w, err = c.New(); err != nil {
			return nil, err
		}
	}
	c.all = append(c.all, w)
	return w, nil
}

// Wait waits until all work is done and handed over.
func (c *Crew[W, T]) Wait(use func(T) error) error {
	for len(c.queue) > 0 {
		if err := c.hand(<-c.queue[0], use); err != nil {
			return err
		}
	}
	return nil
}

// Disband waits for work that is under way, gives up what came of it, and returns the
// states of all workers, in no order. The crew has no workers then.
func (c *Crew[W, T]) Disband() []*W {
	for _, done := range c.queue {
		<-done
	}
	all := c.all
	c.queue, c.all, c.idle = nil, nil, nil
	return all
}

// Drop takes what comes of work that hands over nothing.
func Drop(struct{}) error { return nil }
