package kafka

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/beamline-go/beamline/internal/stream"
)

// Source reads a topic as one of a group, of which results go elsewhere: how far it came is
// committed after them.
type Source struct {
	of     Topic
	c      *kgo.Client
	behind lags
}

// Source implements stream.Place.
func (t Topic) Source(ctx context.Context) (stream.Source, error) {
	c, err := kgo.NewClient(append(t.reader(), kgo.DisableAutoCommit(), kgo.BlockRebalanceOnPoll())...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t, err)
	}
	if err := t.there(ctx, c, t.Name); err != nil {
		c.Close()
		return nil, err
	}
	return &Source{t, c, lags{}}, nil
}

// Poll implements stream.Source. No partition goes to another reader until the records are
// acknowledged.
func (x *Source) Poll(ctx context.Context) ([]stream.Record, error) {
	wait, stop := context.WithTimeout(ctx, pollWait)
	defer stop()
	records, err := x.behind.take(x.c.PollRecords(wait, mostPolled))
	if len(records) == 0 {
		x.c.AllowRebalance()
	}
	if err != nil {
		return nil, x.of.blame(err)
	}
	for i := range records {
		records[i].Once = records[i].Source()
	}
	return records, nil
}

// Ack implements stream.Source.
func (x *Source) Ack(ctx context.Context) error {
	defer x.c.AllowRebalance()
	if err := x.c.CommitUncommittedOffsets(ctx); err != nil {
		return x.of.blame(err)
	}
	return nil
}

// Behind implements stream.Behind.
func (x *Source) Behind() int64 { return x.behind.sum() }

// Close implements stream.Source.
func (x *Source) Close() {
	x.c.CloseAllowingRebalance()
	x.of.leave()
}
