// Package pubsub reads subscriptions of Google Cloud Pub/Sub, or of an emulator at
// PUBSUB_EMULATOR_HOST, and writes to topics.
package pubsub

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	vendor "cloud.google.com/go/pubsub/v2/apiv1"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/stream"
)

// Place is a subscription that is read, or a topic that is written to, as an address names it:
// pubsub://project/flats.
type Place struct {
	project, name string
	refused       string
}

// Form is how an address looks.
const Form = "pubsub://PROJECT/SUBSCRIPTION or /TOPIC"

const (
	scheme     = "pubsub"
	answerWait = 30 * time.Second // for the service to answer
	credential = "the file that GOOGLE_APPLICATION_CREDENTIALS names"
	mostListed = 1000
)

var (
	options  = []string{"refused"}
	legal    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._~+%-]{2,254}$`)
	projects = regexp.MustCompile(`^[a-z0-9.:-]+$`)
)

// Parse reads an address. Where it names none, the topic NAME-refused is for what can't be used.
func Parse(address string) (stream.Place, error) {
	a, err := stream.ParseAddress(address, scheme, Form, credential, options...)
	if err != nil {
		return nil, err
	}
	p := Place{project: a.Hosts, name: a.Name, refused: a.Option("refused", a.Name+"-refused")}
	switch {
	case !projects.MatchString(p.project):
		return nil, fault.Usagef("%s: it names no project (%s)", a, Form)
	case !legal.MatchString(p.name), !legal.MatchString(p.refused):
		return nil, fault.Usagef("%s: %q or %q is no name of a topic or a subscription", a, p.name, p.refused)
	}
	return p, nil
}

// String is the address without its options.
func (p Place) String() string { return scheme + "://" + p.project + "/" + p.name }

// Label implements stream.Place.
func (p Place) Label() string { return p.name }

// Reader implements stream.Place.
func (p Place) Reader() string { return "subscription " + p.name }

// Numbered implements stream.Place: messages have names, and no numbers.
func (p Place) Numbered() bool { return false }

// Refused implements stream.Place.
func (p Place) Refused() stream.Place {
	p.name = p.refused
	return p
}

// path is the full name of a topic or a subscription.
func (p Place) path(kind string) string { return "projects/" + p.project + "/" + kind + "/" + p.name }

// dialed are the options by which the service is spoken to.
func dialed() []option.ClientOption {
	const largest = 64 << 20 // bytes of an answer
	calls := grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(largest))
	if at := os.Getenv("PUBSUB_EMULATOR_HOST"); at != "" {
		return []option.ClientOption{option.WithEndpoint(at), option.WithoutAuthentication(),
			option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())), option.WithGRPCDialOption(calls)}
	}
	return []option.ClientOption{option.WithGRPCDialOption(calls)}
}

// lister goes over what is there.
func lister[T any](next func() (T, error), name func(T) string) (names []string) {
	for len(names) < mostListed {
		x, err := next()
		if err != nil {
			return names // as far as one may know
		}
		full := name(x)
		names = append(names, full[strings.LastIndexByte(full, '/')+1:])
	}
	return names
}

// topics are the names of those of the project.
func (p Place) topics(ctx context.Context, c *vendor.TopicAdminClient) []string {
	return lister(c.ListTopics(ctx, &pubsubpb.ListTopicsRequest{Project: "projects/" + p.project}).Next, (*pubsubpb.Topic).GetName)
}

// subscriptions are the names of those of the project.
func (p Place) subscriptions(ctx context.Context, c *vendor.SubscriptionAdminClient) []string {
	return lister(c.ListSubscriptions(ctx, &pubsubpb.ListSubscriptionsRequest{Project: "projects/" + p.project}).Next, (*pubsubpb.Subscription).GetName)
}

// blame says why the service did not do what it was asked.
func (p Place) blame(err error) error {
	s, ok := status.FromError(err)
	switch {
	case ok && (s.Code() == codes.PermissionDenied || s.Code() == codes.Unauthenticated || s.Code() == codes.NotFound || s.Code() == codes.InvalidArgument || s.Code() == codes.FailedPrecondition):
		return fault.Usagef("%s: %s", p, s.Message())
	case ok && s.Code() == codes.DeadlineExceeded, errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: Pub/Sub does not answer within %s", p, answerWait)
	case ok:
		return fmt.Errorf("%s: %s", p, s.Message())
	case strings.Contains(err.Error(), "could not find default credentials"):
		return fault.Usagef("%s: there are no credentials of Google: %s", p, fault.FirstLine(err))
	}
	return fmt.Errorf("%s: %s", p, fault.FirstLine(err))
}
