// Package mqtt reads and writes topics of a broker of MQTT, of version 5 or 3.1.1: with QoS 1,
// and in a session that the broker keeps while the reader is away.
package mqtt

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/stream"
)

// Topic is a topic of a broker, or a filter of several, as an address names it:
// mqtt://host:1883/sensors/+/climate?group=scores.
type Topic struct {
	broker   string // host:port
	name     string
	group    string // readers that share the messages; empty where each has all
	instance string
	refused  string
	version  string
	tls      bool
	user     string
	secret   string
}

// Password is the variable of the environment that holds the password of the user.
const Password = "MQTT_PASSWORD"

// Form is how an address looks.
const Form = "mqtt://HOST:1883/TOPIC"

const (
	scheme     = "mqtt"
	plainPort  = "1883"
	tlsPort    = "8883"
	answerWait = 15 * time.Second // for a broker to answer
	kept       = 24 * time.Hour   // a session, while its reader is away
	version5   = "5"
	version3   = "3.1.1"
)

// wildcards are those of topics: a/# stands for a, too.
var wildcards = stream.Wildcards{Separator: "/", One: "+", Rest: "#"}

var options = []string{"group", "instance", "refused", "tls", "user", "version"}

// Parse reads an address. What is left out of it is as it is usual: version 5, this host as
// the instance, and TOPIC-refused for what can't be used.
func Parse(address string) (stream.Place, error) {
	a, err := stream.ParseAddress(address, scheme, Form, Password, options...)
	if err != nil {
		return nil, err
	}
	t := Topic{name: a.Name, group: a.Option("group", ""), instance: a.Instance(), version: a.Option("version", version5)}
	if t.tls, err = a.TLS(); err != nil {
		return nil, err
	}
	if t.user, t.secret, err = a.Secret(Password); err != nil {
		return nil, err
	}
	port := plainPort
	if t.tls {
		port = tlsPort
	}
	brokers, err := a.Brokers(port)
	if err != nil {
		return nil, err
	}
	t.broker, t.refused = brokers[0], a.Option("refused", t.name+"-refused")
	if strings.ContainsAny(t.name, "+#") {
		t.refused = a.Option("refused", strings.NewReplacer("+", "all", "#", "all", "/", "-").Replace(t.name)+"-refused")
	}
	switch {
	case len(brokers) > 1:
		return nil, fault.Usagef("%s: name one broker, and not %d", a, len(brokers))
	case t.version != version5 && t.version != version3:
		return nil, fault.Usagef("%s: version is %s or %s, not %q", a, version5, version3, t.version)
	case !isFilter(t.name):
		return nil, fault.Usagef("%s: %q is no name of a topic", a, t.name)
	case !isTopic(t.refused) || t.refused == t.name:
		return nil, fault.Usagef("%s: what can't be used can't go to the topic %q", a, t.refused)
	case strings.ContainsAny(t.group, "/+#"):
		return nil, fault.Usagef("%s: %q is no name of a group: it has a /, a + or a #", a, t.group)
	}
	return t, nil
}

// isFilter reports whether a name may be read: + stands for a level, # for all that follow.
func isFilter(name string) bool {
	levels := strings.Split(name, "/")
	for i, l := range levels {
		switch {
		case l == "+", l == "#" && i == len(levels)-1:
		case strings.ContainsAny(l, "+#\x00"):
			return false
		}
	}
	return name != "" && len(name) < 1<<16 && levels[0] != "$share"
}

// isTopic reports whether a name may be written to.
func isTopic(name string) bool {
	return isFilter(name) && !strings.ContainsAny(name, "+#")
}

// String is the address without its options.
func (t Topic) String() string { return scheme + "://" + t.broker + "/" + t.name }

// Label implements stream.Place.
func (t Topic) Label() string { return t.name }

// Reader implements stream.Place.
func (t Topic) Reader() string {
	if t.group == "" {
		return "client " + t.client()
	}
	return "group " + t.group
}

// client is the name by which the broker knows the session.
func (t Topic) client() string {
	return strings.Join([]string{"beamline", cmp.Or(t.group, t.name), t.instance}, "-")
}

// subscription is what is asked for.
func (t Topic) subscription() string {
	if t.group == "" {
		return t.name
	}
	return "$share/" + t.group + "/" + t.name
}

// Numbered implements stream.Place: messages have no numbers.
func (t Topic) Numbered() bool { return false }

// Refused implements stream.Place.
func (t Topic) Refused() stream.Place {
	t.name = t.refused
	return t
}

// Covers implements stream.Wide.
func (t Topic) Covers(label string) bool { return wildcards.Cover(t.name, label) }

// connection is one to a broker, by a version of the protocol.
type connection interface {
	// subscribe asks for messages.
	subscribe(ctx context.Context, filter string) error
	// publish hands a message over; answer waits until the broker has it.
	publish(ctx context.Context, topic string, r stream.Record) (answer func(context.Context) error, err error)
	// lost is closed when the connection is, for the reason why is.
	lost() <-chan struct{}
	why() error
	close()
}

// ending is how a connection ends: once, for a reason.
type ending struct {
	gone   chan struct{}
	once   sync.Once
	reason error
}

func (e *ending) end(err error) {
	e.once.Do(func() {
		e.reason = err
		close(e.gone)
	})
}

func (e *ending) lost() <-chan struct{} { return e.gone }

func (e *ending) why() error { return e.reason }

// message is one that was read.
type message struct {
	topic   string
	value   []byte
	headers []stream.Header
	ack     func() error
}

// connect returns a connection. With deliver, which is called with each message in their
// order, the session is kept, and goes on where it was left; another is gone with the
// connection.
func (t Topic) connect(ctx context.Context, client string, deliver func(message)) (c connection, err error) {
	ctx, stop := context.WithTimeout(ctx, answerWait)
	defer stop()
	if t.version == version5 {
		c, err = t.dial5(ctx, client, deliver)
	} else {
		c, err = t.dial3(ctx, client, deliver)
	}
	if err != nil {
		return nil, t.blame(err)
	}
	return c, nil
}

// open opens a connection to the broker.
func (t Topic) open(ctx context.Context) (net.Conn, error) {
	d := &net.Dialer{Timeout: answerWait}
	if !t.tls {
		return d.DialContext(ctx, "tcp", t.broker)
	}
	return (&tls.Dialer{NetDialer: d, Config: &tls.Config{MinVersion: tls.VersionTLS12}}).DialContext(ctx, "tcp", t.broker)
}

// blame says why a broker could not be spoken to.
func (t Topic) blame(err error) error {
	reason := stream.Unreached(t, "the broker does not", err)
	switch {
	case fault.Is(err):
		return err
	case reason != nil:
		return reason
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: the broker does not answer within %s", t, answerWait)
	}
	return fmt.Errorf("%s: %w", t, err)
}
