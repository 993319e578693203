package topics

import (
	"strings"
	"testing"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/stream"
)

// TestParse reads an address of each system, and says what is wrong with others.
func TestParse(t *testing.T) {
	for address, want := range map[string][3]string{ // shown, read as, what is refused
		"kafka://a/flats":                         {"kafka://a:9092/flats", "group beamline-flats", "flats-refused"},
		"nats://a/flats.*":                        {"nats://a:4222/flats.*", "consumer beamline-flats", "flats-refused"},
		"nats://a:1,b/flats.sold?group=g":         {"nats://a:1,b:4222/flats.sold", "consumer g", "flats.sold-refused"},
		"mqtt://a/s/+/x?instance=i":               {"mqtt://a:1883/s/+/x", "client beamline-s/+/x-i", "s-all-x-refused"},
		"mqtt://a/s/#?tls=true&group=g":           {"mqtt://a:8883/s/#", "group g", "s-all-refused"},
		"sqs://eu-central-1/flats.fifo":           {"sqs://eu-central-1/flats.fifo", "", "flats-refused.fifo"},
		"pubsub://houses/flats?refused=bad-flats": {"pubsub://houses/flats", "subscription flats", "bad-flats"},
	} {
		p, err := Parse(address)
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		if got := [3]string{p.String(), p.Reader(), p.Refused().Label()}; got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
	for address, says := range map[string]string{
		"flats.csv":                       "names no topic",
		"kafak://a/flats":                 `did you mean "kafka"?`,
		"nats://a/flats..x":               "no subject",
		"nats://a/flats?group=a.b":        "no name of a consumer",
		"nats://me:pw@a/flats":            "NATS_PASSWORD",
		"mqtt://a,b/flats":                "one broker",
		"mqtt://a/s#":                     "no name of a topic",
		"mqtt://a/s?refused=x/%23":        "can't go to",
		"mqtt://a/s?group=a/b":            "no name of a group",
		"sqs:///flats":                    "names no region",
		"sqs://eu-central-1/fl.ats":       "no name of a queue",
		"pubsub://Houses/flats":           "names no project",
		"pubsub://houses/f":               "no name of a topic",
		"pubsub://houses/flats?group=all": `no option "group"`,
	} {
		if _, err := Parse(address); fault.CodeOf(err) != fault.Usage || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "pw@") {
			t.Errorf("%s: %v, want %q", address, err, says)
		}
	}
}

// TestOpen promises what can be kept, and refuses a stream that reads what it writes.
func TestOpen(t *testing.T) {
	for _, x := range []struct{ in, out, promise string }{
		{"kafka://a/flats", "kafka://a/prices", "once"},
		{"kafka://a/flats", "nats://a/prices", "at least once"},
		{"nats://a/houses.*", "nats://a/prices", "at least once"},
		{"nats://a/houses.*", "nats://a/houses.old.prices", "at least once"},
		{"nats://a/houses.>", "nats://b/houses.prices", "at least once"},
		{"mqtt://a/s/+/x", "mqtt://a/s/1/y", "at least once"},
		{"mqtt://a/s/+", "mqtt://a/s/1/y", "at least once"},
		{"nats://a/houses.>", "nats://a/houses.old.prices", ""},
		{"nats://a/*.prices", "nats://a/houses.prices", ""},
		{"nats://a/>", "nats://a/prices", ""},
		{"mqtt://a/s/#", "mqtt://a/s", ""},
		{"mqtt://a/s/+/x", "mqtt://a/s/1/x", ""},
		{"mqtt://a/s/+/x?refused=s/2/x", "mqtt://a/y", ""},
		{"sqs://eu-central-1/flats", "sqs://eu-central-1/flats", ""},
		{"kafka://a/flats", "kafka://a/flats", ""},
		{"kafka://a/flats?refused=flats", "kafka://a/prices", ""},
	} {
		var places [2]stream.Place
		for i, address := range []string{x.in, x.out} {
			var err error
			if places[i], err = Parse(address); err != nil {
				t.Fatal(err)
			}
		}
		if _, promise, err := Open(places[0], places[1]); promise != x.promise || (err == nil) != (x.promise != "") {
			t.Errorf("%s to %s: %q, %v, want %q", x.in, x.out, promise, err, x.promise)
		}
	}
}

// TestKeyed asks for a key where records have no numbers.
func TestKeyed(t *testing.T) {
	for address, needs := range map[string]bool{"kafka://a/flats": false, "nats://a/flats": false, "mqtt://a/flats": true, "sqs://eu/flats": true, "pubsub://houses/flats": true} {
		p, err := Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if err := Keyed(p, ""); (err != nil) != needs {
			t.Errorf("%s: %v", address, err)
		}
		if err := Keyed(p, "id"); err != nil {
			t.Error(err)
		}
	}
}
