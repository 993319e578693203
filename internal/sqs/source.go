package sqs

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"golang.org/x/sync/errgroup"

	"github.com/beamline-go/beamline/internal/stream"
)

// Bounds of what is read.
const (
	batch      = 10   // messages of a request, which the service sets
	beside     = 8    // requests at a time
	mostPolled = 2000 // messages at a time
	pollWait   = 1    // seconds until Poll returns none
	hidden     = 30   // seconds a message is hidden from other readers, until it is asked for again
)

// Source reads a queue. A message is deleted once its result is there.
type Source struct {
	of     Queue
	polled []types.Message
	read   int64
}

// Source implements stream.Place.
func (q Queue) Source(ctx context.Context) (stream.Source, error) {
	q, err := q.connect(ctx)
	if err != nil {
		return nil, err
	}
	return &Source{of: q}, nil
}

// Poll implements stream.Source.
func (x *Source) Poll(ctx context.Context) ([]stream.Record, error) {
	x.polled = x.polled[:0]
	came, err := x.receive(ctx, pollWait)
	if err != nil || ctx.Err() != nil {
		return nil, err
	}
	x.polled = came
	// Each request is paid for: where one brings less than it may, there is little to be had.
	for more := len(came) == batch; more && len(x.polled) < mostPolled; more = len(came) > 0 {
		if came, err = x.more(ctx); err != nil {
			return nil, err
		}
		x.polled = append(x.polled, came...)
	}
	if x.of.ordered {
		slices.SortStableFunc(x.polled, func(a, b types.Message) int {
			return cmp.Or(cmp.Compare(len(sequence(a)), len(sequence(b))), cmp.Compare(sequence(a), sequence(b)))
		})
	}
	records := make([]stream.Record, len(x.polled))
	for i, m := range x.polled {
		records[i] = x.record(m)
	}
	return records, nil
}

// sequence is the number of a message in a queue that keeps an order, of up to 20 digits.
func sequence(m types.Message) string {
	return m.Attributes[string(types.MessageSystemAttributeNameSequenceNumber)]
}

// more asks for what is there, by several requests: each is answered with a few.
func (x *Source) more(ctx context.Context) ([]types.Message, error) {
	came := make([][]types.Message, beside)
	var all errgroup.Group
	for i := range came {
		all.Go(func() (err error) {
			came[i], err = x.receive(ctx, 0)
			return err
		})
	}
	err := all.Wait()
	return slices.Concat(came...), err
}

func (x *Source) receive(ctx context.Context, wait int32) ([]types.Message, error) {
	asked, stop := context.WithTimeout(ctx, answerWait)
	defer stop()
	answer, err := x.of.client.ReceiveMessage(asked, &sqs.ReceiveMessageInput{
		QueueUrl: &x.of.url, MaxNumberOfMessages: batch, WaitTimeSeconds: wait, VisibilityTimeout: hidden,
		MessageAttributeNames:       []string{"All"},
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
	})
	switch {
	case ctx.Err() != nil:
		return nil, nil
	case err != nil:
		return nil, x.of.blame(err)
	}
	return answer.Messages, nil
}

func (x *Source) record(m types.Message) stream.Record {
	id := x.of.name + "/" + aws.ToString(m.MessageId)
	r := stream.Record{Topic: x.of.name, Offset: x.read, ID: id, Once: id, Value: []byte(aws.ToString(m.Body))}
	x.read++
	if group, ok := m.Attributes[string(types.MessageSystemAttributeNameMessageGroupId)]; ok {
		r.Key = []byte(group)
	}
	for name, v := range m.MessageAttributes {
		value := v.BinaryValue
		if v.StringValue != nil {
			value = []byte(*v.StringValue)
		}
		if name == stream.HeaderKey {
			r.Key = value
		} else {
			r.Headers = append(r.Headers, stream.Header{Name: name, Value: value})
		}
	}
	return r
}

// Ack implements stream.Source.
func (x *Source) Ack(ctx context.Context) error {
	return x.each(func(some []types.Message) error {
		ask := &sqs.DeleteMessageBatchInput{QueueUrl: &x.of.url}
		for i, m := range some {
			ask.Entries = append(ask.Entries, types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: m.ReceiptHandle})
		}
		asked, stop := context.WithTimeout(ctx, answerWait)
		defer stop()
		answer, err := x.of.client.DeleteMessageBatch(asked, ask)
		if err != nil {
			return x.of.blame(err)
		}
		return failed(x.of, answer.Failed)
	})
}

// failed is the first of what failed in a batch.
func failed(q Queue, all []types.BatchResultErrorEntry) error {
	if len(all) == 0 {
		return nil
	}
	return fmt.Errorf("%s: %s: %s", q, aws.ToString(all[0].Code), aws.ToString(all[0].Message))
}

// HoldEvery implements stream.Held.
func (x *Source) HoldEvery() time.Duration { return hidden / 3 * time.Second }

// Hold implements stream.Held.
func (x *Source) Hold(ctx context.Context) error {
	return x.each(func(some []types.Message) error {
		ask := &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &x.of.url}
		for i, m := range some {
			ask.Entries = append(ask.Entries, types.ChangeMessageVisibilityBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: hidden})
		}
		answer, err := x.of.client.ChangeMessageVisibilityBatch(ctx, ask)
		if err != nil {
			return x.of.blame(err)
		}
		return failed(x.of, answer.Failed)
	})
}

// each does something to what was polled, as many as a request takes.
func (x *Source) each(do func([]types.Message) error) error {
	var all errgroup.Group
	all.SetLimit(beside)
	for some := range slices.Chunk(x.polled, batch) {
		all.Go(func() error { return do(some) })
	}
	return all.Wait()
}

// Close implements stream.Source.
func (x *Source) Close() {}
