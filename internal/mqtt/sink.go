package mqtt

import (
	"context"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/stream"
)

// Sink publishes to a topic.
type Sink struct {
	to      Topic
	c       connection
	answers []func(context.Context) error
	done    int64
}

// mostPending is how many messages are on their way at a time.
const mostPending = 1024

// Sink implements stream.Place.
func (t Topic) Sink(ctx context.Context) (stream.Sink, error) {
	if !isTopic(t.name) {
		return nil, fault.Usagef("%s: nothing can be written to %q, which stands for several topics", t, t.name)
	}
	c, err := t.connect(ctx, "", nil)
	if err != nil {
		return nil, err
	}
	return &Sink{to: t, c: c}, nil
}

// Write implements stream.Sink.
func (x *Sink) Write(ctx context.Context, r stream.Record) error {
	if len(x.answers) >= mostPending {
		if _, err := x.Flush(ctx); err != nil {
			return err
		}
	}
	answer, err := x.c.publish(ctx, x.to.name, r)
	if err != nil {
		return x.to.blame(err)
	}
	x.answers = append(x.answers, answer)
	return nil
}

// Flush implements stream.Sink.
func (x *Sink) Flush(ctx context.Context) (int64, error) {
	ctx, stop := context.WithTimeout(ctx, answerWait)
	defer stop()
	answers := x.answers
	x.answers = nil
	for _, answer := range answers {
		if err := answer(ctx); err != nil {
			return x.done, x.to.blame(err)
		}
		x.done++
	}
	return x.done, nil
}

// Close implements stream.Sink.
func (x *Sink) Close() { x.c.close() }
