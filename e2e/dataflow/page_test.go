package dataflow

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/beamline-go/beamline/e2e/program"
)

// TestThePage does what the page for new users says: its spec, its commands in
// their order, and the request that its scheduler sends.
func TestThePage(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(program.Root, "docs/guides/dataflow.md"))
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	r := newRig(t)
	r.gcs.Bucket("acme-lake")
	for _, name := range []string{"train", "test"} {
		body, err := r.gcs.Get("gs://lake/in/" + name + ".csv")
		if err != nil {
			t.Fatal(err)
		}
		r.gcs.Put("gs://acme-lake/houses/"+name+".csv", body)
	}
	dir := t.TempDir()
	yaml := between(t, page, "```yaml\n", "```")
	if err := os.WriteFile(filepath.Join(dir, "beamline.yaml"), []byte(yaml), 0o644); err != nil {
		t.Fatal(err)
	}
	id := ""
	commands := regexp.MustCompile(`(?m)^    beamline (.*)$`).FindAllStringSubmatch(page, -1)
	if len(commands) < 8 {
		t.Fatalf("the page has %d commands", len(commands))
	}
	for _, c := range commands {
		args := strings.Fields(strings.ReplaceAll(c[1], " ID ", " "+id+" "))
		if !strings.Contains(c[1], "--runner=prism") {
			args = append(args, "--runner-option", "dataflow_endpoint="+r.service.URL)
		}
		cancelled := strings.Contains(c[1], "jobs cancel") // the job is over by then
		x := exec.CommandContext(t.Context(), program.Path, args...)
		x.Dir, x.Env = dir, r.env()
		said, err := x.CombinedOutput()
		if (err != nil) != cancelled || cancelled && !strings.Contains(string(said), "is done already") {
			t.Fatalf("beamline %s: %v\n%s\nworkers:\n%s", c[1], err, said, r.logs)
		}
		if strings.Contains(c[1], "jobs launch") {
			id = strings.Fields(string(said))[0]
			r.finish(t, id)
		}
	}
	if here, there := r.gcs.Below("gs://acme-lake/here/model"), r.gcs.Below("gs://acme-lake/out/model"); len(there) == 0 || here["manifest.json"] != there["manifest.json"] {
		t.Error("the model that was trained here is another one")
	}
	want := r.gcs.Below("gs://acme-lake/out")["predictions.csv"]
	r.gcs.Put("gs://acme-lake/out/predictions.csv", nil)
	uri := between(t, page, `--uri="https://dataflow.googleapis.com`, `"`)
	body := between(t, page, `--message-body='`, `'`)
	r.service.Tokens = nil // the scheduler has its own
	answer, err := http.Post(r.service.URL+uri, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if said, _ := io.ReadAll(answer.Body); answer.StatusCode != http.StatusOK {
		t.Fatalf("the scheduler is told %s", said)
	}
	ids := r.service.IDs()
	r.finish(t, ids[len(ids)-1])
	if got := r.gcs.Below("gs://acme-lake/out")["predictions.csv"]; got == "" || got != want {
		t.Errorf("the scheduled job predicts %d bytes, want %d", len(got), len(want))
	}
}

// TestFlexTemplate runs what the launcher of a flex template runs, and the job
// that it leaves.
func TestFlexTemplate(t *testing.T) {
	r := newRig(t)
	r.done(t, "train", "gs://lake/beamline.yaml", "--out", "gs://lake/out")
	x := exec.CommandContext(t.Context(), filepath.Join(program.Root, "deploy/dataflow/launch.sh"), "--spec=gs://lake/beamline.yaml", "--model=gs://lake/out/model", "--out=gs://lake/flex",
		"--runner=DataflowRunner", "--project=acme", "--region=europe-west4", "--job_name=flex", "--staging_location=gs://lake/staging",
		"--temp_location=gs://lake/tmp", "--template_location=gs://lake/jobs/flex", "--dataflow_endpoint="+r.service.URL)
	x.Dir, x.Env = program.Root, append(r.env(), "BEAMLINE="+program.Path)
	if said, err := x.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	said := r.done(t, append([]string{"jobs", "launch", "gs://lake/jobs/flex", "flex"}, r.options()...)...)
	r.finish(t, strings.Fields(said)[0])
	r.done(t, "score", "gs://lake/beamline.yaml", "--model", "gs://lake/out/model", "--out", "gs://lake/here")
	want := r.gcs.Below("gs://lake/here")
	delete(want, "run.json")
	r.same(t, "gs://lake/flex", want)
	x = exec.CommandContext(t.Context(), filepath.Join(program.Root, "deploy/dataflow/launch.sh"), "--project=acme")
	x.Dir = program.Root
	if said, err := x.CombinedOutput(); err == nil || !strings.Contains(string(said), "needs the parameter spec") {
		t.Errorf("%v: %s", err, said)
	}
}

// finish waits until a job is done.
func (r *rig) finish(t *testing.T, id string) {
	t.Helper()
	for range 600 {
		switch j := r.service.Job(id); {
		case j == nil:
			t.Fatalf("there is no job %q", id)
		case j.CurrentState == "JOB_STATE_DONE":
			return
		case j.CurrentState == "JOB_STATE_FAILED":
			t.Fatalf("the job failed: %s", r.logs)
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("job %s is %s", id, r.service.Job(id).CurrentState)
}

// between returns the text between two others.
func between(t *testing.T, text, before, after string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, before)
	found, _, end := strings.Cut(rest, after)
	if !ok || !end {
		t.Fatalf("the page has nothing between %q and %q", before, after)
	}
	return found
}
