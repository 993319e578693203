package flink

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Sizes of the tables: the second has ten times the bytes of the first.
const (
	smallRows = 2_260_000
	largeRows = 22_600_000
	// largeBytes is about the size of the larger table.
	largeBytes = 2_000_000_000
)

// TestScale profiles and scores a table of 2 GB on two task managers, and writes
// what that took to the file that BEAMLINE_SCALE names. It asserts no speed: only
// that what is shuffled grows far less than the rows.
func TestScale(t *testing.T) {
	page := os.Getenv("BEAMLINE_SCALE")
	if page == "" {
		t.Skip("BEAMLINE_SCALE names no file to write to")
	}
	c := cluster(t, Options{TaskManagers: 2, Slots: 2, Restarts: 0})
	dir := t.TempDir()
	small, large, some := filepath.Join(dir, "small.csv"), filepath.Join(dir, "large.csv"), filepath.Join(dir, "some.csv")
	for path, rows := range map[string]int{small: smallRows, large: largeRows, some: 60_000} {
		w := exec.Command("go", "run", "./bench", "-table", path, "-rows", fmt.Sprint(rows))
		w.Dir = root
		if said, err := w.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, said)
		}
	}
	model := filepath.Join(dir, "train")
	done(t, "train", some, "--target", "price", "--key", "order_id", "--models", "gbdt", "--out", model)
	on := []string{"--runner=flink", "--runner-option", "endpoint=" + c.Endpoint, "--runner-option", "parallelism=2"}

	var text strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&text, format+"\n", args...) }
	say("## %d records, 2 GB, on Flink: two task managers, parallelism 2\n", largeRows)
	say("| command | on | seconds | records/s | shuffled bytes | peak MB of a worker | peak MB of a task manager |\n|---|---|---|---|---|---|---|")
	for _, command := range []string{"profile", "score"} {
		args := func(table string) []string {
			a := []string{command, table, "--force", "--quiet", "--out", filepath.Join(dir, command)}
			if command == "score" {
				a = append(a, "--model", filepath.Join(model, "model"))
			}
			return a
		}
		begun := time.Now()
		done(t, args(large)...)
		say("| %s | prism | %.0f | %.0f | | | |", command, time.Since(begun).Seconds(), largeRows/time.Since(begun).Seconds())
		shuffled := map[string]int64{}
		for _, table := range []string{small, large} {
			w := watch(c)
			begun := time.Now()
			done(t, append(args(table), on...)...)
			took := time.Since(begun).Seconds()
			worker, manager := w.stop()
			shuffled[table] = c.shuffled(t)
			if table == large {
				say("| %s | flink | %.0f | %.0f | %d | %.0f | %.0f |", command, took, largeRows/took, shuffled[table], worker, manager)
			}
		}
		say("| %s of a tenth of it | flink | | | %d | | |", command, shuffled[small])
		// Where the blocks of a file begin is told to its readers, some thirty
		// bytes for each block of a megabyte; and what was learned of blocks
		// waits for its siblings in a tree over them, which is deeper for more.
		if most := max(5*shuffled[small], largeBytes/1000); shuffled[large] > most {
			t.Errorf("%s: %d bytes are shuffled, and %d for a tenth of the rows", command, shuffled[large], shuffled[small])
		}
	}
	t.Log("\n" + text.String())
	if err := os.WriteFile(page, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// watcher looks at the memory of workers and task managers.
type watcher struct {
	quit, ended chan struct{}
	worker      float64
	manager     float64
}

func watch(c *Cluster) *watcher {
	w := &watcher{quit: make(chan struct{}), ended: make(chan struct{})}
	go func() {
		defer close(w.ended)
		for {
			select {
			case <-w.quit:
				return
			case <-time.After(300 * time.Millisecond):
			}
			for _, pid := range victims() {
				w.worker = max(w.worker, resident(pid))
			}
			for _, pid := range c.Processes() {
				w.manager = max(w.manager, resident(pid))
			}
		}
	}()
	return w
}

// stop returns the most megabytes that a worker and a task manager held.
func (w *watcher) stop() (worker, manager float64) {
	close(w.quit)
	<-w.ended
	return w.worker, w.manager
}

// resident is the memory of a process in megabytes.
func resident(pid int) float64 {
	body, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(body)) {
		var kilobytes float64
		if n, _ := fmt.Sscanf(line, "VmRSS: %f kB", &kilobytes); n == 1 {
			return kilobytes * 1024 / 1e6
		}
	}
	return 0
}

// shuffled returns the bytes that the tasks of the latest job wrote for others.
func (c *Cluster) shuffled(t *testing.T) int64 {
	t.Helper()
	var all struct {
		Jobs []struct {
			ID    string `json:"jid"`
			Start int64  `json:"start-time"`
		}
	}
	c.ask(t, "/jobs/overview", &all)
	latest, when := "", int64(0)
	for _, j := range all.Jobs {
		if j.Start > when {
			latest, when = j.ID, j.Start
		}
	}
	var job struct {
		Vertices []struct {
			Metrics map[string]any
		}
	}
	c.ask(t, "/jobs/"+latest, &job)
	sum := 0.0
	for _, v := range job.Vertices {
		n, _ := v.Metrics["write-bytes"].(float64)
		sum += n
	}
	return int64(sum)
}

func (c *Cluster) ask(t *testing.T, path string, to any) {
	t.Helper()
	r, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d%s", c.rest, path))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	if err := json.NewDecoder(r.Body).Decode(to); err != nil {
		t.Fatal(err)
	}
}
