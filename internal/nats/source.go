package nats

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/stream"
)

// Bounds of what is read.
const (
	mostPolled = 10_000           // messages at a time
	pollWait   = time.Second      // until Poll returns none
	ackWait    = 30 * time.Second // until a message goes to another reader
)

// ownHeaders are those by which a server is told what to do.
const ownHeaders = "Nats-"

// Source reads what a stream keeps of a subject, by a durable consumer.
type Source struct {
	of     Subject
	kept   string // the stream
	c      *nats.Conn
	pull   jetstream.Consumer
	polled []jetstream.Msg
	behind int64
}

// Source implements stream.Place. The first reader of a consumer begins with the oldest message.
func (s Subject) Source(ctx context.Context) (stream.Source, error) {
	c, js, kept, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	pull, err := s.consumer(ctx, js, kept)
	if err != nil {
		c.Close()
		return nil, s.blame(err)
	}
	return &Source{of: s, kept: kept, c: c, pull: pull}, nil
}

// consumer is that of the group. One that is there is used as it is, and not changed.
func (s Subject) consumer(ctx context.Context, js jetstream.JetStream, kept string) (jetstream.Consumer, error) {
	pull, err := js.Consumer(ctx, kept, s.group)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		return js.CreateConsumer(ctx, kept, jetstream.ConsumerConfig{
			Durable: s.group, FilterSubject: s.name, AckPolicy: jetstream.AckExplicitPolicy,
			AckWait: ackWait, MaxAckPending: 2 * mostPolled,
		})
	}
	if err != nil {
		return nil, err
	}
	switch info := pull.CachedInfo().Config; {
	case info.AckPolicy != jetstream.AckExplicitPolicy:
		return nil, fault.Usagef("%s: the consumer %q does not wait for each acknowledgement; name another by ?group=NAME", s, s.group)
	case info.FilterSubject != s.name:
		return nil, fault.Usagef("%s: the consumer %q is of the subject %q; name another by ?group=NAME", s, s.group, info.FilterSubject)
	}
	return pull, nil
}

// Poll implements stream.Source.
func (x *Source) Poll(ctx context.Context) ([]stream.Record, error) {
	x.polled = x.polled[:0]
	wait, stop := context.WithTimeout(ctx, pollWait)
	defer stop()
	first, err := x.pull.Fetch(1, jetstream.FetchContext(wait))
	if err == nil {
		err = x.take(first)
	}
	if err == nil && len(x.polled) > 0 {
		var rest jetstream.MessageBatch
		if rest, err = x.pull.FetchNoWait(mostPolled - 1); err == nil {
			err = x.take(rest)
		}
	}
	if err != nil {
		return nil, x.of.blame(err)
	}
	records := make([]stream.Record, len(x.polled))
	for i, m := range x.polled {
		if records[i], err = x.record(m); err != nil {
			return nil, err
		}
	}
	return records, nil
}

// take takes the messages of a batch.
func (x *Source) take(b jetstream.MessageBatch) error {
	for m := range b.Messages() {
		x.polled = append(x.polled, m)
	}
	err := b.Error()
	if x.c.IsClosed() {
		return nats.ErrConnectionClosed
	}
	if errors.Is(err, nats.ErrTimeout) || errors.Is(err, jetstream.ErrNoMessages) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func (x *Source) record(m jetstream.Msg) (stream.Record, error) {
	meta, err := m.Metadata()
	if err != nil {
		return stream.Record{}, fmt.Errorf("%s: %w", x.of, err)
	}
	x.behind = int64(meta.NumPending)
	seq := meta.Sequence.Stream
	id := x.kept + "/" + strconv.FormatUint(seq, 10)
	r := stream.Record{Topic: m.Subject(), Offset: int64(seq) - 1, ID: id, Once: id, Value: m.Data()}
	for name, values := range m.Headers() {
		for _, v := range values {
			switch {
			case name == stream.HeaderKey:
				r.Key = []byte(v)
			case strings.HasPrefix(name, ownHeaders): // of the message that is read, and not of what comes of it
			default:
				r.Headers = append(r.Headers, stream.Header{Name: name, Value: []byte(v)})
			}
		}
	}
	return r, nil
}

// Behind implements stream.Behind.
func (x *Source) Behind() int64 { return x.behind }

// Ack implements stream.Source.
func (x *Source) Ack(ctx context.Context) error {
	for _, m := range x.polled {
		if err := m.Ack(); err != nil {
			return x.of.blame(err)
		}
	}
	return x.flushed(ctx)
}

// HoldEvery implements stream.Held.
func (x *Source) HoldEvery() time.Duration { return ackWait / 3 }

// Hold implements stream.Held.
func (x *Source) Hold(ctx context.Context) error {
	for _, m := range x.polled {
		if err := m.InProgress(); err != nil {
			return x.of.blame(err)
		}
	}
	return x.flushed(ctx)
}

// flushed waits until the server has heard what was said.
func (x *Source) flushed(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, answerWait)
	defer stop()
	if err := x.c.FlushWithContext(ctx); err != nil {
		return x.of.blame(err)
	}
	return nil
}

// Close implements stream.Source.
func (x *Source) Close() { x.c.Close() }
