package kafka

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/beamline-go/beamline/internal/stream"
)

// mostWait is how long a record may wait for a cluster that is gone, until the writer fails.
const mostWait = 5 * time.Minute

// Writer puts records into a topic, in the order in which it is given them within a partition.
// Each is there once, unless the writer ends before it is flushed.
type Writer struct {
	to Topic
	c  *kgo.Client

	mu   sync.Mutex
	err  error // the first of a record
	done int64
}

// OpenWriter returns a writer to a topic that is there.
func OpenWriter(ctx context.Context, to Topic) (*Writer, error) {
	c, err := kgo.NewClient(append(to.client(), to.codec(), kgo.ProducerBatchMaxBytes(mostMade), kgo.RecordDeliveryTimeout(mostWait))...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", to, err)
	}
	if err := to.there(ctx, c, to.Name); err != nil {
		c.Close()
		return nil, err
	}
	return &Writer{to: to, c: c}, nil
}

// Write hands a record over; what becomes of it Flush says, or a later call.
func (w *Writer) Write(ctx context.Context, r stream.Record) error {
	w.c.Produce(ctx, produced(w.to.Name, r), func(_ *kgo.Record, err error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		if err == nil {
			w.done++
		} else if w.err == nil {
			w.err = err
		}
	})
	_, err := w.state()
	return err
}

// Flush waits until all records are there, and returns how many are.
func (w *Writer) Flush(ctx context.Context) (int64, error) {
	flushed := w.c.Flush(ctx)
	done, err := w.state()
	if err == nil && flushed != nil {
		err = w.to.blame(flushed)
	}
	return done, err
}

func (w *Writer) state() (int64, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.done, w.to.blame(w.err)
	}
	return w.done, nil
}

// Close lets go of the topic.
func (w *Writer) Close() { w.c.Close() }
