package nats

import (
	"context"
	"regexp"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/stream"
)

// mostPending is how many messages are on their way at a time.
const mostPending = 4096

// legalHeader are the names that headers may have.
var legalHeader = regexp.MustCompile(`^[!-9;-~]+$`)

// Sink publishes to a subject that a stream keeps. A message that comes of another one carries
// its identity, by which the stream leaves out what comes again within its duplicate window.
type Sink struct {
	to   Subject
	c    *nats.Conn
	js   jetstream.JetStream
	sent []jetstream.PubAckFuture
	done int64
}

// Sink implements stream.Place.
func (s Subject) Sink(ctx context.Context) (stream.Sink, error) {
	if !legal.MatchString(s.name) {
		return nil, fault.Usagef("%s: nothing can be written to %q, which stands for several subjects", s, s.name)
	}
	c, js, _, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	return &Sink{to: s, c: c, js: js}, nil
}

// Write implements stream.Sink.
func (x *Sink) Write(ctx context.Context, r stream.Record) error {
	if len(x.sent) >= mostPending {
		if _, err := x.Flush(ctx); err != nil {
			return err
		}
	}
	m := &nats.Msg{Subject: x.to.name, Data: r.Value, Header: nats.Header{}}
	for _, h := range r.Headers {
		if legalHeader.MatchString(h.Name) && !strings.HasPrefix(h.Name, ownHeaders) {
			m.Header.Add(h.Name, string(h.Value))
		}
	}
	if len(r.Key) > 0 {
		m.Header.Set(stream.HeaderKey, string(r.Key))
	}
	if r.Once != "" {
		m.Header.Set(nats.MsgIdHdr, r.Once)
	}
	ack, err := x.js.PublishMsgAsync(m)
	if err != nil {
		return x.to.blame(err)
	}
	x.sent = append(x.sent, ack)
	return nil
}

// Flush implements stream.Sink.
func (x *Sink) Flush(ctx context.Context) (int64, error) {
	ctx, stop := context.WithTimeout(ctx, answerWait)
	defer stop()
	sent := x.sent
	x.sent = nil
	for _, ack := range sent {
		select {
		case <-ack.Ok():
			x.done++
		case err := <-ack.Err():
			return x.done, x.to.blame(err)
		case <-ctx.Done():
			return x.done, x.to.blame(ctx.Err())
		}
	}
	return x.done, nil
}

// Close implements stream.Sink.
func (x *Sink) Close() { x.c.Close() }
