package flink

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// root is the root of the tree, where the binary was built.
var root = filepath.Join(source(), "..", "..")

// cluster starts a cluster for a test.
func cluster(t *testing.T, o Options) *Cluster {
	t.Helper()
	if what := Missing(); what != "" {
		t.Skipf("there is no %s: a cluster needs Java 17 with its compiler, and Maven", what)
	}
	dir, err := os.MkdirTemp("", "beamline-flink-*")
	if err != nil {
		t.Fatal(err)
	}
	c, err := Start(dir, o)
	if errors.Is(err, errNotFetched) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Stop()
		if t.Failed() {
			t.Logf("the logs of the cluster are in %s", dir)
			return
		}
		os.RemoveAll(dir)
	})
	return c
}

// beamline runs the binary. It returns what it said and its exit code.
func beamline(ctx context.Context, args ...string) (string, int) {
	c := exec.CommandContext(ctx, filepath.Join("bin", "beamline"), args...)
	c.Dir = root
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	said, err := c.CombinedOutput()
	if err != nil && c.ProcessState == nil {
		return err.Error(), -1
	}
	return string(said), c.ProcessState.ExitCode()
}

func done(t *testing.T, args ...string) string {
	t.Helper()
	said, code := beamline(t.Context(), args...)
	if code != 0 {
		t.Fatalf("beamline %s: exit %d\n%s", strings.Join(args, " "), code, said)
	}
	return said
}

// spec is quick to train.
const spec = `goal: {target: SalePrice, metric: rmsle}
data: {train: testdata/houses/train.csv, labelled: testdata/houses/holdout.csv, score: testdata/houses/test.csv, key: Id}
models: [ridge, gbdt: {trees: 30, rate: 0.2}]
split: {folds: 3}
`

// commands are what is run, each into a folder of its own below dir.
func commands(t *testing.T, dir string) [][]string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "beamline.yaml")
	if err := os.WriteFile(name, []byte(spec), 0o644); err != nil {
		t.Fatal(err)
	}
	in := func(name string) string { return filepath.Join(dir, name) }
	return [][]string{
		{"profile", "testdata/houses/train.csv", "--out", in("profile")},
		{"clean", "testdata/houses/train.csv", "--key", "Id", "--out", in("clean")},
		{"clean", "testdata/houses/train.csv", "--key", "Id", "--format", "csv", "--out", in("csv")},
		{"train", name, "--out", in("train")},
		{"score", "testdata/houses/test.csv", "--model", in("train/model"), "--out", in("score")},
		{"evaluate", "testdata/houses/holdout.csv", "--model", in("train/model"), "--out", in("evaluate")},
		{"run", name, "--out", in("run")},
	}
}

// outputs runs all commands and returns the bytes of what they wrote, but for
// run.json, which holds the clock.
func outputs(t *testing.T, options ...string) map[string]string {
	t.Helper()
	dir := t.TempDir()
	for _, c := range commands(t, dir) {
		done(t, append(c, options...)...)
	}
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "run.json" {
			return err
		}
		body, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		out[name] = strings.ReplaceAll(string(body), dir, "")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func same(t *testing.T, got, want map[string]string) {
	t.Helper()
	for name, body := range want {
		if got[name] != body {
			t.Errorf("%s is not what prism writes", name)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d files, prism writes %d", len(got), len(want))
	}
}

// pool starts the binary as a pool of workers.
func pool(t *testing.T) (address string) {
	t.Helper()
	c := exec.Command(filepath.Join(root, "bin", "beamline"), "worker", "pool", "127.0.0.1:0")
	said, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Process.Signal(os.Interrupt)
		c.Wait()
	})
	line, err := bufio.NewReader(said).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	go func() { // the workers write there too
		s := bufio.NewScanner(said)
		for s.Scan() {
		}
	}()
	return strings.TrimSpace(strings.TrimPrefix(line, "the pool listens on "))
}

// TestSameBytesOnFlink runs every command on two task managers and asks for the
// bytes that prism writes. In its short form it does so once.
func TestSameBytesOnFlink(t *testing.T) {
	c := cluster(t, Options{2, 2, 3})
	want := outputs(t)
	address := pool(t)
	for _, environment := range [][]string{{"environment=process"}, {"environment=external", "pool=" + address}} {
		for _, parallelism := range []string{"2", "1", "4"} {
			t.Run(environment[0]+" parallelism "+parallelism, func(t *testing.T) {
				options := []string{"--runner=flink", "--runner-option", "endpoint=" + c.Endpoint, "--runner-option", "parallelism=" + parallelism}
				for _, o := range environment {
					options = append(options, "--runner-option", o)
				}
				begun := time.Now()
				same(t, outputs(t, options...), want)
				t.Logf("%v", time.Since(begun).Round(time.Second))
			})
			if testing.Short() {
				return
			}
		}
	}
}

// TestLoopback has one task manager use the launcher as its worker.
func TestLoopback(t *testing.T) {
	if testing.Short() {
		t.Skip("the short form has one environment")
	}
	c := cluster(t, Options{1, 2, 3})
	same(t, outputs(t, "--runner=flink", "--runner-option", "endpoint="+c.Endpoint, "--runner-option", "environment=loopback"), outputs(t))
}

// TestBadCluster asks for clear errors in seconds.
func TestBadCluster(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() // it never answers
	for _, c := range []struct {
		options []string
		code    int
		says    string
	}{
		{[]string{"endpoint=127.0.0.1:9"}, 2, "no job server answers at 127.0.0.1:9"},
		{[]string{"endpoint=" + l.Addr().String()}, 2, "no job server answers"},
		{nil, 2, "address of Beam's job server"},
		{[]string{"endpoint=127.0.0.1:9", "paralelism=2"}, 2, `did you mean "parallelism"?`},
		{[]string{"endpoint=127.0.0.1:9", "parallelism=many"}, 2, "whole number"},
		{[]string{"endpoint=127.0.0.1:9", "environment=docker"}, 2, "process, external or loopback"},
		{[]string{"endpoint=127.0.0.1:9", "environment=external"}, 2, "pool=HOST:PORT"},
		{[]string{"endpoint=127.0.0.1:9", "checkpointing_interval=1000", "finish_bundle_before_checkpointing=false"}, 2, "loses data"},
	} {
		args := []string{"profile", "testdata/houses/train.csv", "--out", filepath.Join(t.TempDir(), "out"), "--runner", "flink"}
		for _, o := range c.options {
			args = append(args, "--runner-option", o)
		}
		begun := time.Now()
		said, code := beamline(t.Context(), args...)
		if code != c.code || !strings.Contains(said, c.says) || time.Since(begun) > 15*time.Second {
			t.Errorf("%v: exit %d after %v: %s", c.options, code, time.Since(begun).Round(time.Second), said)
		}
	}
}

// TestFaultsTravel asks for the exit codes that the same faults have locally.
func TestFaultsTravel(t *testing.T) {
	c := cluster(t, Options{1, 2, 0})
	dir := t.TempDir()
	on := []string{"--runner=flink", "--runner-option", "endpoint=" + c.Endpoint}
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var rows strings.Builder
	for i := range 60 {
		fmt.Fprintf(&rows, "%d,%d\n", i, 3*i)
	}
	damaged := append([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3}, "this is no deflated text"...)
	for _, x := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"profile", file("h.csv", "x,y\n")}, 3, "h.csv"},
		{[]string{"profile", file("r.csv", "x,y\n"+rows.String()+strings.Repeat("1\n", 40))}, 3, "40 of 100 records were refused"},
		{[]string{"train", file("f.csv", "x,y\n1,2\n2,3\n3,5\n"), "--target", "y"}, 3, "too few"},
		{[]string{"profile", file("d.csv.gz", string(damaged))}, 3, "damaged"},
	} {
		said, code := beamline(t.Context(), append(append(x.args, "--out", filepath.Join(t.TempDir(), "out")), on...)...)
		if code != x.code || !strings.Contains(said, x.says) {
			t.Errorf("%v: exit %d: %s", x.args, code, said)
		}
	}
}

// TestRealOnFlink trains every learner on real tables, and asks for the bytes
// that prism writes.
func TestRealOnFlink(t *testing.T) {
	data := os.Getenv("BEAMLINE_DATA")
	if data == "" {
		t.Skip("BEAMLINE_DATA is not set")
	}
	if testing.Short() {
		t.Skip("training on real data takes minutes")
	}
	c := cluster(t, Options{2, 2, 3})
	dir := t.TempDir()
	for name, args := range map[string][]string{
		"ames":  {filepath.Join(data, "ames/train.csv"), "--target", "SalePrice", "--key", "Id", "--metric", "rmsle"},
		"adult": {filepath.Join(data, "tabular/adult_train.csv"), "--no-header", "--target", "c15", "--metric", "auc"},
	} {
		t.Run(name, func(t *testing.T) {
			train := func(out string, more ...string) time.Duration {
				begun := time.Now()
				done(t, append(append([]string{"train", "--out", out}, args...), more...)...)
				return time.Since(begun).Round(time.Second)
			}
			prism, flink := filepath.Join(dir, name+"-prism"), filepath.Join(dir, name+"-flink")
			a := train(prism)
			b := train(flink, "--runner=flink", "--runner-option", "endpoint="+c.Endpoint, "--runner-option", "parallelism=2")
			for _, file := range []string{"schema.yaml", "changes.csv", "metrics.json", "model/manifest.json", "report.html"} {
				got, gerr := os.ReadFile(filepath.Join(flink, file))
				want, werr := os.ReadFile(filepath.Join(prism, file))
				if gerr != nil || werr != nil || string(got) != string(want) {
					t.Errorf("%s is not what prism writes", file)
				}
			}
			t.Logf("prism %v, flink %v", a, b)
		})
	}
}
