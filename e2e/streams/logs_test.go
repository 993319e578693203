package streams

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/beamline-go/beamline/e2e/program"
)

// told is a message as a reader that is not ours sees it.
type told struct {
	value  string
	header map[string]string
}

// systemOf is a system that has a place of records, flats, and two of results, prices and
// flats-refused.
type systemOf struct {
	name    string
	in, out string // addresses
	write   func(records []string)
	read    func(place string) []told // all that came to it
	bare    bool                      // its messages have no headers
	text    bool                      // its messages are texts
}

// systems are those that a stream reads and writes beside Kafka, as servers of this process.
func systems(t *testing.T) []systemOf {
	return []systemOf{natsSystem(t), mqttSystem(t, "5"), mqttSystem(t, "3.1.1"), sqsSystem(t, "flats"), sqsSystem(t, "flats.fifo"), pubsubSystem(t)}
}

// TestSystems scores what comes from each system, and writes it there: what comes out are the
// lines of score, what can't be used goes aside with its reason.
func TestSystems(t *testing.T) {
	dir, records := model(t)
	want := scored(t, dir, lines(t, records))
	for _, s := range systems(t) {
		t.Run(s.name, func(t *testing.T) {
			run := func() string {
				return program.Done(t, nil, "stream", s.in, "--to", s.out, "--model", dir, "--idle", "2s", "--json")
			}
			run() // some keep messages only for who has asked for them once
			second := "\xff\xfe"
			if s.text {
				second = "poison"
			}
			s.write(append(slices.Clone(records), `{"Id": "poison"`, second))
			said := run()
			var doc struct {
				Rows struct{ Read, Used, Refused int }
			}
			if err := json.Unmarshal([]byte(said[strings.IndexByte(said, '{'):]), &doc); err != nil || doc.Rows.Read != len(records)+2 || doc.Rows.Refused != 2 {
				t.Errorf("%v: %s", err, said)
			}
			var got []string
			for _, m := range s.read("prices") {
				got = append(got, m.value)
				if !s.bare && m.header["beamline-source"] == "" {
					t.Errorf("%s does not say what it comes of: %v", m.value, m.header)
				}
			}
			sorted := slices.Sorted(slices.Values(got))
			if w := slices.Sorted(slices.Values(want)); !slices.Equal(sorted, w) {
				t.Errorf("%d predictions, want %d: %.500q, want %.500q", len(got), len(want), sorted, w)
			}
			refused := s.read("flats-refused")
			if len(refused) != 2 {
				t.Fatalf("%d records are refused: %q", len(refused), refused)
			}
			for _, m := range refused {
				if !s.bare && m.header["beamline-rule"] != "bad_json" {
					t.Errorf("%q has the headers %v", m.value, m.header)
				}
				if m.value != `{"Id": "poison"` && m.value != second {
					t.Errorf("what is refused is %q", m.value)
				}
			}
			run()
			if n := len(s.read("prices")); n != len(want) {
				t.Errorf("a run that has nothing to do leaves %d predictions, of %d", n, len(want))
			}
		})
	}
}

// TestSystemsKilled kills the reader of each system at random moments: each record has its
// prediction at least once, and always the same one.
func TestSystemsKilled(t *testing.T) {
	const each = 3000
	kills := 10
	if testing.Short() {
		kills = 3
	}
	dir, rows := model(t)
	rng := rand.New(rand.NewPCG(3, 4))
	all := systems(t)
	for _, s := range all {
		program.Done(t, nil, "stream", s.in, "--to", s.out, "--model", dir, "--idle", "1s", "--quiet")
		for k := range kills {
			s.write(numbered(t, rows, k*each, (k+1)*each))
			run := start(t, nil, "stream", s.in, "--to", s.out, "--model", dir, "--quiet")
			time.Sleep(time.Duration(100+rng.IntN(500)) * time.Millisecond)
			run.Process.Kill()
			run.Wait()
		}
	}
	var last sync.WaitGroup
	for _, s := range all {
		last.Go(func() { // what was given to a reader that is gone is given to the next after a while
			said, code := program.Run(t.Context(), nil, "stream", s.in, "--to", s.out, "--model", dir, "--idle", "35s", "--quiet")
			if code != 0 {
				t.Errorf("%s: exit %d, %s", s.name, code, said)
			}
		})
	}
	last.Wait()
	for _, s := range all {
		answers, came := map[string]string{}, s.read("prices")
		for _, m := range came {
			var line struct{ Id json.Number }
			if err := json.Unmarshal([]byte(m.value), &line); err != nil {
				t.Fatalf("%s: %v: %s", s.name, err, m.value)
			}
			if was, ok := answers[line.Id.String()]; ok && was != m.value {
				t.Errorf("%s: %s is %s, and then %s", s.name, line.Id, was, m.value)
			}
			answers[line.Id.String()] = m.value
		}
		if len(answers) != kills*each {
			t.Errorf("%s: %d of %d records have a prediction", s.name, len(answers), kills*each)
		}
		t.Logf("%s: %d kills, %d records, %d predictions", s.name, kills, kills*each, len(came))
	}
}

// numbered are records like those of rows, with numbers of their own from one on to another.
func numbered(t *testing.T, rows []string, from, to int) (records []string) {
	t.Helper()
	const first = 100_000
	for i := from; i < to; i++ {
		var record map[string]string
		if err := json.Unmarshal([]byte(rows[i%len(rows)]), &record); err != nil {
			t.Fatal(err)
		}
		record["Id"] = fmt.Sprint(first + i)
		line, err := json.Marshal(record)
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, string(line))
	}
	return records
}

// TestSystemsRefuse says what is wrong before anything is read.
func TestSystemsRefuse(t *testing.T) {
	dir, _ := model(t)
	nats, mqtt := natsSystem(t), mqttSystem(t, "5")
	_, flats, prices := cluster(t, 1)
	for _, x := range []struct {
		args []string
		says string
	}{
		{[]string{strings.Replace(nats.in, "/flats", "/flat", 1), "--to", nats.out}, `did you mean "flats"?`},
		{[]string{nats.in, "--to", strings.Replace(nats.out, "/prices", "/price", 1)}, `did you mean "prices"?`},
		{[]string{nats.in + "?refused=bad", "--to", nats.out}, `keeps the subject "bad"`},
		{[]string{nats.in + "?grup=x", "--to", nats.out}, `did you mean "group"?`},
		{[]string{nats.in, "--to", nats.in}, "can't go back"},
		{[]string{nats.in, "--to", strings.Replace(nats.out, "/prices", "/pri*", 1)}, "no subject"},
		{[]string{"nats://me:secret@127.0.0.1/flats", "--to", nats.out}, "NATS_PASSWORD"},
		{[]string{nats.in + "?tls=true", "--to", nats.out}, "TLS"},
		{[]string{mqtt.in, "--to", strings.Replace(mqtt.out, "/prices", "/a/+", 1)}, "stands for several"},
		{[]string{strings.Replace(mqtt.in, "/flats", "/a/#/b", 1), "--to", mqtt.out}, "no name of a topic"},
		{[]string{strings.Replace(mqtt.in, "=5", "=4", 1), "--to", mqtt.out}, "version is 5 or 3.1.1"},
		{[]string{mqtt.in + "&user=me", "--to", mqtt.out}, "MQTT_PASSWORD"},
		{[]string{nats.in, "--to", strings.Replace(prices, "/prices", "/price", 1)}, `no topic "price", did you mean "prices"?`},
		{[]string{strings.Replace(flats, "/flats", "/flat", 1), "--to", nats.out}, `no topic "flat", did you mean "flats"?`},
		{[]string{"redis://host/flats", "--to", nats.out}, "names no topic"},
	} {
		said, code := program.Run(t.Context(), nil, append([]string{"stream", "--model", dir}, x.args...)...)
		if code != 2 || !strings.Contains(said, x.says) || strings.Contains(said, "secret") {
			t.Errorf("%v: exit %d, %s", x.args, code, said)
		}
	}
}

// TestSystemsMeet reads one system and writes another: Kafka among them, and what is replayed.
func TestSystemsMeet(t *testing.T) {
	dir, _ := model(t)
	c, in, out := cluster(t, 1)
	all := systems(t)
	want := scored(t, dir, "testdata/houses/test.csv")
	slices.Sort(want)
	stream := func(from, to string) {
		t.Helper()
		program.Done(t, nil, "stream", from, "--to", to, "--model", dir, "--idle", "2s", "--quiet")
	}
	came := 0
	for _, s := range all {
		stream(s.in, out) // it asks for messages
		program.Done(t, nil, "replay", "testdata/houses/test.csv", "--to", s.in, "--key", "Id", "--quiet")
		stream(s.in, out)
		var got []string
		for _, r := range read(t, clients(t, c), "prices")[came:] {
			got = append(got, string(r.Value))
			if !s.bare && !strings.Contains(string(r.Value), `:"`+string(r.Key)+`"`) && !strings.Contains(string(r.Value), ":"+string(r.Key)+",") {
				t.Errorf("%s: %s has the key %q", s.name, r.Value, r.Key)
			}
		}
		came += len(got)
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%s to Kafka: %d predictions, want %d", s.name, len(got), len(want))
		}
	}
	program.Done(t, nil, "replay", "testdata/houses/test.csv", "--to", in, "--key", "Id", "--quiet")
	for i, s := range all {
		stream(in+fmt.Sprintf("?group=g%d", i), s.out)
		var got []string
		for _, m := range s.read("prices") {
			got = append(got, m.value)
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("Kafka to %s: %d predictions, want %d", s.name, len(got), len(want))
		}
	}
	// What has no identity is not taken for what was there, where those are left out that are.
	nats, mqtt := all[0], all[1]
	program.Done(t, nil, "replay", "testdata/houses/test.csv", "--to", mqtt.in, "--key", "Id", "--quiet")
	before := len(nats.read("prices"))
	stream(mqtt.in, nats.out)
	if n := len(nats.read("prices")) - before; n != len(want) {
		t.Errorf("MQTT to NATS: %d predictions, want %d", n, len(want))
	}
}
