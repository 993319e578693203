// Package streams runs the binary on topics of a stand-in of Kafka, which has transactions and
// groups, and which fails when it is told to.
package streams

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/beamline-go/beamline/e2e/program"
)

// cluster is a stand-in with the topics flats, prices and flats-refused.
func cluster(t *testing.T, partitions int, more ...kfake.Opt) (c *kfake.Cluster, in, out string) {
	t.Helper()
	c, err := kfake.NewCluster(append([]kfake.Opt{kfake.NumBrokers(1), kfake.SeedTopics(int32(partitions), "flats", "prices", "flats-refused")}, more...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	at := "kafka://" + c.ListenAddrs()[0]
	return c, at + "/flats", at + "/prices"
}

// model trains a model of houses in a folder, and returns the rows to predict as JSON.
func model(t *testing.T) (dir string, records []string) {
	t.Helper()
	dir = t.TempDir()
	program.Done(t, nil, "train", "testdata/houses/train.csv", "--target", "SalePrice", "--key", "Id", "--models", "tree", "--folds", "3", "--quiet", "--out", dir)
	rows, err := csv.NewReader(strings.NewReader(string(program.Data(t, "test.csv")))).ReadAll()
	if err != nil {
		r := csv.NewReader(strings.NewReader(string(program.Data(t, "test.csv"))))
		r.FieldsPerRecord = -1
		if rows, err = r.ReadAll(); err != nil {
			t.Fatal(err)
		}
	}
	for _, row := range rows[1:] {
		if len(row) != len(rows[0]) {
			continue
		}
		record := map[string]string{}
		for k, name := range rows[0] {
			record[name] = row[k]
		}
		line, err := json.Marshal(record)
		if err != nil {
			t.Fatal(err)
		}
		records = append(records, string(line))
	}
	return filepath.Join(dir, "model"), records
}

// lines writes texts as the lines of a file.
func lines(t *testing.T, texts []string) (name string) {
	t.Helper()
	name = filepath.Join(t.TempDir(), "flats.jsonl")
	if err := os.WriteFile(name, []byte(strings.Join(texts, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// scored are the lines that score makes of data with a model, but for those of records that
// can't be used.
func scored(t *testing.T, model, data string) (lines []string) {
	t.Helper()
	dir := t.TempDir()
	program.Done(t, nil, "score", data, "--model", model, "--format", "jsonl", "--out", dir, "--quiet")
	text, err := os.ReadFile(filepath.Join(dir, "predictions.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if !strings.Contains(line, `"prediction":null`) {
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
	}
	return lines
}

// connect makes clients of a cluster.
type connect func(opts ...kgo.Opt) *kgo.Client

func clients(t *testing.T, c *kfake.Cluster) connect {
	return func(opts ...kgo.Opt) *kgo.Client {
		cl, err := kgo.NewClient(append(opts, kgo.SeedBrokers(c.ListenAddrs()...))...)
		if err != nil {
			t.Fatal(err)
		}
		return cl
	}
}

// write puts records into a topic.
func write(t *testing.T, into connect, records ...*kgo.Record) {
	t.Helper()
	cl := into(kgo.RecordPartitioner(kgo.ManualPartitioner()))
	defer cl.Close()
	if err := cl.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

// read returns what a reader sees of a topic that is committed.
func read(t *testing.T, to connect, topic string) (all []*kgo.Record) {
	t.Helper()
	cl := to(kgo.ConsumeTopics(topic), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	defer cl.Close()
	patience := 20 * time.Second // a machine that is busy takes a while to connect
	for {
		ctx, stop := context.WithTimeout(t.Context(), patience)
		fetches := cl.PollFetches(ctx)
		stop()
		if fetches.NumRecords() == 0 {
			return all
		}
		all, patience = append(all, fetches.Records()...), 4*time.Second
	}
}

func header(r *kgo.Record, name string) string {
	for _, h := range r.Headers {
		if h.Key == name {
			return string(h.Value)
		}
	}
	return ""
}

// TestStream scores a topic: what comes out are the lines that scoring the same records as a
// file gives; what can't be used goes aside with its reason; keys and headers stay.
func TestStream(t *testing.T) {
	c, in, out := cluster(t, 1)
	dir, records := model(t)
	var usable []string
	for i, r := range records {
		value := r
		switch i {
		case 3:
			value = `{"Id": "poison"`
		case 5:
			value = ""
		case 7:
			value = "\xff\xfe not a record"
		case 9:
			value = `{"Id": "1", "Id": "2"}`
		default:
			usable = append(usable, r)
		}
		write(t, clients(t, c), &kgo.Record{Topic: "flats", Key: fmt.Append(nil, "key ", i), Value: []byte(value), Headers: []kgo.RecordHeader{{Key: "trace", Value: fmt.Append(nil, i)}}})
	}
	want := scored(t, dir, lines(t, usable))

	said := program.Done(t, nil, "stream", in, "--to", out, "--model", dir, "--idle", "2s", "--json")
	var doc struct {
		Rows struct{ Read, Used, Refused int }
	}
	if err := json.Unmarshal([]byte(said[strings.IndexByte(said, '{'):]), &doc); err != nil || doc.Rows.Read != len(records) || doc.Rows.Refused != 4 {
		t.Errorf("%v: %s", err, said)
	}
	var got []string
	for _, r := range read(t, clients(t, c), "prices") {
		got = append(got, string(r.Value))
		i := strings.TrimPrefix(string(r.Key), "key ")
		if header(r, "trace") != i || header(r, "beamline-source") != "flats/0/"+i {
			t.Errorf("%s has the headers %v", r.Key, r.Headers)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d predictions, want %d; the first is %s, want %s", len(got), len(want), got[0], want[0])
	}
	var reasons []string
	for _, r := range read(t, clients(t, c), "flats-refused") {
		reasons = append(reasons, string(r.Key)+": "+header(r, "beamline-rule"))
		if string(r.Key) == "key 3" && string(r.Value) != `{"Id": "poison"` {
			t.Errorf("the poison is %q", r.Value)
		}
	}
	if fmt.Sprint(reasons) != "[key 3: bad_json key 5: bad_json key 7: bad_json key 9: duplicate_member]" {
		t.Error(reasons)
	}

	// What comes later is scored by the next run, and nothing twice.
	write(t, clients(t, c), &kgo.Record{Topic: "flats", Key: []byte("late"), Value: []byte(records[0])})
	program.Done(t, nil, "stream", in, "--to", out, "--model", dir, "--idle", "2s")
	if all := read(t, clients(t, c), "prices"); len(all) != len(want)+1 || string(all[len(all)-1].Key) != "late" {
		t.Errorf("%d predictions, want one more than %d", len(all), len(want))
	}
}

// TestStreamSteps scores messages with a model that takes what steps make of their columns, a
// table that is joined among them: what comes out is what score makes of a file of them.
func TestStreamSteps(t *testing.T) {
	c, in, out := cluster(t, 1)
	_, records := model(t)
	dir := t.TempDir()
	put := func(name, text string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	towns := put("towns.csv", "Town,Region\nBirch Hill,north\nWestfield,west\n")
	spec := put("beamline.yaml", `goal: {target: SalePrice}
data: {train: testdata/houses/train.csv, key: Id}
models: [tree]
split: {folds: 3}
steps:
  - rename: {LivingArea: Area}
  - cast: {Area: float64, Rooms: int64}
  - name: large_enough
    filter: Area >= 60.0
  - expression: {PerRoom: Area / double(Rooms)}
  - join: {with: `+towns+`, on: Town}
  - drop: [Remark]
`)
	program.Done(t, nil, "train", spec, "--quiet", "--out", dir+"/out")
	model := dir + "/out/model"
	for i, r := range records {
		write(t, clients(t, c), &kgo.Record{Topic: "flats", Key: fmt.Append(nil, i), Value: []byte(r)})
	}
	want := scored(t, model, lines(t, records))
	program.Done(t, nil, "stream", in, "--to", out, "--model", model, "--idle", "2s", "--quiet")
	var got []string
	for _, r := range read(t, clients(t, c), "prices") {
		got = append(got, string(r.Value))
	}
	if !slices.Equal(got, want) || len(got) == 0 {
		t.Errorf("%d predictions, want %d: %.300q, want %.300q", len(got), len(want), got, want)
	}
	small := read(t, clients(t, c), "flats-refused")
	if len(small) == 0 || len(small)+len(got) != len(records) {
		t.Errorf("%d records are refused, of %d", len(small), len(records))
	}
	rules := map[string]int{}
	for _, r := range small {
		rules[header(r, "beamline-rule")]++
		if !strings.HasPrefix(string(r.Value), "{") {
			t.Errorf("%s: it was not %s", header(r, "beamline-rule"), r.Value)
		}
	}
	if rules["large_enough"] == 0 || rules["step_2_cast"] == 0 || len(rules) != 2 { // a room is "6 or so"
		t.Errorf("the refused are of %v", rules)
	}
}

// TestStreamWatch scores messages that are unlike those of training, while Prometheus looks:
// the columns that shifted are those that score finds in a file of them.
func TestStreamWatch(t *testing.T) {
	c, in, out := cluster(t, 1)
	dir, records := model(t)
	var odd []string
	for _, r := range records {
		odd = append(odd, regexp.MustCompile(`"LivingArea":"(\d+)"`).ReplaceAllString(r, `"LivingArea":"${1}0"`))
	}
	scored := t.TempDir()
	program.Done(t, nil, "score", lines(t, odd), "--model", dir, "--out", scored, "--quiet")
	text, err := os.ReadFile(filepath.Join(scored, "anomalies.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for line := range strings.Lines(string(text)) {
		var a struct{ Column, Rule, Expected, Seen string }
		if err := json.Unmarshal([]byte(line), &a); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(a.Rule, "shift") || strings.HasSuffix(a.Rule, "shifted") {
			want = append(want, fmt.Sprintf("%s %s within the last %d records: expected %s, seen %s", a.Column, a.Rule, len(odd), a.Expected, a.Seen))
		}
	}
	if len(want) == 0 {
		t.Fatalf("score finds nothing: %s", text)
	}
	var messages []*kgo.Record
	for i, r := range append(odd, "no record") {
		messages = append(messages, &kgo.Record{Topic: "flats", Key: fmt.Append(nil, i), Value: []byte(r)})
	}
	write(t, clients(t, c), messages...)
	from, said := io.Pipe()
	run := start(t, said, "stream", in, "--to", out, "--model", dir, "--metrics", ":0")
	lines, at := make(chan []string, 1), make(chan string, 1)
	go func() {
		var all []string
		for s := bufio.NewScanner(from); s.Scan(); {
			all = append(all, s.Text())
			if _, address, ok := strings.Cut(s.Text(), "metrics are at "); ok {
				at <- address
			}
		}
		lines <- all
	}()
	address := <-at
	if !strings.HasPrefix(address, "http://127.0.0.1:") {
		t.Errorf("the page is at %s", address)
	}
	page := ""
	for deadline := time.Now().Add(time.Minute); !strings.Contains(page, fmt.Sprintf(`beamline_stream_records_total{topic="flats",outcome="used"} %d`, len(odd))); {
		if time.Now().After(deadline) {
			t.Fatalf("the page says\n%s", page)
		}
		r, err := http.Get(address)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(r.Body)
		r.Body.Close()
		page = string(body)
		time.Sleep(20 * time.Millisecond)
	}
	for _, part := range []string{`beamline_stream_refused_total{topic="flats",rule="bad_json"} 1`, "beamline_stream_step_seconds_count", "beamline_model_info{model_id=", "process_resident_memory_bytes"} {
		if !strings.Contains(page, part) {
			t.Errorf("the page has no %s:\n%s", part, page)
		}
	}
	run.Process.Signal(os.Interrupt)
	if err := run.Wait(); err != nil {
		t.Error(err)
	}
	said.Close()
	all := strings.Join(<-lines, "\n")
	for _, w := range want {
		if !strings.Contains(all, w) {
			t.Errorf("it does not say %q:\n%s", w, all)
		}
	}
	if n := strings.Count(all, " within the last "); n != len(want) {
		t.Errorf("%d columns shifted, want %d:\n%s", n, len(want), all)
	}
}

// many puts the records [from, to) into the topic, which are told apart by their keys.
func many(t *testing.T, into connect, records []string, from, to, partitions int) {
	t.Helper()
	var all []*kgo.Record
	for i := from; i < to; i++ {
		all = append(all, &kgo.Record{Topic: "flats", Partition: int32(i % partitions), Key: fmt.Append(nil, i), Value: []byte(records[i%len(records)])})
	}
	write(t, into, all...)
}

// once asks whether each of n records has one prediction, which is that of its like.
func once(t *testing.T, to connect, n, like int) {
	t.Helper()
	seen, first := map[string]int{}, map[int]string{}
	for _, r := range read(t, to, "prices") {
		seen[string(r.Key)]++
		i := 0
		fmt.Sscan(string(r.Key), &i)
		if was, ok := first[i%like]; ok && was != string(r.Value) {
			t.Errorf("record %d is %s, and one like it %s", i, r.Value, was)
		}
		first[i%like] = string(r.Value)
	}
	twice := 0
	for _, k := range seen {
		if k > 1 {
			twice++
		}
	}
	if len(seen) != n || twice > 0 {
		t.Errorf("%d records have a prediction, of %d, and %d have more than one", len(seen), n, twice)
	}
}

// start starts the binary, whose standard error goes to said.
func start(t *testing.T, said io.Writer, args ...string) *exec.Cmd {
	t.Helper()
	run := exec.Command(program.Path, args...)
	run.Dir, run.Stderr = program.Root, said
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	return run
}

// TestStreamKilled kills the reader at random moments and starts it again: each record has one
// prediction.
func TestStreamKilled(t *testing.T) {
	const each, partitions = 40_000, 3
	kills := 12
	if testing.Short() {
		kills = 4
	}
	records := kills * each
	c, in, out := cluster(t, partitions, kfake.GroupMinSessionTimeout(time.Second))
	dir, rows := model(t)
	rng := rand.New(rand.NewPCG(1, 2))
	for k := range kills { // each run has more to do than it comes to
		many(t, clients(t, c), rows, k*each, (k+1)*each, partitions)
		run := start(t, nil, "stream", in, "--to", out, "--model", dir, "--quiet")
		time.Sleep(time.Duration(200+rng.IntN(600)) * time.Millisecond)
		run.Process.Kill()
		run.Wait()
	}
	program.Done(t, nil, "stream", in, "--to", out, "--model", dir, "--idle", "5s")
	once(t, clients(t, c), records, len(rows))
}

// TestStreamsShare has two readers share a topic, of which one is stopped on the way, while
// the cluster drops connections and fails requests: each record has one prediction.
func TestStreamsShare(t *testing.T) {
	const records, partitions = 60_000, 4
	c, in, out := cluster(t, partitions)
	dir, rows := model(t)
	many(t, clients(t, c), rows, 0, records/2, partitions)
	reader := func(instance string, more ...string) *exec.Cmd {
		return start(t, os.Stderr, append([]string{"stream", in + "?group=g&instance=" + instance, "--to", out, "--model", dir, "--quiet"}, more...)...)
	}
	a := reader("a")
	time.Sleep(700 * time.Millisecond)
	b := reader("b")
	var wait sync.WaitGroup
	wait.Go(func() {
		for range 5 {
			time.Sleep(500 * time.Millisecond)
			c.RehashCoordinators()
			c.ShufflePartitionLeaders()
		}
	})
	many(t, clients(t, c), rows, records/2, records, partitions)
	time.Sleep(time.Second)
	a.Process.Signal(syscall.SIGTERM)
	if err := a.Wait(); err != nil {
		t.Errorf("a reader that is stopped ends with %v", err)
	}
	wait.Wait()
	time.Sleep(time.Second)
	b.Process.Signal(os.Interrupt)
	if err := b.Wait(); err != nil {
		t.Errorf("a reader that is interrupted ends with %v", err)
	}
	last := reader("a", "--idle", "5s")
	if err := last.Wait(); err != nil {
		t.Error(err)
	}
	once(t, clients(t, c), records, len(rows))
}

// TestStreamRefuses says what is wrong before anything is read.
func TestStreamRefuses(t *testing.T) {
	c, in, out := cluster(t, 1)
	dir, _ := model(t)
	at := "kafka://" + c.ListenAddrs()[0]
	for _, x := range []struct {
		args []string
		says string
	}{
		{[]string{in}, "--to"},
		{[]string{at + "/flat", "--to", out}, `no topic "flat", did you mean "flats"?`},
		{[]string{in, "--to", at + "/price"}, `no topic "price", did you mean "prices"?`},
		{[]string{in + "?refused=bad", "--to", out}, `no topic "bad"`},
		{[]string{in, "--to", in}, "records can't go back"},
		{[]string{in, "--to", "kafka://elsewhere:9092/prices"}, "one cluster"},
		{[]string{in + "?grup=x", "--to", out}, `did you mean "group"?`},
		{[]string{"testdata/houses/test.csv", "--to", out}, "names no topic"},
		{[]string{"kafka://me:secret@host/flats", "--to", out}, "KAFKA_PASSWORD"},
		{[]string{in, in, "--to", out}, "one topic"},
	} {
		said, code := program.Run(t.Context(), nil, append([]string{"stream", "--model", dir}, x.args...)...)
		if code != 2 || !strings.Contains(said, x.says) || strings.Contains(said, "secret") {
			t.Errorf("%v: exit %d, %s", x.args, code, said)
		}
	}
}

// TestReplay writes a table into a topic, and what a stream makes of it is what scoring the
// table gives. --rate and --at set its pace.
func TestReplay(t *testing.T) {
	c, in, out := cluster(t, 3)
	dir, _ := model(t)
	want := scored(t, dir, "testdata/houses/test.csv")
	said := program.Done(t, nil, "replay", "testdata/houses/test.csv", "--to", in, "--key", "Id")
	if !strings.Contains(said, "records written to kafka://") {
		t.Error(said)
	}
	program.Done(t, nil, "stream", in, "--to", out, "--model", dir, "--idle", "2s")
	var got []string
	for _, r := range read(t, clients(t, c), "prices") {
		got = append(got, string(r.Value))
		if !strings.Contains(string(r.Value), `:"`+string(r.Key)+`"`) && !strings.Contains(string(r.Value), ":"+string(r.Key)+",") {
			t.Errorf("%s has the key %s", r.Value, r.Key)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%d predictions, want %d", len(got), len(want))
	}

	name := filepath.Join(t.TempDir(), "times.csv")
	if err := os.WriteFile(name, []byte("at,x\n2026-11-30T10:00:00Z,1\n2026-11-30T10:00:40Z,2\n2026-11-30T10:02:00Z,3\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, how := range [][]string{{"--at", "at", "--speed", "60"}, {"--rate", "1"}} {
		begun := time.Now()
		program.Done(t, nil, append([]string{"replay", name, "--to", in, "--quiet"}, how...)...)
		if took := time.Since(begun); took < 1900*time.Millisecond || took > 10*time.Second {
			t.Errorf("%v takes %s, not two seconds", how, took)
		}
	}
	for _, x := range []struct {
		args []string
		says string
	}{
		{[]string{name}, "--to"}, {[]string{name, "--to", in, "--at", "when"}, `no column "when"`}, {[]string{name, "--to", in, "--at", "x"}, "read as a time"},
		{[]string{name, "--to", in, "--rate", "0"}, "records a second"}, {[]string{name, "--to", in, "--rate", "1", "--at", "at"}, "one of them"},
		{[]string{name, "--to", in + "s"}, `did you mean "flats"?`}, {[]string{"gone.csv", "--to", in}, "gone.csv"},
	} {
		said, code := program.Run(t.Context(), nil, append([]string{"replay"}, x.args...)...)
		if code < 2 || code > 3 || !strings.Contains(said, x.says) {
			t.Errorf("%v: exit %d, %s", x.args, code, said)
		}
	}
}

// TestReplayEnds when it is told to, and says how far it came.
func TestReplayEnds(t *testing.T) {
	_, in, _ := cluster(t, 1)
	for signal, code := range map[os.Signal]int{os.Interrupt: 130, syscall.SIGTERM: 143} {
		var said strings.Builder
		run := start(t, &said, "replay", "testdata/houses/test.csv", "--to", in, "--rate", "20")
		time.Sleep(1500 * time.Millisecond)
		run.Process.Signal(signal)
		run.Wait()
		if got := run.ProcessState.ExitCode(); got != code || !strings.Contains(said.String(), "records were written") {
			t.Errorf("%v: exit %d, %s", signal, got, said.String())
		}
	}
}

// TestNamesakes: of two readers of one name the second goes on, and the first ends and says
// why.
func TestNamesakes(t *testing.T) {
	const records = 30_000
	c, in, out := cluster(t, 2)
	dir, rows := model(t)
	many(t, clients(t, c), rows, 0, records/2, 2)
	var said strings.Builder
	first := start(t, &said, "stream", in, "--to", out, "--model", dir, "--quiet")
	time.Sleep(1500 * time.Millisecond)
	second := start(t, os.Stderr, "stream", in, "--to", out, "--model", dir, "--quiet", "--idle", "6s")
	time.Sleep(time.Second)
	many(t, clients(t, c), rows, records/2, records, 2)
	first.Wait()
	if code := first.ProcessState.ExitCode(); code != 2 || !strings.Contains(said.String(), "?instance=NAME") {
		t.Errorf("the first ends with %d: %s", code, said.String())
	}
	if err := second.Wait(); err != nil {
		t.Errorf("the second ends with %v", err)
	}
	once(t, clients(t, c), records, len(rows))
}
