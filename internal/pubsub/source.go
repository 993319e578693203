package pubsub

import (
	"context"
	"slices"
	"time"

	vendor "cloud.google.com/go/pubsub/v2/apiv1"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/stream"
)

// Bounds of what is read.
const (
	mostPolled = 1000        // messages of an answer
	pollWait   = time.Second // until Poll returns none
	mostIDs    = 1000        // of an acknowledgement: 512 KB of them

	leastHidden = 10 // seconds that the service gives a reader at least
)

// Source reads a subscription. A message is acknowledged once its result is there.
type Source struct {
	of     Place
	c      *vendor.SubscriptionAdminClient
	hidden int32    // seconds a message is of this reader, until it is asked for again
	polled []string // what they are acknowledged by
	read   int64
}

// Source implements stream.Place.
func (p Place) Source(ctx context.Context) (stream.Source, error) {
	c, err := vendor.NewSubscriptionAdminClient(ctx, dialed()...)
	if err != nil {
		return nil, p.blame(err)
	}
	ctx, stop := context.WithTimeout(ctx, answerWait)
	defer stop()
	sub, err := c.GetSubscription(ctx, &pubsubpb.GetSubscriptionRequest{Subscription: p.path("subscriptions")})
	if err != nil {
		if status.Code(err) == codes.NotFound {
			err = fault.Usagef("%s: the project has no subscription %q%s", p, p.name, fault.Hint(p.name, p.subscriptions(ctx, c), ""))
		} else {
			err = p.blame(err)
		}
		c.Close()
		return nil, err
	}
	return &Source{of: p, c: c, hidden: max(sub.AckDeadlineSeconds, leastHidden)}, nil
}

// Poll implements stream.Source.
func (x *Source) Poll(ctx context.Context) ([]stream.Record, error) {
	x.polled = x.polled[:0]
	wait, stop := context.WithTimeout(ctx, pollWait)
	defer stop()
	answer, err := x.c.Pull(wait, &pubsubpb.PullRequest{Subscription: x.of.path("subscriptions"), MaxMessages: mostPolled})
	switch {
	case wait.Err() != nil:
		return nil, nil
	case err != nil:
		return nil, x.of.blame(err)
	}
	records := make([]stream.Record, 0, len(answer.ReceivedMessages))
	for _, m := range answer.ReceivedMessages {
		x.polled = append(x.polled, m.AckId)
		records = append(records, x.record(m.Message))
	}
	return records, nil
}

func (x *Source) record(m *pubsubpb.PubsubMessage) stream.Record {
	id := x.of.name + "/" + m.MessageId
	r := stream.Record{Topic: x.of.name, Offset: x.read, ID: id, Once: id, Value: m.Data}
	x.read++
	if m.OrderingKey != "" {
		r.Key = []byte(m.OrderingKey)
	}
	for name, v := range m.Attributes {
		if name == stream.HeaderKey {
			r.Key = []byte(v)
		} else {
			r.Headers = append(r.Headers, stream.Header{Name: name, Value: []byte(v)})
		}
	}
	return r
}

// Ack implements stream.Source.
func (x *Source) Ack(ctx context.Context) error {
	return x.each(ctx, func(ctx context.Context, some []string) error {
		return x.c.Acknowledge(ctx, &pubsubpb.AcknowledgeRequest{Subscription: x.of.path("subscriptions"), AckIds: some})
	})
}

// HoldEvery implements stream.Held.
func (x *Source) HoldEvery() time.Duration { return time.Duration(x.hidden) * time.Second / 3 }

// Hold implements stream.Held.
func (x *Source) Hold(ctx context.Context) error {
	return x.each(ctx, func(ctx context.Context, some []string) error {
		return x.c.ModifyAckDeadline(ctx, &pubsubpb.ModifyAckDeadlineRequest{Subscription: x.of.path("subscriptions"), AckIds: some, AckDeadlineSeconds: x.hidden})
	})
}

// each does something to what was polled, as many as a request takes.
func (x *Source) each(ctx context.Context, do func(context.Context, []string) error) error {
	ctx, stop := context.WithTimeout(ctx, answerWait)
	defer stop()
	for some := range slices.Chunk(x.polled, mostIDs) {
		if err := do(ctx, some); err != nil {
			return x.of.blame(err)
		}
	}
	return nil
}

// Close implements stream.Source.
func (x *Source) Close() { x.c.Close() }
