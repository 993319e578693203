package stream

import (
	"context"
	"fmt"
	"time"
)

// Place is where records come from or go to: a topic, a subject, a queue.
type Place interface {
	fmt.Stringer // its address, without options
	// Label is the name of the topic, the subject or the queue.
	Label() string
	// Reader is what shares the records: a group, a subscription; empty where all read all.
	Reader() string
	// Numbered reports whether a record has a number that stays its own.
	Numbered() bool
	// Refused is where records of it go that can't be used.
	Refused() Place
	Source(ctx context.Context) (Source, error)
	Sink(ctx context.Context) (Sink, error)
}

// Wide is a place that may stand for several: of its system, it covers those of some labels.
type Wide interface{ Covers(label string) bool }

// Source is where records come from that come again until they are acknowledged. It is used
// by one goroutine.
type Source interface {
	// Poll returns the next records, or none where none came for a while.
	Poll(ctx context.Context) ([]Record, error)
	// Ack says that the records of the last Poll are done with.
	Ack(ctx context.Context) error
	Close()
}

// Held is a source that gives records to others when they are not acknowledged within a time:
// Hold asks for more of it, every HoldEvery. It is called beside the step, and not beside Poll
// or Ack.
type Held interface {
	Hold(ctx context.Context) error
	HoldEvery() time.Duration
}

// Sink is where records go. It is used by one goroutine.
type Sink interface {
	// Write hands a record over. Records of one key stay in their order. What became of it
	// Flush says, or a later Write.
	Write(ctx context.Context, r Record) error
	// Flush waits until all that were handed over are there, and returns how many that are
	// since the sink was opened.
	Flush(ctx context.Context) (int64, error)
	Close()
}

// Joined opens a log that takes records of one place and hands the results to another: each
// record has its result at least once. After a fault some have it twice, with the same
// identity in a header.
func Joined(ctx context.Context, in, out Place) (Log, error) {
	x := &joined{reader: in.Reader()}
	var err error
	if x.Source, err = in.Source(ctx); err == nil {
		if x.made, err = out.Sink(ctx); err == nil {
			x.refused, err = in.Refused().Sink(ctx)
		}
	}
	if err != nil {
		x.Close()
		return nil, err
	}
	return x, nil
}

type joined struct {
	Source
	made, refused Sink
	reader        string
	release       func() error // ends the holding of what was polled
}

// Poll implements Log.
func (x *joined) Poll(ctx context.Context) ([]Record, error) {
	records, err := x.Source.Poll(ctx)
	if held, ok := x.Source.(Held); ok && err == nil && len(records) > 0 {
		x.release = hold(context.WithoutCancel(ctx), held)
	}
	return records, err
}

// hold holds what was polled until it is released.
func hold(ctx context.Context, h Held) (release func() error) {
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		every := time.NewTicker(h.HoldEvery())
		defer every.Stop()
		for {
			select {
			case <-ctx.Done():
				ended <- nil
				return
			case <-every.C:
				if err := h.Hold(ctx); err != nil && ctx.Err() == nil {
					ended <- err
					return
				}
			}
		}
	}()
	return func() error { stop(); return <-ended }
}

// Commit implements Log.
func (x *joined) Commit(ctx context.Context, r Results) (bool, error) {
	for _, to := range []struct {
		Sink
		records []Record
	}{{x.made, r.Made}, {x.refused, r.Refused}} {
		for _, record := range to.records {
			if record.Once != "" { // another reader may make another thing of the same
				record.Once = x.reader + "/" + record.Once
			}
			if err := to.Write(ctx, record); err != nil {
				return false, err
			}
		}
		if len(to.records) > 0 {
			if _, err := to.Flush(ctx); err != nil {
				return false, err
			}
		}
	}
	if err := x.free(); err != nil {
		return false, err
	}
	return true, x.Ack(ctx)
}

// free ends the holding of what was polled.
func (x *joined) free() error {
	if x.release == nil {
		return nil
	}
	release := x.release
	x.release = nil
	return release()
}

// Behind implements Behind.
func (x *joined) Behind() int64 {
	if b, ok := x.Source.(Behind); ok {
		return b.Behind()
	}
	return 0
}

// Close implements Log.
func (x *joined) Close() {
	_ = x.free() // what is not acknowledged comes again
	if x.Source != nil {
		x.Source.Close()
	}
	for _, s := range []Sink{x.made, x.refused} {
		if s != nil {
			s.Close()
		}
	}
}
