package kafka

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/beamline-go/beamline/internal/stream"
)

// mostWait is how long a record may wait for a cluster that is gone, until the sink fails.
const mostWait = 5 * time.Minute

// Sink puts records into a topic, in the order in which it is given them within a partition.
// Each is there once, unless the sink is closed before it is flushed.
type Sink struct {
	to Topic
	c  *kgo.Client

	mu   sync.Mutex
	err  error // the first of a record
	done int64
}

// Sink implements stream.Place.
func (t Topic) Sink(ctx context.Context) (stream.Sink, error) {
	c, err := kgo.NewClient(append(t.client(), t.codec(), kgo.ProducerBatchMaxBytes(mostMade), kgo.RecordDeliveryTimeout(mostWait))...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t, err)
	}
	if err := t.there(ctx, c, t.Name); err != nil {
		c.Close()
		return nil, err
	}
	return &Sink{to: t, c: c}, nil
}

// Write hands a record over; what becomes of it Flush says, or a later call.
func (x *Sink) Write(ctx context.Context, r stream.Record) error {
	x.c.Produce(ctx, produced(x.to.Name, r), func(_ *kgo.Record, err error) {
		x.mu.Lock()
		defer x.mu.Unlock()
		if err == nil {
			x.done++
		} else if x.err == nil {
			x.err = err
		}
	})
	_, err := x.state()
	return err
}

// Flush waits until all records are there, and returns how many are.
func (x *Sink) Flush(ctx context.Context) (int64, error) {
	flushed := x.c.Flush(ctx)
	done, err := x.state()
	if err == nil && flushed != nil {
		err = x.to.blame(flushed)
	}
	return done, err
}

func (x *Sink) state() (int64, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.err != nil {
		return x.done, x.to.blame(x.err)
	}
	return x.done, nil
}

// Close lets go of the topic.
func (x *Sink) Close() { x.c.Close() }
