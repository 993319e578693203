// Package kafka reads and writes topics of Kafka, so that a record that was read has its
// result once: what is read and what is written is committed in one transaction.
package kafka

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/stream"
)

// Topic is a topic of a cluster, as an address names it:
// kafka://broker:9092,other:9092/topic?group=scores.
type Topic struct {
	Brokers []string // host:port
	Name    string
	// Group is what readers are known by that share the records, and Instance tells one of
	// them from the others, also after it was started again.
	Group, Instance string
	// refused is the topic of records that can't be used.
	refused string
	// TLS and SASL say how the brokers are spoken to: SASL is plain, scram-sha-256 or
	// scram-sha-512, as User, whose password is in the environment.
	TLS    bool
	SASL   string
	User   string
	secret string
	// Compression is that of what is written: gzip, as clients can read that have no
	// libraries for more, or none, snappy, lz4 or zstd.
	Compression string
}

// Password is the variable of the environment that holds the password of the user.
const Password = "KAFKA_PASSWORD"

const (
	scheme      = "kafka"
	defaultPort = "9092"
)

// Form is how an address looks.
const Form = "kafka://BROKER:9092/TOPIC"

// mechanisms are the ways to tell who one is.
var mechanisms = []string{"plain", "scram-sha-256", "scram-sha-512"}

// codecs are how messages may be compressed.
var codecs = map[string]kgo.CompressionCodec{"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression()}

// codec is how what is written to the topic is compressed.
func (t Topic) codec() kgo.Opt { return kgo.ProducerBatchCompression(codecs[t.Compression]) }

// options are those that an address may have.
var options = []string{"group", "instance", "refused", "tls", "sasl", "user", "compression"}

// legal are the names that topics have.
var legal = regexp.MustCompile(`^[A-Za-z0-9._-]{1,249}$`)

// Parse reads an address. What is left out of it is as it is usual: the group beamline-TOPIC,
// this host as the instance, and TOPIC-refused for what can't be used.
func Parse(address string) (t Topic, err error) {
	a, err := stream.ParseAddress(address, scheme, Form, Password, options...)
	if err != nil {
		return t, err
	}
	if t.Brokers, err = a.Brokers(defaultPort); err != nil {
		return t, err
	}
	if t.Name = a.Name; !legal.MatchString(t.Name) || t.Name == "." || t.Name == ".." {
		return t, fault.Usagef("%s: %q is no name of a topic: letters, digits, dots, - and _", a, t.Name)
	}
	t.Group, t.Instance, t.refused = a.Option("group", "beamline-"+t.Name), a.Instance(), a.Option("refused", t.Name+"-refused")
	t.SASL, t.User, t.Compression = a.Option("sasl", ""), a.Option("user", ""), a.Option("compression", "gzip")
	if t.TLS, err = a.TLS(); err != nil {
		return t, err
	}
	_, known := codecs[t.Compression]
	switch {
	case !known:
		return t, fault.Usagef("%s: compression is one of %s, not %q", a, strings.Join(slices.Sorted(maps.Keys(codecs)), ", "), t.Compression)
	case !legal.MatchString(t.refused):
		return t, fault.Usagef("%s: %q is no name of a topic", a, t.refused)
	case t.SASL != "" && !slices.Contains(mechanisms, t.SASL):
		return t, fault.Usagef("%s: sasl is one of %s, not %q", a, strings.Join(mechanisms, ", "), t.SASL)
	case (t.SASL == "") != (t.User == ""):
		return t, fault.Usagef("%s: sasl and user go together, and the password in %s", a, Password)
	}
	_, t.secret, err = a.Secret(Password)
	return t, err
}

// String is the address without its options.
func (t Topic) String() string {
	return fmt.Sprintf("%s://%s/%s", scheme, strings.Join(t.Brokers, ","), t.Name)
}

// Label implements stream.Place.
func (t Topic) Label() string { return t.Name }

// Reader implements stream.Place.
func (t Topic) Reader() string { return "group " + t.Group }

// Numbered implements stream.Place: a record has its offset.
func (t Topic) Numbered() bool { return true }

// Refused implements stream.Place.
func (t Topic) Refused() stream.Place {
	t.Name = t.refused
	return t
}

// sameCluster reports whether two topics are of one cluster, as far as their addresses tell.
func (t Topic) sameCluster(o Topic) bool {
	return slices.Equal(t.Brokers, o.Brokers) && t.TLS == o.TLS && t.SASL == o.SASL && t.User == o.User
}
