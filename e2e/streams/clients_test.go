package streams

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/beamline-go/beamline/e2e/program"
)

// The clients that are not ours, from PyPI.
var foreign = []string{"kafka-python==3.0.12", "confluent-kafka==2.16.1"}

// python is an interpreter that has them, which are installed once a machine.
func python(t *testing.T) string {
	t.Helper()
	system, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3 for the clients that are not ours")
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skip(err)
	}
	dir := filepath.Join(cache, "beamline-e2e", "kafka-clients")
	own := filepath.Join(dir, "bin", "python")
	if exec.Command(own, "-c", "import kafka, confluent_kafka").Run() == nil {
		return own
	}
	if said, err := exec.Command(system, "-m", "venv", dir).CombinedOutput(); err != nil {
		t.Skipf("no environment can be made for the clients that are not ours: %v\n%s", err, said)
	}
	if said, err := exec.Command(own, append([]string{"-m", "pip", "install", "--quiet"}, foreign...)...).CombinedOutput(); err != nil {
		t.Skipf("the clients that are not ours can't be installed: %v\n%s", err, said)
	}
	return own
}

// TestForeignClients has messages written by clients that are not ours, compressed in each
// way, some in a transaction that is taken back; what a stream makes of them is what score
// makes of a file of them, and they read it.
func TestForeignClients(t *testing.T) {
	own := python(t)
	b := kafka(t, 1)
	dir, records := model(t)
	_, file, _, _ := runtime.Caller(0)
	run := func(input string, args ...string) string {
		t.Helper()
		c := exec.Command(own, append([]string{filepath.Join(filepath.Dir(file), "clients.py")}, args...)...)
		c.Stdin, c.Stderr = strings.NewReader(input), os.Stderr
		out, err := c.Output()
		if err != nil {
			t.Fatalf("%v: %v", args, err)
		}
		return string(out)
	}
	var sent []string
	for i, w := range [][2]string{{"kafka-python", "none"}, {"kafka-python", "gzip"}, {"confluent", "gzip"}, {"confluent", "snappy"}, {"confluent", "lz4"}, {"confluent", "zstd"}} {
		some := records[10*i : 10*(i+1)]
		run(strings.Join(some, "\n"), "write", w[0], b.at, "flats", w[1])
		sent = append(sent, some...)
		run(records[0]+"\n"+records[1], "aborted", b.at, "flats")
	}
	want := scored(t, dir, lines(t, sent))
	at := "kafka://" + b.at
	program.Done(t, nil, "stream", at+"/flats", "--to", at+"/prices", "--model", dir, "--idle", "3s", "--quiet")
	for _, client := range []string{"kafka-python", "confluent"} {
		var got []string
		for i, line := range strings.Split(strings.TrimSpace(run("", "read", client, b.at, "prices", fmt.Sprint(len(want)))), "\n") {
			var m struct {
				Key, Value string
				Headers    map[string]string
			}
			if err := json.Unmarshal([]byte(line), &m); err != nil {
				t.Fatalf("%s: %v: %s", client, err, line)
			}
			if n := fmt.Sprint(i % 10); m.Key != n || m.Headers["trace"] != n || !strings.HasPrefix(m.Headers["beamline-source"], "flats/0/") {
				t.Errorf("%s: message %d has the key %q and the headers %v", client, i, m.Key, m.Headers)
			}
			got = append(got, m.Value)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s reads %d predictions, want %d", client, len(got), len(want))
		}
	}
}
