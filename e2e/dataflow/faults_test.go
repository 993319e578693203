package dataflow

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/beamline-go/beamline/e2e/fakes"
	"github.com/beamline-go/beamline/e2e/program"
)

// TestFaults puts one fault after the other between the launcher and Google.
// Each is made up for, or is one clear line with the right exit code, in time.
func TestFaults(t *testing.T) {
	r := newRig(t)
	var n atomic.Int64
	service := func(method, path string, f fakes.Fault, times int64) func() {
		return func() {
			n.Store(0)
			r.service.SetFault(func(q *http.Request) fakes.Fault {
				if q.Method == method && strings.Contains(q.URL.Path, path) && n.Add(1) <= times {
					return f
				}
				return fakes.Fault{}
			})
		}
	}
	bucket := func(method, part string, status int) func() {
		return func() {
			r.gcs.SetFault(func(q *http.Request) fakes.Fault {
				if (method == "" || q.Method == method) && strings.Contains(q.URL.RequestURI(), part) {
					return fakes.Fault{Status: status}
				}
				return fakes.Fault{}
			})
		}
	}
	text := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(text, []byte("no program\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	const always = 1 << 30
	for _, c := range []struct {
		name    string
		begin   func()
		data    string   // the train table when empty
		options []string // of the runner
		env     []string
		code    int
		want    string
	}{
		{name: "one 503 while waiting", begin: service("GET", "/jobs/", fakes.Fault{Status: 503}, 1)},
		{name: "one 503 of create", begin: service("POST", "/jobs", fakes.Fault{Status: 503}, 1)},
		{name: "the answer of create is lost", begin: service("POST", "/jobs", fakes.Fault{Cut: true}, 1)},
		{name: "one 429 of list", begin: service("GET", "/jobs", fakes.Fault{Status: 429}, 1)},
		{name: "only 503 while waiting", begin: service("GET", "/jobs/", fakes.Fault{Status: 503}, always), code: 1, want: "may still run"},
		{name: "only 503 of create", begin: service("POST", "/jobs", fakes.Fault{Status: 503}, always), code: 1, want: "could not create the job: 503"},
		{name: "403 of create", begin: service("POST", "/jobs", fakes.Fault{Status: 403}, always), code: 2, want: "do not allow to create the job"},
		{name: "the bucket only answers 503", begin: bucket("", "staging", 503), code: 1, want: "gs://lake/staging"},
		{name: "the bucket can't be written", begin: bucket("POST", "/b/lake/", 403), code: 2, want: "do not allow"},
		{name: "the staging bucket is not there", options: []string{"staging_location=gs://nosuch/x"}, code: 2, want: "no such bucket"},
		{name: "the bucket can't be reached", env: []string{"STORAGE_EMULATOR_HOST=127.0.0.1:9"}, code: 1, want: "127.0.0.1:9"},
		{name: "the service can't be reached", options: []string{"dataflow_endpoint=http://127.0.0.1:9"}, code: 1, want: "could not list the jobs"},
		{name: "the credentials are refused", begin: func() { r.tokens.SetStatus(401) }, code: 2, want: "the credentials are refused"},
		{name: "the token endpoint fails", begin: func() { r.tokens.SetStatus(500) }, code: 1, want: "could not list the jobs"},
		{name: "no credentials", env: []string{"GOOGLE_APPLICATION_CREDENTIALS="}, code: 2, want: "no credentials"},
		{name: "credentials that are not there", env: []string{"GOOGLE_APPLICATION_CREDENTIALS=/nonexistent/key.json"}, code: 2, want: "no credentials"},
		{name: "no region", options: []string{"region="}, code: 2, want: "dataflow needs region"},
		{name: "a region's typo", options: []string{"regoin=x"}, code: 2, want: `did you mean "region"?`},
		{name: "a number that is none", options: []string{"num_workers=many"}, code: 2, want: "num_workers"},
		{name: "too many workers", options: []string{"num_workers=3", "max_num_workers=2"}, code: 2, want: "more than max_num_workers"},
		{name: "staging on this machine", options: []string{"staging_location=/tmp/x"}, code: 2, want: "needs a folder of a bucket"},
		{name: "a program that is none", options: []string{"worker_binary=" + text}, code: 2, want: "no program for Linux"},
		{name: "a program that is not there", options: []string{"worker_binary=/nonexistent"}, code: 2, want: "no such file"},
		{name: "a program for another processor", options: []string{"worker_machine_type=t2a-standard-4"}, code: 2, want: "GOARCH=arm64"},
		{name: "an update of a batch", options: []string{"update=true"}, code: 2, want: "update is for a stream"},
		{name: "data of this machine", data: "testdata/houses/train.csv", code: 2, want: "can't see files of this machine"},
		{name: "a damaged file", data: "gs://lake/in/damaged.csv.gz", code: 3, want: "the gzip file is damaged"},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			if c.begin != nil {
				c.begin()
			}
			defer func() { r.service.SetFault(nil); r.gcs.SetFault(nil); r.tokens.SetStatus(0) }()
			if c.data == "" {
				c.data = "gs://lake/in/train.csv"
			}
			r.gcs.Put("gs://lake/in/damaged.csv.gz", damaged(t))
			begun := time.Now()
			args := append([]string{"profile", c.data, "--force", "--out", "gs://lake/out"}, r.options(c.options...)...)
			said, code := program.Run(t.Context(), append(r.env(), c.env...), args...)
			if code != c.code || !strings.Contains(said, c.want) || code != 0 && strings.Count(strings.TrimSpace(said), "\n") > 0 {
				t.Errorf("exit %d after %v: %s", code, time.Since(begun), said)
			}
			if d := time.Since(begun); d > 45*time.Second {
				t.Errorf("it took %v: %s", d, said)
			}
		})
	}
}

// damaged is a compressed table that is changed near its end, far behind what the
// launcher looks at.
func damaged(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	fmt.Fprintln(w, "a,b")
	for i := range 600000 {
		fmt.Fprintf(w, "%d,%d\n", i, i*i%1000003)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	out := b.Bytes()
	copy(out[len(out)-2000:], "damage")
	return out
}

// TestFailed has a job fail: its messages are shown.
func TestFailed(t *testing.T) {
	r := newRig(t)
	r.service.Run = func(d *fakes.Dataflow, id string) {
		d.Say(id, "JOB_MESSAGE_BASIC", "Worker configuration: n1-standard-1")
		d.Say(id, "JOB_MESSAGE_ERROR", "Startup of the worker pool failed: ZONE_RESOURCE_POOL_EXHAUSTED\nand more")
		d.SetState(id, "JOB_STATE_FAILED")
	}
	said, code := r.beamline(t.Context(), append([]string{"profile", "gs://lake/in/train.csv", "--out", "gs://lake/out"}, r.options()...)...)
	if code != 1 || !strings.Contains(said, "failed: Startup of the worker pool failed: ZONE_RESOURCE_POOL_EXHAUSTED") {
		t.Errorf("exit %d: %s", code, said)
	}
}

// TestStream launches, updates and drains a stream, with a small program that
// uses the runner's package: no command of beamline is a stream yet.
func TestStream(t *testing.T) {
	r := newRig(t)
	r.service.Run = func(d *fakes.Dataflow, id string) { d.SetState(id, "JOB_STATE_RUNNING") }
	dir := t.TempDir()
	program := filepath.Join(dir, "stream")
	build := exec.Command("go", "build", "-o", program, "./stream")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	type end struct {
		said string
		err  error
	}
	launch := func(args ...string) chan end {
		ended := make(chan end, 1)
		c := exec.CommandContext(t.Context(), program, append([]string{"project=acme", "region=europe-west4", "staging_location=gs://lake/staging",
			"dataflow_endpoint=" + r.service.URL, "job_name=clicks"}, args...)...)
		c.Env = r.env()
		go func() {
			said, err := c.CombinedOutput()
			ended <- end{string(said), err}
		}()
		return ended
	}
	wait := func(jobs int) string {
		t.Helper()
		for range 300 {
			if ids := r.service.IDs(); len(ids) == jobs && r.service.Job(ids[jobs-1]).CurrentState == "JOB_STATE_RUNNING" {
				return ids[jobs-1]
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Fatalf("the jobs are %q", r.service.IDs())
		return ""
	}
	if e := <-launch("update=true"); e.err == nil || !strings.Contains(e.said, "none to update") {
		t.Errorf("an update of nothing: %s", e.said)
	}
	first := launch()
	one := wait(1)
	if j := r.service.Job(one); j.Type != "JOB_TYPE_STREAMING" {
		t.Errorf("the job is a %s", j.Type)
	}
	second := launch("update=true", "transform_name_mapping=Old=New")
	two := wait(2)
	if j := r.service.Job(two); j.ReplaceJobId != one || j.TransformNameMapping["Old"] != "New" {
		t.Errorf("the update replaces %q, with %v", j.ReplaceJobId, j.TransformNameMapping)
	}
	if e := <-first; e.err == nil || !strings.Contains(e.said, "was replaced by "+two) {
		t.Errorf("the launcher of the first says %s", e.said)
	}
	if said := r.done(t, append([]string{"jobs", "drain", two}, r.options()...)...); !strings.Contains(said, "drained") {
		t.Errorf("jobs drain says %s", said)
	}
	if e := <-second; e.err == nil || !strings.Contains(e.said, "was drained before its end") {
		t.Errorf("the launcher of the second says %s", e.said)
	}
}
