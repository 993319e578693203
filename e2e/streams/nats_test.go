package streams

import (
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// natsSystem is a server with a stream of the subjects flats, prices and flats-refused.
func natsSystem(t *testing.T) systemOf {
	t.Helper()
	s, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, JetStream: true, StoreDir: t.TempDir(), NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	go s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(20 * time.Second) {
		t.Fatal("the server of NATS does not start")
	}
	c, err := nats.Connect(s.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	js, err := jetstream.New(c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "HOUSES", Subjects: []string{"flats", "prices", "flats-refused"}}); err != nil {
		t.Fatal(err)
	}
	return systemOf{
		name: "nats", in: s.ClientURL() + "/flats", out: s.ClientURL() + "/prices",
		write: func(records []string) {
			for _, r := range records {
				if _, err := js.Publish(t.Context(), "flats", []byte(r)); err != nil {
					t.Fatal(err)
				}
			}
		},
		read: func(subject string) (all []told) {
			pull, err := js.OrderedConsumer(t.Context(), "HOUSES", jetstream.OrderedConsumerConfig{FilterSubjects: []string{subject}})
			if err != nil {
				t.Fatal(err)
			}
			for {
				batch, err := pull.Fetch(10_000, jetstream.FetchMaxWait(500*time.Millisecond))
				if err != nil {
					t.Fatal(err)
				}
				before := len(all)
				for m := range batch.Messages() {
					x := told{string(m.Data()), map[string]string{}}
					for name := range m.Headers() {
						x.header[name] = m.Headers().Get(name)
					}
					all = append(all, x)
				}
				if len(all) == before {
					return all
				}
			}
		},
	}
}
