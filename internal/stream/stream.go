// Package stream does one thing to the records of a log as they come: it takes some, has
// something made of them, and hands the results back together with how far it has come, so
// that each record has its result once, whatever fails in between.
package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/beamline-go/beamline/internal/fault"
)

// Header is a name and a value that go along with a record.
type Header struct {
	Name  string
	Value []byte
}

// Record is a message of a log.
type Record struct {
	Topic      string
	Partition  int32
	Offset     int64  // in the partition, from 0
	ID         string // what the record is known by, where that is not topic, partition and offset
	Key, Value []byte
	Headers    []Header
	// Once is the same whenever a record comes again, and of no other; empty where nobody knows.
	Once string
}

// Names of headers.
const (
	HeaderSource = "beamline-source" // what record another one comes of
	HeaderKey    = "beamline-key"    // the key of a record, where a system has none
)

// Source is what the record is known by.
func (r Record) Source() string {
	if r.ID != "" {
		return r.ID
	}
	return r.Topic + "/" + strconv.Itoa(int(r.Partition)) + "/" + strconv.FormatInt(r.Offset, 10)
}

// Results are what becomes of some records: each is in one of the two.
type Results struct {
	Made    []Record // for those that could be used
	Refused []Record // with the reason
}

// Log is where records come from and results go. It is used by one goroutine.
type Log interface {
	// Poll returns the next records, those of a partition in their order, or none where
	// none came for a while.
	Poll(ctx context.Context) ([]Record, error)
	// Commit publishes the results of the records of the last Poll and that they are done
	// with: both, or neither. Where it is neither and there is no error, they come again.
	Commit(ctx context.Context, r Results) (done bool, err error)
	// Close lets go of the log.
	Close()
}

// Behind is a log that can tell how many records are there that were not polled yet, about.
type Behind interface{ Behind() int64 }

// Step makes results of records. confirm is called once they are published.
type Step func(records []Record) (r Results, confirm func(), err error)

// Options of Run.
type Options struct {
	// Idle ends the run when no record came for so long; 0 never does.
	Idle time.Duration
	// Behind, if it is not nil, is kept at how far the run is behind, where that is known.
	Behind *atomic.Int64
	// Log is told of a log that is opened again.
	Log *slog.Logger
	// Patience is how long the log may fail, again and again, until the run does.
	Patience time.Duration

	first, last time.Duration // between two tries to open a log again
}

// Bounds of the time between two tries to open a log again.
const (
	firstPause = 200 * time.Millisecond
	lastPause  = 15 * time.Second
)

// Run takes records of a log and hands back what step makes of them, until ctx ends, which
// is no error, or nothing came for long enough. A log that fails is closed and opened again;
// faults of the user's and those of step end the run.
func Run(ctx context.Context, open func(context.Context) (Log, error), step Step, o Options) error {
	if o.last == 0 {
		o.first, o.last = firstPause, lastPause
	}
	pause, well := o.first, time.Now() // when the log was last well
	for {
		since, err := session(ctx, open, step, o)
		if !since.IsZero() {
			pause, well = o.first, since
		}
		switch {
		case ctx.Err() != nil || err == nil:
			return nil
		case final(err):
			return err
		case time.Since(well) > o.Patience:
			return fmt.Errorf("%w, for %s", err, time.Since(well).Round(time.Second))
		}
		o.Log.Warn(fmt.Sprintf("%v; it is tried again in %s", err, pause))
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
		pause = min(2*pause, o.last)
	}
}

// stepError is a fault of what is made of records, which would come again.
type stepError struct{ error }

func (e stepError) Unwrap() error { return e.error }

// final reports whether to try again is of no use.
func final(err error) bool {
	var f *fault.Fault
	var s stepError
	return errors.As(err, &s) || errors.As(err, &f) && f.Code != fault.Internal
}

// session opens the log once, and returns when it last answered; zero where it never did.
func session(ctx context.Context, open func(context.Context) (Log, error), step Step, o Options) (well time.Time, err error) {
	log, err := open(ctx)
	if err != nil {
		return well, err
	}
	defer log.Close()
	last := time.Now() // when records came
	for {
		records, err := log.Poll(ctx)
		if err != nil || ctx.Err() != nil {
			return well, err
		}
		well = time.Now()
		if b, ok := log.(Behind); ok && o.Behind != nil {
			o.Behind.Store(b.Behind())
		}
		if len(records) == 0 {
			if o.Idle > 0 && time.Since(last) >= o.Idle {
				return well, nil
			}
			continue
		}
		last = well
		results, confirm, err := step(records)
		if err != nil {
			return well, stepError{err}
		}
		// What was begun is brought to its end, also where the run is told to stop.
		done, err := log.Commit(context.WithoutCancel(ctx), results)
		if err != nil {
			return well, err
		}
		if done {
			confirm()
		}
	}
}
