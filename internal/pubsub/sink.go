package pubsub

import (
	"context"
	"strings"

	vendor "cloud.google.com/go/pubsub/v2/apiv1"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/stream"
)

// Bounds of a request, which the service sets.
const (
	mostSent       = 1000
	mostBytes      = 8 << 20
	mostOrdering   = 1024 // bytes of a key
	mostAttributes = 100
	mostAttribute  = 1024 // bytes of one
)

// Sink publishes to a topic. Messages of one key have it as their ordering key.
type Sink struct {
	to      Place
	c       *vendor.TopicAdminClient
	waiting []*pubsubpb.PubsubMessage
	bytes   int
	done    int64
}

// Sink implements stream.Place.
func (p Place) Sink(ctx context.Context) (stream.Sink, error) {
	c, err := vendor.NewTopicAdminClient(ctx, dialed()...)
	if err != nil {
		return nil, p.blame(err)
	}
	ctx, stop := context.WithTimeout(ctx, answerWait)
	defer stop()
	if _, err = c.GetTopic(ctx, &pubsubpb.GetTopicRequest{Topic: p.path("topics")}); err != nil {
		if status.Code(err) == codes.NotFound {
			err = fault.Usagef("%s: the project has no topic %q%s", p, p.name, fault.Hint(p.name, p.topics(ctx, c), ""))
		} else {
			err = p.blame(err)
		}
		c.Close()
		return nil, err
	}
	return &Sink{to: p, c: c}, nil
}

// Write implements stream.Sink.
func (x *Sink) Write(ctx context.Context, r stream.Record) error {
	m := &pubsubpb.PubsubMessage{Data: r.Value, Attributes: attributes(r.Headers)}
	if key := strings.ToValidUTF8(string(r.Key), "\ufffd"); len(key) <= mostOrdering {
		m.OrderingKey = key
	}
	size := proto.Size(m)
	if len(x.waiting) == mostSent || x.bytes+size > mostBytes {
		if _, err := x.Flush(ctx); err != nil {
			return err
		}
	}
	x.waiting, x.bytes = append(x.waiting, m), x.bytes+size
	return nil
}

// attributes are the headers, of which a message has not very many nor long ones: ours come
// last, and stay.
func attributes(headers []stream.Header) map[string]string {
	all := map[string]string{}
	for _, h := range headers[max(0, len(headers)-mostAttributes):] {
		name := strings.ToValidUTF8(h.Name, "\ufffd")
		value := strings.ToValidUTF8(string(h.Value[:min(len(h.Value), mostAttribute)]), "")
		if name != "" && len(name) <= 256 && !strings.HasPrefix(name, "goog") { // the service keeps those
			all[name] = value
		}
	}
	return all
}

// Flush implements stream.Sink.
func (x *Sink) Flush(ctx context.Context) (int64, error) {
	some := x.waiting
	x.waiting, x.bytes = nil, 0
	if len(some) == 0 {
		return x.done, nil
	}
	ctx, stop := context.WithTimeout(ctx, answerWait)
	defer stop()
	answer, err := x.c.Publish(ctx, &pubsubpb.PublishRequest{Topic: x.to.path("topics"), Messages: some})
	if err != nil {
		return x.done, x.to.blame(err)
	}
	x.done += int64(len(answer.MessageIds))
	return x.done, nil
}

// Close implements stream.Sink.
func (x *Sink) Close() { x.c.Close() }
