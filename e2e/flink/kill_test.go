package flink

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// kills is how often something is killed under a run.
const kills = 20

// victims returns the processes of the binary that are workers.
func victims() []int {
	entries, _ := os.ReadDir("/proc")
	var out []int
	for _, e := range entries {
		var pid int
		if _, err := fmt.Sscan(e.Name(), &pid); err != nil {
			continue
		}
		line, err := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
		if err != nil || !strings.Contains(string(line), "beamline") || !strings.Contains(string(line), "--worker=true") {
			continue
		}
		out = append(out, pid)
	}
	return out
}

// TestKills kills a worker, a task manager, or a network at a random moment of
// each run: that of a task manager, or the launcher's to the job server. Every run
// ends with the bytes of prism, or with an error, after which the same
// command, run again, gives them.
func TestKills(t *testing.T) {
	if testing.Short() {
		t.Skip("twenty runs take a while")
	}
	c := cluster(t, Options{TaskManagers: 2, Slots: 2, Restarts: 50})
	dir := t.TempDir()
	name := filepath.Join(dir, "beamline.yaml")
	if err := os.WriteFile(name, []byte(spec), 0o644); err != nil {
		t.Fatal(err)
	}
	want := filepath.Join(dir, "prism")
	done(t, "run", name, "--out", want)
	rng := rand.New(rand.NewPCG(1, uint64(os.Getpid())))
	way, err := newWay(c.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	defer way.Close()
	on := []string{"--runner=flink", "--runner-option", "endpoint=" + way.Addr().String(), "--runner-option", "parallelism=2"}
	for i := range kills {
		out := filepath.Join(dir, fmt.Sprint("run-", i))
		begun := time.Now()
		after := time.Duration(rng.Int64N(int64(8 * time.Second)))
		what := make(chan string, 1)
		go func() {
			time.Sleep(after)
			what <- kill(c, way, i, rng.IntN(2))
		}()
		said, code := beamline(context.Background(), append([]string{"run", name, "--out", out}, on...)...)
		killed := <-what
		again := 0
		for code != 0 && again < 3 { // a clear error, and a rerun that gives the bytes
			if err := c.WaitForSlots(); err != nil {
				t.Fatal(err)
			}
			again++
			said, code = beamline(context.Background(), append([]string{"run", name, "--out", out}, on...)...)
		}
		verdict := "the right bytes"
		if code != 0 {
			verdict = "no result: " + said
			t.Errorf("run %d: exit %d: %s", i, code, said)
		} else if wrong := differences(t, out, want); wrong != "" {
			verdict = "other bytes: " + wrong
			t.Errorf("run %d: %s", i, wrong)
		}
		t.Logf("run %d: %s after %v; %d reruns, %v in all: %s", i, killed, after.Round(100*time.Millisecond), again, time.Since(begun).Round(100*time.Millisecond), verdict)
		if err := c.WaitForSlots(); err != nil {
			t.Fatal(err)
		}
	}
}

// pause is longer than a job manager waits for a heartbeat.
const pause = 9 * time.Second

// kill ends something: what comes next in turn.
func kill(c *Cluster, way *way, i, which int) string {
	switch i % 4 {
	case 0:
		c.PauseTaskManager(which, pause)
		return fmt.Sprintf("the network of task manager %d cut for %v", which, pause)
	case 1:
		return fmt.Sprintf("%d connections between launcher and job server cut", way.cut())
	case 2:
		c.KillTaskManager(which)
		if err := c.StartTaskManager(which); err != nil {
			return err.Error()
		}
		return fmt.Sprintf("task manager %d killed", which)
	}
	for range 50 { // there may be none between two jobs
		if all := victims(); len(all) > 0 {
			pid := all[which%len(all)]
			syscall.Kill(pid, syscall.SIGKILL)
			return "a worker killed"
		}
		time.Sleep(100 * time.Millisecond)
	}
	return "nothing was there to kill"
}

// differences names the files of two folders that differ.
func differences(t *testing.T, got, want string) string {
	t.Helper()
	var wrong []string
	for _, name := range []string{"schema.yaml", "profile.json", "anomalies.jsonl", "rejects.jsonl", "changes.csv", "clean.parquet",
		"model/manifest.json", "metrics.json", "predictions.csv", "report.html"} {
		a, aerr := os.ReadFile(filepath.Join(got, name))
		b, berr := os.ReadFile(filepath.Join(want, name))
		if aerr != nil || berr != nil || string(a) != string(b) {
			wrong = append(wrong, name)
		}
	}
	return strings.Join(wrong, ", ")
}
