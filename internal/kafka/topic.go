// Package kafka reads and writes topics of Kafka, so that a record that was read has its
// result once: what is read and what is written is committed in one transaction.
package kafka

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/beamline-go/beamline/internal/fault"
)

// Topic is a topic of a cluster, as an address names it:
// kafka://broker:9092,other:9092/topic?group=scores.
type Topic struct {
	Brokers []string // host:port
	Name    string
	// Group is what readers are known by that share the records, and Instance tells one of
	// them from the others, also after it was started again.
	Group, Instance string
	// Refused is the topic of records that can't be used.
	Refused string
	// TLS and SASL say how the brokers are spoken to: SASL is plain, scram-sha-256 or
	// scram-sha-512, as User, whose password is in the environment.
	TLS  bool
	SASL string
	User string
	// Compression is that of what is written: gzip, as clients can read that have no
	// libraries for more, or none, snappy, lz4 or zstd.
	Compression string
}

// Password is the variable of the environment that holds the password of the user.
const Password = "KAFKA_PASSWORD"

const (
	scheme      = "kafka://"
	defaultPort = "9092"
)

// Mechanisms are the ways to tell who one is.
var mechanisms = []string{"plain", "scram-sha-256", "scram-sha-512"}

// codecs are how messages may be compressed.
var codecs = map[string]kgo.CompressionCodec{"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression()}

// codec is how what is written to the topic is compressed.
func (t Topic) codec() kgo.Opt { return kgo.ProducerBatchCompression(codecs[t.Compression]) }

// options are those that an address may have.
var options = []string{"group", "instance", "refused", "tls", "sasl", "user", "compression"}

// legal are the names that topics have.
var legal = regexp.MustCompile(`^[A-Za-z0-9._-]{1,249}$`)

// Takes reports whether an argument names a topic.
func Takes(arg string) bool { return strings.HasPrefix(arg, scheme) }

// Parse reads an address. What is left out of it is as it is usual: the group beamline-TOPIC,
// this host as the instance, and TOPIC-refused for what can't be used.
func Parse(address string) (t Topic, err error) {
	rest, ok := strings.CutPrefix(address, scheme)
	if !ok {
		return t, fault.Usagef("%s: it names no topic (kafka://BROKER:9092/TOPIC)", address)
	}
	rest, query, _ := strings.Cut(rest, "?")
	brokers, name, _ := strings.Cut(rest, "/")
	shown := scheme + brokers + "/" + name
	if i := strings.LastIndexByte(brokers, '@'); i >= 0 {
		return t, fault.Usagef("%s%s/%s: a user is named by ?user=NAME, and a password stands in %s", scheme, brokers[i+1:], name, Password)
	}
	for _, b := range strings.Split(brokers, ",") {
		if b = strings.TrimSpace(b); b == "" {
			return t, fault.Usagef("%s: it names no broker (kafka://BROKER:9092/TOPIC)", shown)
		}
		if !strings.Contains(b[strings.LastIndexByte(b, ']')+1:], ":") {
			b += ":" + defaultPort
		}
		t.Brokers = append(t.Brokers, b)
	}
	if t.Name = name; !legal.MatchString(name) || name == "." || name == ".." {
		return t, fault.Usagef("%s: %q is no name of a topic: letters, digits, dots, - and _", shown, name)
	}
	q, err := url.ParseQuery(query)
	if err != nil {
		return t, fault.Usagef("%s: what stands behind the ? can't be read", shown)
	}
	for key := range q {
		if !slices.Contains(options, key) {
			return t, fault.Usagef("%s: there is no option %q%s", shown, key, fault.Hint(key, options, ""))
		}
	}
	host, _ := os.Hostname()
	t.Group, t.Instance, t.Refused = cmp.Or(q.Get("group"), "beamline-"+name), cmp.Or(q.Get("instance"), host), cmp.Or(q.Get("refused"), name+"-refused")
	t.SASL, t.User, t.Compression = q.Get("sasl"), q.Get("user"), cmp.Or(q.Get("compression"), "gzip")
	switch q.Get("tls") {
	case "", "false":
	case "true":
		t.TLS = true
	default:
		return t, fault.Usagef("%s: tls is true or false", shown)
	}
	_, known := codecs[t.Compression]
	switch {
	case !known:
		return t, fault.Usagef("%s: compression is one of %s, not %q", shown, strings.Join(slices.Sorted(maps.Keys(codecs)), ", "), t.Compression)
	case !legal.MatchString(t.Refused):
		return t, fault.Usagef("%s: %q is no name of a topic", shown, t.Refused)
	case t.SASL != "" && !slices.Contains(mechanisms, t.SASL):
		return t, fault.Usagef("%s: sasl is one of %s, not %q", shown, strings.Join(mechanisms, ", "), t.SASL)
	case (t.SASL == "") != (t.User == ""):
		return t, fault.Usagef("%s: sasl and user go together, and the password in %s", shown, Password)
	case t.SASL != "" && os.Getenv(Password) == "":
		return t, fault.Usagef("%s: the password of %s is not there: set %s", shown, t.User, Password)
	}
	return t, nil
}

// String is the address without its options.
func (t Topic) String() string {
	return fmt.Sprintf("%s%s/%s", scheme, strings.Join(t.Brokers, ","), t.Name)
}

// sameCluster reports whether two topics are of one cluster, as far as their addresses tell.
func (t Topic) sameCluster(o Topic) bool {
	return slices.Equal(t.Brokers, o.Brokers) && t.TLS == o.TLS && t.SASL == o.SASL && t.User == o.User
}
