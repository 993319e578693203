package streams

import (
	"testing"

	vendor "cloud.google.com/go/pubsub/v2/apiv1"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/pubsub/v2/pstest"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// pubsubSystem is a project with the topics flats, prices and flats-refused, and a subscription
// of each, of the same name.
func pubsubSystem(t *testing.T) systemOf {
	t.Helper()
	s := pstest.NewServer()
	t.Cleanup(func() { s.Close() })
	t.Setenv("PUBSUB_EMULATOR_HOST", s.Addr)
	opts := []option.ClientOption{option.WithEndpoint(s.Addr), option.WithoutAuthentication(), option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials()))}
	topics, err := vendor.NewTopicAdminClient(t.Context(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	subs, err := vendor.NewSubscriptionAdminClient(t.Context(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { topics.Close(); subs.Close() })
	for _, name := range []string{"flats", "prices", "flats-refused"} {
		if _, err := topics.CreateTopic(t.Context(), &pubsubpb.Topic{Name: "projects/houses/topics/" + name}); err != nil {
			t.Fatal(err)
		}
		if _, err := subs.CreateSubscription(t.Context(), &pubsubpb.Subscription{Name: "projects/houses/subscriptions/" + name, Topic: "projects/houses/topics/" + name, AckDeadlineSeconds: 10}); err != nil {
			t.Fatal(err)
		}
	}
	return systemOf{
		name: "pubsub", in: "pubsub://houses/flats", out: "pubsub://houses/prices",
		write: func(records []string) {
			for _, r := range records {
				s.Publish("projects/houses/topics/flats", []byte(r), nil)
			}
		},
		read: func(topic string) (all []told) {
			for _, m := range s.Messages() {
				if m.Topic == "projects/houses/topics/"+topic {
					all = append(all, told{string(m.Data), m.Attributes})
				}
			}
			return all
		},
	}
}
