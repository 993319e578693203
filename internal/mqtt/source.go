package mqtt

import (
	"context"
	"time"

	"github.com/beamline-go/beamline/internal/stream"
)

// Bounds of what is read.
const (
	mostPolled  = 4096 // messages at a time, and that are not acknowledged
	mostMessage = 64 << 20
	pollWait    = time.Second // until Poll returns none
)

// Source reads a topic in a session that the broker keeps.
type Source struct {
	of     Topic
	c      connection
	came   chan message
	early  []message // what came before the first Poll
	polled []message
	read   int64
	asked  chan error // how the broker answers who asks for messages
	end    chan struct{}
}

// Source implements stream.Place. What came before the first reader of its name is not there.
func (t Topic) Source(ctx context.Context) (stream.Source, error) {
	x := &Source{of: t, came: make(chan message, mostPolled), asked: make(chan error, 1), end: make(chan struct{})}
	var err error
	if x.c, err = t.connect(ctx, t.client(), x.deliver); err != nil {
		return nil, err
	}
	go func() {
		ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), answerWait)
		defer stop()
		x.asked <- x.c.subscribe(ctx, t.subscription())
	}()
	select {
	case err = <-x.asked:
	case m := <-x.came: // of a session that was kept: the answer may stand behind many of them
		x.early = append(x.early, m)
	}
	if err != nil {
		x.Close()
		return nil, t.blame(err)
	}
	return x, nil
}

func (x *Source) deliver(m message) {
	select {
	case x.came <- m:
	case <-x.end:
	}
}

// Poll implements stream.Source.
func (x *Source) Poll(ctx context.Context) ([]stream.Record, error) {
	x.polled, x.early = append(x.polled[:0], x.early...), nil
	wait := time.NewTimer(pollWait)
	defer wait.Stop()
	if len(x.polled) > 0 {
		return x.take(), nil
	}
	select {
	case m := <-x.came:
		x.polled = append(x.polled, m)
	case err := <-x.asked:
		if err != nil {
			return nil, x.of.blame(err)
		}
		return nil, nil
	case <-x.c.lost():
		return nil, x.of.blame(x.c.why())
	case <-wait.C:
		return nil, nil
	case <-ctx.Done():
		return nil, nil
	}
	return x.take(), nil
}

// take are the records of what is there.
func (x *Source) take() []stream.Record {
	for len(x.polled) < mostPolled && len(x.came) > 0 {
		x.polled = append(x.polled, <-x.came)
	}
	records := make([]stream.Record, len(x.polled))
	for i, m := range x.polled {
		records[i] = stream.Record{Topic: m.topic, Offset: x.read, ID: m.topic, Value: m.value} // nothing tells one that comes again
		x.read++
		for _, h := range m.headers {
			if h.Name == stream.HeaderKey {
				records[i].Key = h.Value
			} else {
				records[i].Headers = append(records[i].Headers, h)
			}
		}
	}
	return records
}

// Ack implements stream.Source.
func (x *Source) Ack(context.Context) error {
	for _, m := range x.polled {
		if err := m.ack(); err != nil {
			return x.of.blame(err)
		}
	}
	return nil
}

// Close implements stream.Source.
func (x *Source) Close() {
	close(x.end)
	x.c.close()
}
