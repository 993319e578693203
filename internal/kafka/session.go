package kafka

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/stream"
)

// Bounds of a session.
const (
	mostPolled   = 20_000           // records at a time
	mostFetched  = 64 << 20         // bytes at a time
	mostOfBroker = 256 << 20        // bytes of one answer
	mostMade     = 16 << 20         // bytes of one batch that is written; the broker may allow less
	pollWait     = time.Second      // until Poll returns none
	answerWait   = 15 * time.Second // for a broker to answer at the start
	leaveWait    = time.Second      // for it to hear that a reader goes
	staleAfter   = 30 * time.Second // a transaction of an instance that is gone is given up
)

// Session reads a topic and writes two, each round in one transaction.
type Session struct {
	in, out Topic
	s       *kgo.GroupTransactSession
	behind  lags
	fenced  bool // another instance of the name has taken the place
}

// lag is how many records of a partition were not polled, at a time.
type lag struct {
	records int64
	at      time.Time
}

// lags are those of partitions.
type lags map[int32]lag

// Open joins the readers of in, to write to out and to the topic of in for what is refused.
// All three must be there, in one cluster, and the first is none of the others.
func Open(ctx context.Context, in, out Topic) (*Session, error) {
	if !in.sameCluster(out) {
		return nil, fault.Usagef("%s and %s: both must be of one cluster, by the same brokers and options, since no transaction spans two", in, out)
	}
	s, err := kgo.NewGroupTransactSession(append(in.reader(),
		kgo.TransactionalID("beamline."+in.Group+"."+in.Instance),
		kgo.TransactionTimeout(staleAfter),
		kgo.ProducerBatchMaxBytes(mostMade),
		out.codec(),
	)...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", in, err)
	}
	x := &Session{in: in, out: out, s: s, behind: lags{}}
	if err := in.there(ctx, s.Client(), in.Name, out.Name, in.refused); err != nil {
		s.Close()
		return nil, err
	}
	return x, nil
}

// reader are the options by which a group reads the topic.
func (t Topic) reader() []kgo.Opt {
	return append(t.client(),
		kgo.ConsumerGroup(t.Group),
		kgo.InstanceID(t.Instance), // takes its place at once when it is started again
		kgo.ConsumeTopics(t.Name),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.FetchMaxBytes(mostFetched),
		kgo.BrokerMaxReadBytes(mostOfBroker),
	)
}

// client are the options by which brokers are spoken to.
func (t Topic) client() []kgo.Opt {
	opts := []kgo.Opt{kgo.SeedBrokers(t.Brokers...), kgo.ClientID("beamline"), kgo.DialTimeout(answerWait)}
	if t.TLS {
		opts = append(opts, kgo.DialTLSConfig(&tls.Config{MinVersion: tls.VersionTLS12}))
	}
	switch t.SASL {
	case "plain":
		opts = append(opts, kgo.SASL(plain.Auth{User: t.User, Pass: t.secret}.AsMechanism()))
	case "scram-sha-256":
		opts = append(opts, kgo.SASL(scram.Auth{User: t.User, Pass: t.secret}.AsSha256Mechanism()))
	case "scram-sha-512":
		opts = append(opts, kgo.SASL(scram.Auth{User: t.User, Pass: t.secret}.AsSha512Mechanism()))
	}
	return opts
}

// there asks whether the cluster has topics.
func (t Topic) there(ctx context.Context, c *kgo.Client, names ...string) error {
	ctx, stop := context.WithTimeout(ctx, answerWait)
	defer stop()
	req := kmsg.NewPtrMetadataRequest() // no topics are all of them
	resp, err := req.RequestWith(ctx, c)
	if err != nil {
		return t.blame(err)
	}
	var there []string
	for _, x := range resp.Topics {
		if x.Topic != nil && x.ErrorCode == 0 {
			there = append(there, *x.Topic)
		}
	}
	for _, name := range names {
		if !slices.Contains(there, name) {
			return fault.Usagef("%s: the cluster has no topic %q%s", t, name, fault.Hint(name, there, ""))
		}
	}
	return nil
}

// blame says why brokers could not be spoken to.
func (t Topic) blame(err error) error {
	if reason := stream.Unreached(t, "the brokers don't", err); reason != nil {
		return reason
	}
	switch {
	case errors.Is(err, kerr.UnsupportedSaslMechanism), errors.Is(err, kerr.IllegalSaslState):
		return fault.Usagef("%s: the cluster does not know who asks in this way (sasl=%s): %v", t, t.SASL, err)
	case errors.Is(err, kerr.SaslAuthenticationFailed), errors.Is(err, kerr.TopicAuthorizationFailed), errors.Is(err, kerr.GroupAuthorizationFailed), errors.Is(err, kerr.TransactionalIDAuthorizationFailed):
		return fault.Usagef("%s: the cluster refuses %s: %v", t, cmp.Or(t.User, "who asks"), err)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: no broker answers within %s", t, answerWait)
	case errors.Is(err, kerr.MessageTooLarge):
		return fault.Usagef("%s: a record is larger than the topic takes (max.message.bytes)", t)
	case isFenced(err):
		return fault.Usagef("%s: another reader of the group %q calls itself %q; tell them apart by ?instance=NAME", t, t.Group, t.Instance)
	}
	return fmt.Errorf("%s: %w", t, err)
}

// isFenced reports whether another instance of the name has taken the place of this one.
func isFenced(err error) bool {
	return errors.Is(err, kerr.ProducerFenced) || errors.Is(err, kerr.InvalidProducerEpoch) || errors.Is(err, kerr.FencedInstanceID)
}

// fault is a fault of the session.
func (x *Session) fault(err error) error {
	x.fenced = x.fenced || isFenced(err)
	return x.in.blame(err)
}

// Poll implements stream.Log.
func (x *Session) Poll(ctx context.Context) ([]stream.Record, error) {
	wait, stop := context.WithTimeout(ctx, pollWait)
	defer stop()
	records, err := x.behind.take(x.s.PollRecords(wait, mostPolled))
	if err != nil {
		return nil, x.fault(err)
	}
	return records, nil
}

// polled is a record as it was read.
func polled(r *kgo.Record) stream.Record {
	of := stream.Record{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Key: r.Key, Value: r.Value}
	for _, h := range r.Headers {
		of.Headers = append(of.Headers, stream.Header{Name: h.Key, Value: h.Value})
	}
	return of
}

// produced is a record as it is written.
func produced(topic string, r stream.Record) *kgo.Record {
	to := &kgo.Record{Topic: topic, Key: r.Key, Value: r.Value}
	for _, h := range r.Headers {
		to.Headers = append(to.Headers, kgo.RecordHeader{Key: h.Name, Value: h.Value})
	}
	return to
}

// Behind implements stream.Behind.
func (x *Session) Behind() int64 { return x.behind.sum() }

// take are the records of what was fetched.
func (l lags) take(fetches kgo.Fetches) (records []stream.Record, err error) {
	fetches.EachError(func(_ string, _ int32, e error) {
		if err == nil && !errors.Is(e, context.DeadlineExceeded) && !errors.Is(e, context.Canceled) {
			err = e
		}
	})
	if err != nil {
		return nil, err
	}
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		if n := len(p.Records); n > 0 {
			l[p.Partition] = lag{max(0, p.HighWatermark-p.Records[n-1].Offset-1), time.Now()}
		}
	})
	for r := range fetches.RecordsAll() {
		records = append(records, polled(r))
	}
	return records, nil
}

// sum is how many records were not polled. The ends of transactions count as records. A
// partition of which nothing came for a while is read by another instance by now.
func (l lags) sum() (n int64) {
	for _, of := range l {
		if time.Since(of.at) < staleAfter {
			n += of.records
		}
	}
	return n
}

// Commit implements stream.Log.
func (x *Session) Commit(ctx context.Context, r stream.Results) (done bool, err error) {
	if err := x.s.Begin(); err != nil {
		return false, x.fault(err)
	}
	var failed kgo.FirstErrPromise
	for topic, records := range map[string][]stream.Record{x.out.Name: r.Made, x.in.refused: r.Refused} {
		for _, made := range records {
			x.s.Produce(ctx, produced(topic, made), failed.Promise())
		}
	}
	wrote := failed.Err() // waits for all
	done, err = x.s.End(ctx, kgo.TransactionEndTry(wrote == nil))
	switch {
	case errors.Is(wrote, kerr.MessageTooLarge):
		return false, fault.Usagef("%s: a result is larger than the topic takes (max.message.bytes)", x.out)
	case wrote != nil:
		return false, x.fault(wrote)
	case err != nil:
		return false, x.fault(err)
	}
	return done, nil
}

// Close implements stream.Log. The instance leaves the group, so that others take what it has
// read at once; one that was killed keeps its place for a while, and takes it again where it is
// started.
func (x *Session) Close() {
	x.s.Close()
	if x.fenced { // the place is another's by now
		return
	}
	x.in.leave()
}

// leave has the instance leave the group.
func (t Topic) leave() {
	c, err := kgo.NewClient(t.client()...)
	if err != nil {
		return
	}
	defer c.Close()
	ctx, stop := context.WithTimeout(context.Background(), leaveWait)
	defer stop()
	m := kmsg.NewLeaveGroupRequestMember()
	m.InstanceID = &t.Instance
	leave := kmsg.NewPtrLeaveGroupRequest()
	leave.Group, leave.Members = t.Group, append(leave.Members, m)
	_, _ = leave.RequestWith(ctx, c) // what can't be told now is known when the instance is not heard of
}
