package sqs

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"golang.org/x/sync/errgroup"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/stream"
)

// Bounds of what is written, which the service sets.
const (
	mostAttributes = 10
	mostBytes      = 240 << 10 // of a request
)

// Sink sends to a queue. In one that keeps an order, a message that comes again within five
// minutes is left out.
type Sink struct {
	to      Queue
	waiting []types.SendMessageBatchRequestEntry
	bytes   int
	sending *errgroup.Group
	done    atomic.Int64
}

// Sink implements stream.Place.
func (q Queue) Sink(ctx context.Context) (stream.Sink, error) {
	q, err := q.connect(ctx)
	if err != nil {
		return nil, err
	}
	return &Sink{to: q, sending: q.requests()}, nil
}

// requests are those that are made at a time: where the order is kept, one.
func (q Queue) requests() *errgroup.Group {
	var some errgroup.Group
	some.SetLimit(beside)
	if q.ordered {
		some.SetLimit(1)
	}
	return &some
}

// Write implements stream.Sink.
func (x *Sink) Write(ctx context.Context, r stream.Record) error {
	m := types.SendMessageBatchRequestEntry{MessageBody: aws.String(strings.ToValidUTF8(string(r.Value), "\ufffd")), MessageAttributes: attributes(r)}
	if x.to.ordered {
		m.MessageGroupId, m.MessageDeduplicationId = aws.String(group(r.Key)), aws.String(once(r.Once))
	}
	size := len(*m.MessageBody)
	for name, v := range m.MessageAttributes {
		size += len(name) + len(aws.ToString(v.StringValue)) + len("String")
	}
	if len(x.waiting) == batch || x.bytes+size > mostBytes {
		x.send(ctx)
	}
	m.Id = aws.String(strconv.Itoa(len(x.waiting)))
	x.waiting, x.bytes = append(x.waiting, m), x.bytes+size
	return nil
}

var (
	illegal     = regexp.MustCompile(`[^A-Za-z0-9_.-]+`)
	groupTokens = regexp.MustCompile("[^A-Za-z0-9!-/:-@\\[-`{-~]+")
)

// attributes are the headers, of which a message has few: ours come last, and stay.
func attributes(r stream.Record) map[string]types.MessageAttributeValue {
	headers := r.Headers
	if len(r.Key) > 0 {
		headers = append(headers[:len(headers):len(headers)], stream.Header{Name: stream.HeaderKey, Value: r.Key})
	}
	all := map[string]types.MessageAttributeValue{}
	for _, h := range headers[max(0, len(headers)-mostAttributes):] {
		if value := strings.ToValidUTF8(string(h.Value), "\ufffd"); value != "" { // none is empty
			all[illegal.ReplaceAllString(h.Name, "_")] = types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &value}
		}
	}
	return all
}

// group is what keeps its order: the records of a key, or all that have none.
func group(key []byte) string {
	const longest = 128
	name := groupTokens.ReplaceAllString(string(key), "_")
	if name == "" {
		return "beamline"
	}
	if len(name) > longest {
		return digest(name)
	}
	return name
}

// once is what a message is known by that may come again; another is like no other.
func once(id string) string {
	if id == "" {
		return rand.Text()
	}
	return digest(id)
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// send sends what waits.
func (x *Sink) send(ctx context.Context) {
	some := x.waiting
	x.waiting, x.bytes = nil, 0
	if len(some) == 0 {
		return
	}
	x.sending.Go(func() error {
		ctx, stop := context.WithTimeout(ctx, answerWait)
		defer stop()
		answer, err := x.to.client.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: &x.to.url, Entries: some})
		var long *types.BatchRequestTooLong
		switch {
		case errors.As(err, &long):
			return fault.Usagef("%s: a record is larger than SQS takes", x.to)
		case err != nil:
			return x.to.blame(err)
		}
		x.done.Add(int64(len(answer.Successful)))
		for _, f := range answer.Failed {
			if f.SenderFault {
				return fault.Usagef("%s: a record is not taken: %s: %s", x.to, aws.ToString(f.Code), aws.ToString(f.Message))
			}
		}
		return failed(x.to, answer.Failed)
	})
}

// Flush implements stream.Sink.
func (x *Sink) Flush(ctx context.Context) (int64, error) {
	x.send(ctx)
	err := x.sending.Wait()
	x.sending = x.to.requests() // a group that has failed stays so
	return x.done.Load(), err
}

// Close implements stream.Sink.
func (x *Sink) Close() { _ = x.sending.Wait() }
