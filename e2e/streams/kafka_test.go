package streams

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	mathrand "math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
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
	// A second listener speaks TLS, with a certificate in ca, and SASL, for the user me.
	secure, ca string
	run        *exec.Cmd
}

// secret is the password of the user.
const secret = "open sesame"

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
	p := ports(t, 3)
	b.at, b.secure, b.ca = fmt.Sprintf("127.0.0.1:%d", p[0]), fmt.Sprintf("127.0.0.1:%d", p[2]), filepath.Join(b.dir, "ca.pem")
	certificate, key := certify(t)
	if err := os.WriteFile(b.ca, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	oneLine := func(text []byte) string { return strings.ReplaceAll(strings.TrimSpace(string(text)), "\n", `\n`) }
	properties := fmt.Sprintf(`process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:%d
listeners=PLAINTEXT://%s,CONTROLLER://127.0.0.1:%d,SECURE://%s
advertised.listeners=PLAINTEXT://%s,SECURE://%s
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
listener.name.secure.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_me="%s";
listener.name.secure.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.certificate.chain=%s
ssl.keystore.key=%s
inter.broker.listener.name=PLAINTEXT
log.dirs=%s
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
`, p[1], b.at, p[1], b.secure, b.at, b.secure, secret, oneLine(certificate), oneLine(key), filepath.Join(b.dir, "data"))
	if err := os.WriteFile(filepath.Join(b.dir, "server.properties"), []byte(properties), 0o600); err != nil {
		t.Fatal(err)
	}
	if said, err := b.java("kafka.tools.StorageTool", "format", "-t", "AAAAAAAAAAAAAAAAAAAAAQ", "-c", filepath.Join(b.dir, "server.properties"), "--add-scram", "SCRAM-SHA-512=[name=me,password="+secret+"]").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	b.start()
	t.Cleanup(b.kill)
	b.topics(partitions)
	return b
}

// certify makes a key, and a certificate of this machine that it signs itself.
func certify(t *testing.T) (certificate, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IsCA: true, BasicConstraintsValid: true, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	body, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: body})
}

// TestSecureKafka speaks TLS and SASL with Kafka, and is told at once where it may not.
func TestSecureKafka(t *testing.T) {
	b := kafka(t, 1)
	dir, records := model(t)
	name := filepath.Join(t.TempDir(), "flats.jsonl")
	if err := os.WriteFile(name, []byte(strings.Join(records[:50], "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	known := append(os.Environ(), "SSL_CERT_FILE="+b.ca)
	env := append(slices.Clone(known), "KAFKA_PASSWORD="+secret)
	topic := func(name, sasl string) string {
		return "kafka://" + b.secure + "/" + name + "?tls=true&user=me&sasl=" + sasl + "&group=" + sasl
	}
	for i, sasl := range []string{"plain", "scram-sha-512"} {
		program.Done(t, env, "replay", name, "--to", topic("flats", sasl), "--quiet")
		program.Done(t, env, "stream", topic("flats", sasl), "--to", topic("prices", sasl), "--model", dir, "--idle", "3s", "--quiet")
		if all := read(t, b.client, "prices"); len(all) != []int{50, 150}[i] { // the second group reads all
			t.Errorf("%s: %d predictions", sasl, len(all))
		}
	}
	for what, c := range map[string]struct {
		env     []string
		address string
		says    string
	}{
		"another password":  {append(slices.Clone(known), "KAFKA_PASSWORD=guess"), topic("flats", "plain"), "SASL"},
		"another mechanism": {env, topic("flats", "scram-sha-256"), "SASL"},
		"no certificate":    {append(os.Environ(), "KAFKA_PASSWORD="+secret), topic("flats", "plain"), "certificate"},
	} {
		for _, args := range [][]string{{"stream", c.address, "--to", strings.Replace(c.address, "/flats", "/prices", 1), "--model", dir, "--idle", "3s"}, {"replay", name, "--to", c.address}} {
			begun := time.Now()
			ctx, stop := context.WithTimeout(t.Context(), 20*time.Second)
			said, code := program.Run(ctx, c.env, args...)
			stop()
			if code == 0 || !strings.Contains(said, c.says) || strings.Contains(said, secret) || time.Since(begun) > time.Minute {
				t.Errorf("%s, %s: exit code %d after %v: %s", args[0], what, code, time.Since(begun), said)
			}
		}
	}
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
	rng := mathrand.New(mathrand.NewPCG(3, 4))
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
