package streams

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/beamline-go/beamline/e2e/program"
)

// broker is Kafka itself, one process with the data in a folder.
type broker struct {
	t    *testing.T
	jars string
	dir  string
	at   string
	run  *exec.Cmd
}

// jars fetches Kafka once a machine.
func jars(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"java", "mvn"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skip("Kafka needs ", name)
		}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skip(err)
	}
	dir := filepath.Join(cache, "beamline-e2e", "kafka-3.9.1")
	complete := filepath.Join(dir, "complete")
	if _, err := os.Stat(complete); err == nil {
		return dir
	}
	_, file, _, _ := runtime.Caller(0)
	fetch := exec.Command("mvn", "-q", "-B", "-f", filepath.Join(filepath.Dir(file), "pom.xml"), "dependency:copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory="+dir)
	if said, err := fetch.CombinedOutput(); err != nil {
		t.Skipf("Kafka can't be fetched: %v\n%s", err, said)
	}
	if err := os.WriteFile(complete, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// ports are some that are free.
func ports(t *testing.T, n int) (all []int) {
	t.Helper()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		all = append(all, l.Addr().(*net.TCPAddr).Port)
	}
	return all
}

// kafka starts a broker with the topics flats, prices and flats-refused.
func kafka(t *testing.T, partitions int) *broker {
	t.Helper()
	b := &broker{t: t, jars: jars(t), dir: t.TempDir()}
	p := ports(t, 2)
	b.at = fmt.Sprintf("127.0.0.1:%d", p[0])
	properties := fmt.Sprintf(`process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:%d
listeners=PLAINTEXT://%s,CONTROLLER://127.0.0.1:%d
advertised.listeners=PLAINTEXT://%s
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs=%s
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
`, p[1], b.at, p[1], b.at, filepath.Join(b.dir, "data"))
	if err := os.WriteFile(filepath.Join(b.dir, "server.properties"), []byte(properties), 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := b.java("kafka.tools.StorageTool", "format", "-t", "AAAAAAAAAAAAAAAAAAAAAQ", "-c", filepath.Join(b.dir, "server.properties")).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	b.start()
	t.Cleanup(b.kill)
	b.topics(partitions)
	return b
}

func (b *broker) java(args ...string) *exec.Cmd {
	return exec.Command("java", append([]string{"-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", filepath.Join(b.jars, "*")}, args...)...)
}

// start starts the broker and waits until it listens.
func (b *broker) start() {
	b.t.Helper()
	b.run = b.java("kafka.Kafka", filepath.Join(b.dir, "server.properties"))
	log, err := os.OpenFile(filepath.Join(b.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		b.t.Fatal(err)
	}
	defer log.Close()
	b.run.Stdout, b.run.Stderr = log, log
	if err := b.run.Start(); err != nil {
		b.t.Fatal(err)
	}
	for range 600 {
		if c, err := net.Dial("tcp", b.at); err == nil {
			c.Close()
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	text, _ := os.ReadFile(filepath.Join(b.dir, "log"))
	b.t.Fatalf("Kafka does not listen: %s", text[max(0, len(text)-2000):])
}

// kill ends the broker at once.
func (b *broker) kill() {
	b.run.Process.Kill()
	b.run.Wait()
}

func (b *broker) client(opts ...kgo.Opt) *kgo.Client {
	b.t.Helper()
	c, err := kgo.NewClient(append(opts, kgo.SeedBrokers(b.at))...)
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}

func (b *broker) topics(partitions int) {
	b.t.Helper()
	c := b.client()
	defer c.Close()
	req := kmsg.NewPtrCreateTopicsRequest()
	for _, name := range []string{"flats", "prices", "flats-refused"} {
		t := kmsg.NewCreateTopicsRequestTopic()
		t.Topic, t.NumPartitions, t.ReplicationFactor = name, int32(partitions), 1
		req.Topics = append(req.Topics, t)
	}
	ctx, stop := context.WithTimeout(b.t.Context(), time.Minute)
	defer stop()
	if _, err := req.RequestWith(ctx, c); err != nil {
		b.t.Fatal(err)
	}
}

// TestKafka streams through Kafka itself, while the reader and the broker are killed at random
// moments and started again: each record has one prediction.
func TestKafka(t *testing.T) {
	const each, partitions = 60_000, 3
	kills := 20
	if testing.Short() {
		kills = 6
	}
	records := kills * each
	b := kafka(t, partitions)
	dir, rows := model(t)
	in, out := "kafka://"+b.at+"/flats", "kafka://"+b.at+"/prices"
	rng := rand.New(rand.NewPCG(3, 4))
	for k := range kills { // each run has more to do than it comes to
		many(t, b.client, rows, k*each, (k+1)*each, partitions)
		run := start(t, nil, "stream", in, "--to", out, "--model", dir, "--quiet")
		time.Sleep(time.Duration(300+rng.IntN(700)) * time.Millisecond)
		if k%5 == 4 { // the broker goes, and comes again under the reader
			b.kill()
			time.Sleep(300 * time.Millisecond)
			b.start()
			time.Sleep(2 * time.Second)
		}
		run.Process.Kill()
		run.Wait()
	}
	before := len(read(t, b.client, "prices"))
	said := program.Done(t, nil, "stream", in, "--to", out, "--model", dir, "--idle", "10s")
	t.Logf("%d predictions before the last run: %s", before, said)
	once(t, b.client, records, len(rows))
}
