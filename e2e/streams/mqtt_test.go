package streams

import (
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/hooks/auth"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"
)

// mqttSystem is a broker that is spoken to by a version of the protocol.
func mqttSystem(t *testing.T, version string) systemOf {
	t.Helper()
	s := mqtt.New(&mqtt.Options{InlineClient: true, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	s.Options.Capabilities.MaximumInflight, s.Options.Capabilities.MaximumClientWritesPending = 32_000, 64_000
	if err := s.AddHook(new(auth.AllowHook), nil); err != nil {
		t.Fatal(err)
	}
	l := listeners.NewTCP(listeners.Config{ID: "tcp", Address: "127.0.0.1:0"})
	if err := s.AddListener(l); err != nil {
		t.Fatal(err)
	}
	go s.Serve()
	t.Cleanup(func() { s.Close() })
	var mu sync.Mutex
	came := map[string][]told{}
	for i, topic := range []string{"prices", "flats-refused"} {
		err := s.Subscribe(topic, i+1, func(_ *mqtt.Client, _ packets.Subscription, p packets.Packet) {
			x := told{string(p.Payload), map[string]string{}}
			for _, u := range p.Properties.User {
				x.header[u.Key] = u.Val
			}
			mu.Lock()
			defer mu.Unlock()
			came[topic] = append(came[topic], x)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	at := "mqtt://" + l.Address()
	return systemOf{
		name: "mqtt " + version, in: at + "/flats?version=" + version, out: at + "/prices?version=" + version, bare: version != "5",
		write: func(records []string) {
			for _, r := range records {
				if err := s.Publish("flats", []byte(r), false, 1); err != nil {
					t.Fatal(err)
				}
			}
		},
		read: func(topic string) []told {
			time.Sleep(300 * time.Millisecond)
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(came[topic])
		},
	}
}
