package flink

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/beamline-go/beamline/e2e/fakes"
	"github.com/beamline-go/beamline/e2e/program"
)

// root is the root of the tree.
var root = program.Root

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

func beamline(ctx context.Context, args ...string) (string, int) {
	return program.Run(ctx, nil, args...)
}

func done(t *testing.T, args ...string) string {
	t.Helper()
	return program.Done(t, nil, args...)
}

// spec is quick to train.
var spec = program.Spec("testdata/houses")

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
		{"dedupe", "testdata/houses/train.csv", "--key", "Id", "--out", in("dedupe")},
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
	out := program.Outputs(t, dir)
	for name, body := range out {
		out[name] = strings.ReplaceAll(body, dir, "")
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

// TestGoldenOnAllRunners runs the spec of make run on each runner, and asks for
// the files that are written down.
func TestGoldenOnAllRunners(t *testing.T) {
	c := cluster(t, Options{TaskManagers: 2, Slots: 2, Restarts: 3})
	golden := filepath.Join(root, "testdata/houses/golden")
	names, err := os.ReadDir(golden)
	if err != nil || len(names) < 5 {
		t.Fatalf("%d golden files, %v", len(names), err)
	}
	for _, runner := range [][]string{{"prism"}, {"direct"}, {"flink", "--runner-option", "endpoint=" + c.Endpoint, "--runner-option", "parallelism=2"}} {
		out := filepath.Join(t.TempDir(), "out")
		done(t, append([]string{"run", "testdata/houses/beamline.yaml", "--out", out, "--runner"}, runner...)...)
		for _, name := range names {
			got, gerr := os.ReadFile(filepath.Join(out, name.Name()))
			want, werr := os.ReadFile(filepath.Join(golden, name.Name()))
			if gerr != nil || werr != nil || string(got) != string(want) {
				t.Errorf("%s: %s is not the golden one", runner[0], name.Name())
			}
		}
	}
}

// pool starts the binary as a pool of workers for those that have its token, as jobs of
// this test have from then on.
func pool(t *testing.T) (address string) {
	t.Helper()
	t.Setenv("BEAMLINE_POOL_TOKEN", "a token of the test")
	c := exec.Command(program.Path, "worker", "pool", "127.0.0.1:0")
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
	c := cluster(t, Options{TaskManagers: 2, Slots: 2, Restarts: 3})
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
	c := cluster(t, Options{TaskManagers: 1, Slots: 2, Restarts: 3})
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

// TestWhatTheWorkersCantDo asks for clear errors in seconds, of a cluster whose
// task managers see another file system, have no program to start, or no space.
func TestWhatTheWorkersCantDo(t *testing.T) {
	hidden, full := t.TempDir(), t.TempDir()
	o := Options{TaskManagers: 1, Slots: 2, Restarts: 1}
	root := os.Getuid() == 0
	if root {
		o.Hidden = hidden
		if said, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=96k", "none", full).CombinedOutput(); err != nil {
			t.Logf("no small file system: %s", said)
			root = false
		} else {
			t.Cleanup(func() { exec.Command("umount", full).Run() })
		}
	}
	c := cluster(t, o)
	if err := os.WriteFile(filepath.Join(hidden, "train.csv"), program.Data(t, "train.csv"), 0o644); err != nil {
		t.Fatal(err)
	}
	elsewhere := filepath.Join(t.TempDir(), "elsewhere") // a program for another kind of machine
	arm := exec.Command("go", "build", "-o", elsewhere, "../dataflow/stream")
	arm.Env = append(os.Environ(), "GOARCH=arm64", "CGO_ENABLED=0")
	if testing.Short() {
		elsewhere = ""
	} else if said, err := arm.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	const data = "testdata/houses/train.csv"
	for _, x := range []struct {
		name, data, out string
		options         []string
		code            int
		says            string
		skip            bool
	}{
		{"the workers don't see the data", filepath.Join(hidden, "train.csv"), t.TempDir(), nil, 2, "can't read", !root},
		{"the workers don't see the output folder", data, filepath.Join(hidden, "out"), nil, 2, "can't write the output folder", !root},
		{"the disk is full", data, filepath.Join(full, "out"), nil, 1, "no space left on device", !root},
		{"the program is not there", data, t.TempDir(), []string{"command=/nonexistent/beamline"}, 1, "the task managers can't find the workers' program", false},
		{"the program is another machine's", data, t.TempDir(), []string{"command=" + elsewhere}, 1, "built for the machines of the task managers", elsewhere == ""},
		{"too few slots", data, t.TempDir(), []string{"parallelism=9", "rest=" + c.Rest()}, 1, "2 slots on 1 task managers", false},
		{"data that is not there", "testdata/houses/trian.csv", t.TempDir(), nil, 2, "did you mean", false},
		{"no job manager", data, t.TempDir(), []string{"rest=127.0.0.1:9"}, 2, "no job manager of Flink answers", false},
		{"another server", data, t.TempDir(), []string{"rest=" + c.Endpoint}, 2, "no job manager of Flink", false},
	} {
		if x.skip {
			continue
		}
		args := []string{"clean", x.data, "--out", x.out, "--runner=flink", "--runner-option", "endpoint=" + c.Endpoint}
		for _, o := range x.options {
			args = append(args, "--runner-option", o)
		}
		begun := time.Now()
		said, code := beamline(t.Context(), args...)
		took := time.Since(begun).Round(100 * time.Millisecond)
		if code != x.code || !strings.Contains(said, x.says) || strings.Count(strings.TrimSpace(said), "\n") > 0 || took > 30*time.Second {
			t.Errorf("%s: exit %d after %v: %s", x.name, code, took, said)
		}
		t.Logf("%s: %v: %s", x.name, took, strings.TrimSpace(said))
	}
}

// TestJobsOnFlink lists, shows and cancels jobs.
func TestJobsOnFlink(t *testing.T) {
	c := cluster(t, Options{TaskManagers: 1, Slots: 2, Restarts: 1})
	on := []string{"--runner=flink", "--runner-option", "endpoint=" + c.Endpoint}
	said := done(t, append([]string{"profile", "testdata/houses/train.csv", "--json", "--out", filepath.Join(t.TempDir(), "out")}, on...)...)
	var run struct {
		JobID string `json:"job_id"`
	}
	if err := json.Unmarshal([]byte(said), &run); err != nil || run.JobID == "" {
		t.Fatalf("%v: %s", err, said)
	}
	if !strings.Contains(c.Log(0), "train.csv has 1,5") && !strings.Contains(c.Log(0), "train.csv has 15") {
		t.Error("the task manager's log has nothing of what the workers did")
	}
	if said := done(t, append([]string{"jobs", "list"}, on...)...); !strings.Contains(said, run.JobID) || !strings.Contains(said, "done") {
		t.Errorf("jobs list says %s", said)
	}
	if said := done(t, append([]string{"jobs", "show", run.JobID}, on...)...); !strings.Contains(said, "read 1,5") {
		t.Errorf("jobs show says %s", said)
	}
	if said, code := beamline(t.Context(), append([]string{"jobs", "drain", run.JobID}, on...)...); code != 2 || !strings.Contains(said, "can't drain") {
		t.Errorf("exit %d: %s", code, said)
	}
	if said, code := beamline(t.Context(), append([]string{"jobs", "cancel", "nosuch"}, on...)...); code != 2 || !strings.Contains(said, "knows no job") {
		t.Errorf("exit %d: %s", code, said)
	}
}

// TestInABucketOnFlink has the workers of a cluster read, work and write in a
// bucket.
func TestInABucketOnFlink(t *testing.T) {
	gcs, err := fakes.NewGCS("lake")
	if err != nil {
		t.Fatal(err)
	}
	defer gcs.Stop()
	for _, e := range gcs.Env() {
		name, value, _ := strings.Cut(e, "=")
		t.Setenv(name, value)
	}
	c := cluster(t, Options{TaskManagers: 2, Slots: 1, Restarts: 1})
	for _, name := range []string{"train", "holdout", "test"} {
		gcs.Put("gs://lake/testdata/houses/"+name+".csv", program.Data(t, name+".csv"))
	}
	gcs.Put("gs://lake/beamline.yaml", []byte(spec))
	done(t, "run", "gs://lake/beamline.yaml", "--out", "gs://lake/prism")
	done(t, "run", "gs://lake/beamline.yaml", "--out", "gs://lake/flink", "--runner=flink", "--runner-option", "endpoint="+c.Endpoint, "--runner-option", "parallelism=2")
	got, want := gcs.Below("gs://lake/flink"), gcs.Below("gs://lake/prism")
	delete(got, "run.json")
	delete(want, "run.json")
	if len(want) == 0 {
		t.Error("prism wrote nothing")
	}
	same(t, got, want)
}

// TestFaultsTravel asks for the exit codes that the same faults have locally.
func TestFaultsTravel(t *testing.T) {
	c := cluster(t, Options{TaskManagers: 1, Slots: 2, Restarts: 0})
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
	c := cluster(t, Options{TaskManagers: 2, Slots: 2, Restarts: 3})
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
