// Package nats reads and writes subjects that streams of NATS JetStream keep.
package nats

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/stream"
)

// Subject is a subject of NATS, as an address names it: nats://host:4222/flats.sold?group=scores.
type Subject struct {
	servers []string
	name    string
	group   string // the durable consumer
	refused string
	tls     bool
	user    string
	secret  string
	creds   string // a file
}

// Password is the variable of the environment that holds the password of the user.
const Password = "NATS_PASSWORD"

const (
	scheme      = "nats"
	defaultPort = "4222"
	answerWait  = 15 * time.Second // for a server to answer
)

// Form is how an address looks.
const Form = "nats://HOST:4222/SUBJECT"

var (
	options  = []string{"group", "refused", "tls", "user", "creds"}
	legal    = regexp.MustCompile(`^[^\s.*>]+(\.[^\s.*>]+)*$`)                 // of what is written
	filter   = regexp.MustCompile(`^([^\s.*>]+|\*)(\.([^\s.*>]+|\*))*(\.>)?$`) // of what is read
	durables = regexp.MustCompile(`^[^\s.*>/\\]{1,200}$`)
	unnamed  = regexp.MustCompile(`[\s.*>/\\]+`)
)

// wildcards are those of subjects: > stands for one level at least.
var wildcards = stream.Wildcards{Separator: ".", One: "*", Rest: ">", Least: 1}

// Parse reads an address. What is left out of it is as it is usual: the durable consumer
// beamline-SUBJECT, and SUBJECT-refused for what can't be used.
func Parse(address string) (stream.Place, error) {
	a, err := stream.ParseAddress(address, scheme, Form, Password, options...)
	if err != nil {
		return nil, err
	}
	s := Subject{name: a.Name, creds: a.Option("creds", "")}
	if s.servers, err = a.Brokers(defaultPort); err != nil {
		return nil, err
	}
	if s.tls, err = a.TLS(); err != nil {
		return nil, err
	}
	if s.user, s.secret, err = a.Secret(Password); err != nil {
		return nil, err
	}
	plain := strings.Trim(unnamed.ReplaceAllString(s.name, "-"), "-")
	s.group, s.refused = a.Option("group", "beamline-"+plain), a.Option("refused", s.name+"-refused")
	if !legal.MatchString(s.name) {
		s.refused = a.Option("refused", plain+"-refused") // of a name with wildcards
	}
	switch {
	case !filter.MatchString(s.name) && s.name != ">":
		return nil, fault.Usagef("%s: %q is no subject", a, s.name)
	case !durables.MatchString(s.group):
		return nil, fault.Usagef("%s: %q is no name of a consumer: it has a dot, a star, a slash or a space", a, s.group)
	case !legal.MatchString(s.refused) || s.refused == s.name:
		return nil, fault.Usagef("%s: what can't be used can't go to the subject %q", a, s.refused)
	}
	return s, nil
}

// String is the address without its options.
func (s Subject) String() string {
	return fmt.Sprintf("%s://%s/%s", scheme, strings.Join(s.servers, ","), s.name)
}

// Label implements stream.Place.
func (s Subject) Label() string { return s.name }

// Reader implements stream.Place.
func (s Subject) Reader() string { return "consumer " + s.group }

// Numbered implements stream.Place: a record has its number in the stream.
func (s Subject) Numbered() bool { return true }

// Refused implements stream.Place.
func (s Subject) Refused() stream.Place {
	s.name = s.refused
	return s
}

// Covers implements stream.Wide.
func (s Subject) Covers(label string) bool { return wildcards.Cover(s.name, label) }

// connect returns a connection, and the name of the stream that keeps the subject.
func (s Subject) connect(ctx context.Context) (c *nats.Conn, js jetstream.JetStream, kept string, err error) {
	opts := []nats.Option{nats.Name("beamline"), nats.NoReconnect(), nats.Timeout(answerWait)}
	if s.tls {
		opts = append(opts, nats.Secure(&tls.Config{MinVersion: tls.VersionTLS12}))
	}
	if s.user != "" {
		opts = append(opts, nats.UserInfo(s.user, s.secret))
	}
	if s.creds != "" {
		opts = append(opts, nats.UserCredentials(s.creds))
	}
	servers := make([]string, len(s.servers))
	for i, x := range s.servers {
		servers[i] = scheme + "://" + x
	}
	if c, err = nats.Connect(strings.Join(servers, ","), opts...); err != nil {
		return nil, nil, "", s.blame(err)
	}
	if js, err = jetstream.New(c, jetstream.WithDefaultTimeout(answerWait)); err == nil {
		kept, err = js.StreamNameBySubject(ctx, s.name)
	}
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		err = fault.Usagef("%s: no stream of the server keeps the subject %q%s", s, s.name, fault.Hint(s.name, subjects(ctx, js), ""))
	}
	if err != nil {
		c.Close()
		return nil, nil, "", s.blame(err)
	}
	return c, js, kept, nil
}

// subjects are those that the server keeps.
func subjects(ctx context.Context, js jetstream.JetStream) (all []string) {
	const most = 1000
	for info := range js.ListStreams(ctx).Info() {
		if all = append(all, info.Config.Subjects...); len(all) > most {
			break
		}
	}
	return all
}

// blame says why a server could not be spoken to.
func (s Subject) blame(err error) error {
	if fault.Is(err) {
		return err
	}
	if reason := stream.Unreached(s, "the server does not", err); reason != nil {
		return reason
	}
	switch {
	case errors.Is(err, nats.ErrSecureConnWanted):
		return fault.Usagef("%s: the server does not speak TLS there", s)
	case errors.Is(err, nats.ErrSecureConnRequired):
		return fault.Usagef("%s: the server wants TLS: add ?tls=true", s)
	case errors.Is(err, nats.ErrAuthorization), errors.Is(err, nats.ErrAuthExpired), errors.Is(err, nats.ErrAuthRevoked), errors.Is(err, nats.ErrPermissionViolation):
		return fault.Usagef("%s: the server refuses who asks: %v", s, err)
	case errors.Is(err, os.ErrNotExist):
		return fault.Usagef("%s: %v", s, err)
	case errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount):
		return fault.Usagef("%s: the server has no JetStream, which keeps messages until they are acknowledged", s)
	case errors.Is(err, nats.ErrMaxPayload):
		return fault.Usagef("%s: a record is larger than the server takes (max_payload)", s)
	}
	return fmt.Errorf("%s: %w", s, err)
}
