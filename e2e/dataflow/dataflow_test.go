// Package dataflow tests the Dataflow runner against fakes of Google's endpoints:
// the job that is sent is decoded, and what was staged is run.
package dataflow

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/beamline-go/beamline/e2e/fakes"
	"github.com/beamline-go/beamline/e2e/program"
)

// rig is all of Google that a launcher sees.
type rig struct {
	gcs     *fakes.GCS
	service *fakes.Dataflow
	tokens  *fakes.Tokens
	runs    *fakes.Service
	account string // file of the credentials
	logs    *bytes.Buffer
}

func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{account: filepath.Join(t.TempDir(), "account.json"), logs: &bytes.Buffer{}}
	var err error
	if r.gcs, err = fakes.NewGCS("lake", "locked"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.gcs.Stop)
	if r.tokens, err = fakes.NewTokens(r.account, "acme"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.tokens.Close)
	r.service = fakes.NewDataflow()
	t.Cleanup(r.service.Close)
	r.runs = &fakes.Service{Buckets: r.gcs, Env: r.gcs.Env(), Logs: r.logs}
	r.service.Tokens, r.service.Buckets, r.service.Run, r.service.Stop = r.tokens, r.gcs, r.runs.Run, r.runs.Stop
	for _, name := range []string{"train", "holdout", "test"} {
		r.gcs.Put("gs://lake/in/"+name+".csv", program.Data(t, name+".csv"))
	}
	r.gcs.Put("gs://lake/beamline.yaml", []byte(program.Spec("in")))
	return r
}

// options name the runner.
func (r *rig) options(more ...string) []string {
	all := []string{"--runner=dataflow"}
	for _, o := range append([]string{"project=acme", "region=europe-west4", "staging_location=gs://lake/staging", "dataflow_endpoint=" + r.service.URL}, more...) {
		all = append(all, "--runner-option", o)
	}
	return all
}

// env leads the launcher to the fakes, and nowhere else.
func (r *rig) env() []string {
	return append(r.gcs.Env(), "GOOGLE_APPLICATION_CREDENTIALS="+r.account, "PATH="+os.Getenv("PATH"), "HOME=/nonexistent",
		"HTTP_PROXY=http://127.0.0.1:9", "HTTPS_PROXY=http://127.0.0.1:9")
}

func (r *rig) beamline(ctx context.Context, args ...string) (said string, code int) {
	return program.Run(ctx, r.env(), args...)
}

func (r *rig) done(t *testing.T, args ...string) string {
	t.Helper()
	said, code := r.beamline(t.Context(), args...)
	if code != 0 {
		t.Fatalf("beamline %s: exit %d\n%s\nworkers:\n%s", strings.Join(args, " "), code, said, r.logs)
	}
	return said
}

// onPrism runs a command on this machine's data.
func onPrism(t *testing.T, args ...string) map[string]string {
	t.Helper()
	dir := t.TempDir()
	name, out := filepath.Join(dir, "beamline.yaml"), filepath.Join(dir, "out")
	if err := os.WriteFile(name, []byte(program.Spec("testdata/houses")), 0o644); err != nil {
		t.Fatal(err)
	}
	args = slices.Clone(args)
	for i := range args {
		args[i] = strings.NewReplacer("gs://lake/beamline.yaml", name, "gs://lake/in", "testdata/houses").Replace(args[i])
	}
	program.Done(t, nil, append(args, "--out", out)...)
	return program.Outputs(t, out)
}

// here names the data of the bucket as that of this machine.
var here = strings.NewReplacer("gs://lake/in", "testdata/houses")

// same compares what is in a folder of the bucket with what prism gave. Where
// the data was is part of what the files say.
func (r *rig) same(t *testing.T, dir string, want map[string]string) {
	t.Helper()
	got := r.gcs.Below(dir)
	if got["run.json"] == "" {
		t.Errorf("%s has no run.json", dir)
	}
	delete(got, "run.json")
	if g, w := slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)); !slices.Equal(g, w) {
		t.Errorf("%s has %q, want %q", dir, g, w)
	}
	for name, body := range want {
		if have := here.Replace(got[name]); have != here.Replace(body) {
			t.Errorf("%s/%s differs from prism's: %d bytes, want %d", dir, name, len(have), len(body))
		}
	}
}

// TestSameBytes runs commands as jobs: the staged graph with the staged program
// gives the bytes of prism.
func TestSameBytes(t *testing.T) {
	r := newRig(t)
	for name, args := range map[string][]string{
		"run":     {"run", "gs://lake/beamline.yaml"},
		"profile": {"profile", "gs://lake/in/train.csv"},
		"clean":   {"clean", "gs://lake/in/train.csv", "--key", "Id", "--format", "csv"},
	} {
		r.done(t, append(append(slices.Clone(args), "--out", "gs://lake/"+name), r.options()...)...)
		r.same(t, "gs://lake/"+name, onPrism(t, args...))
	}
	var run struct {
		Runner string `json:"runner"`
		JobID  string `json:"job_id"`
		Rows   struct {
			Read, Used, Refused, Duplicate int64
		} `json:"rows"`
	}
	if err := json.Unmarshal([]byte(r.gcs.Below("gs://lake/run")["run.json"]), &run); err != nil {
		t.Fatal(err)
	}
	ids := strings.Fields(run.JobID)
	if run.Runner != "dataflow" || len(ids) < 3 || r.service.Job(ids[0]) == nil {
		t.Errorf("run.json names the jobs %q of %s", run.JobID, run.Runner)
	}
	if c := run.Rows; c.Read == 0 || c.Read != c.Used+c.Refused+c.Duplicate {
		t.Errorf("the counts are %+v", c)
	}
	// One program serves all jobs.
	staged := 0
	for name := range r.gcs.Below("gs://lake/staging") {
		if strings.HasSuffix(name, "/worker") {
			staged++
		}
	}
	if staged != 1 {
		t.Errorf("the program was staged %d times", staged)
	}
	shown := r.done(t, append([]string{"jobs", "show", ids[0]}, r.options()...)...)
	if !strings.Contains(shown, "done") || !strings.Contains(shown, "counters: ") || !strings.Contains(shown, "read 1,5") {
		t.Errorf("jobs show says %s", shown)
	}
}

// TestTheJobThatIsSent decodes a job.
func TestTheJobThatIsSent(t *testing.T) {
	r := newRig(t)
	r.service.Run = func(d *fakes.Dataflow, id string) { d.SetState(id, "JOB_STATE_CANCELLED") }
	said, code := r.beamline(t.Context(), append([]string{"profile", "gs://lake/in/train.csv", "--out", "gs://lake/out"}, r.options("labels=team=homes,tier=gold",
		"service_account_email=runner@acme.iam.gserviceaccount.com", "network=inner", "subnetwork=regions/europe-west4/subnetworks/a",
		"no_use_public_ips=true", "num_workers=2", "max_num_workers=7", "worker_machine_type=n2-standard-4", "disk_size_gb=40",
		"temp_location=gs://lake/temp", "job_name=nightly", "experiments=shuffle_mode=service")...)...)
	if code != 1 || !strings.Contains(said, "was cancelled before its end") {
		t.Errorf("exit %d: %s", code, said)
	}
	j := r.service.Job(r.service.IDs()[0])
	e := j.Environment
	pool := e.WorkerPools[0]
	for what, ok := range map[string]bool{
		"name":           j.Name == "nightly" && j.Type == "JOB_TYPE_BATCH",
		"labels":         maps.Equal(j.Labels, map[string]string{"team": "homes", "tier": "gold"}),
		"account":        e.ServiceAccountEmail == "runner@acme.iam.gserviceaccount.com",
		"network":        pool.Network == "inner" && pool.Subnetwork == "regions/europe-west4/subnetworks/a" && pool.IpConfiguration == "WORKER_IP_PRIVATE",
		"workers":        pool.NumWorkers == 2 && pool.AutoscalingSettings.MaxNumWorkers == 7 && pool.MachineType == "n2-standard-4" && pool.DiskSizeGb == 40,
		"image":          strings.HasPrefix(pool.WorkerHarnessContainerImage, "gcr.io/cloud-dataflow/v1beta3/beam_go_sdk:2."),
		"temp":           e.TempStoragePrefix == "gs://lake/temp",
		"experiments":    slices.Contains(e.Experiments, "use_runner_v2") && slices.Contains(e.Experiments, "shuffle_mode=service"),
		"request has id": j.ClientRequestId != "",
	} {
		if !ok {
			body, _ := json.MarshalIndent(j, "", " ")
			t.Errorf("%s: the job is %s", what, body)
		}
	}
	staged, err := fakes.Fetch(j, r.gcs)
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(program.Path)
	if err != nil || !bytes.Equal(program, staged.Worker) {
		t.Errorf("the program that is staged is not the launcher, %v", err)
	}
	if strings.Contains(string(e.SdkPipelineOptions), r.account) {
		t.Error("the job tells where the credentials are")
	}
	if left := r.gcs.Below("gs://lake/out"); len(left) > 0 {
		t.Errorf("there are %q", slices.Collect(maps.Keys(left)))
	}
}

// TestTemplate scores a folder each night from a template: launched by the
// command, and as a scheduler does it.
func TestTemplate(t *testing.T) {
	r := newRig(t)
	r.done(t, "train", "gs://lake/beamline.yaml", "--out", "gs://lake/m")
	test, _ := r.gcs.Get("gs://lake/in/test.csv")
	holdout, _ := r.gcs.Get("gs://lake/in/holdout.csv")
	r.gcs.Put("gs://lake/new/day.csv", test)
	said := r.done(t, append([]string{"score", "gs://lake/new", "--model", "gs://lake/m/model", "--out", "gs://lake/nightly"},
		r.options("template_location=gs://lake/templates/score", "job_name=nightly")...)...)
	if ids := r.service.IDs(); len(ids) > 0 || !strings.Contains(said, "beamline jobs launch gs://lake/templates/score nightly") {
		t.Errorf("the jobs are %q; it says %s", ids, said)
	}
	night := func(launch func() string) {
		t.Helper()
		r.finish(t, launch())
		r.done(t, "score", "gs://lake/new", "--model", "gs://lake/m/model", "--out", "gs://lake/alone", "--force")
		want := r.gcs.Below("gs://lake/alone")
		delete(want, "run.json")
		r.same(t, "gs://lake/nightly", want)
	}
	night(func() string {
		said := r.done(t, append([]string{"jobs", "launch", "gs://lake/templates/score", "nightly"}, r.options()...)...)
		return strings.Fields(said)[0]
	})
	// The next day has another file, under another name.
	r.gcs.Put("gs://lake/new/day2.csv", holdout)
	night(func() string {
		req, err := http.NewRequest("POST", r.service.URL+"/v1b3/projects/acme/locations/europe-west4/templates:launch?gcsPath=gs://lake/templates/score",
			strings.NewReader(`{"jobName": "nightly"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.service.Tokens = nil
		answer, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		var made struct{ Job struct{ ID string } }
		if err := json.NewDecoder(answer.Body).Decode(&made); err != nil || made.Job.ID == "" {
			t.Fatal(err)
		}
		return made.Job.ID
	})
	r.service.Tokens = r.tokens
	if said, code := r.beamline(t.Context(), append([]string{"train", "gs://lake/beamline.yaml", "--out", "gs://lake/x"}, r.options("template_location=gs://lake/t")...)...); code != 2 || !strings.Contains(said, "can't be a template") {
		t.Errorf("exit %d: %s", code, said)
	}
}

// TestJobs lists, shows and ends jobs.
func TestJobs(t *testing.T) {
	r := newRig(t)
	r.service.Run = func(d *fakes.Dataflow, id string) { d.SetState(id, "JOB_STATE_RUNNING") }
	profile := append([]string{"profile", "gs://lake/in/train.csv", "--out", "gs://lake/out"}, r.options("job_name=long")...)
	ended := make(chan string)
	go func() {
		said, _ := r.beamline(t.Context(), profile...)
		ended <- said
	}()
	for len(r.service.IDs()) == 0 {
		time.Sleep(10 * time.Millisecond)
	}
	id := r.service.IDs()[0]
	if said, code := r.beamline(t.Context(), append(profile, "--out", "gs://lake/other")...); code != 2 || !strings.Contains(said, id) {
		t.Errorf("a second job of the name: exit %d: %s", code, said)
	}
	if said := r.done(t, append([]string{"jobs", "list"}, r.options()...)...); !strings.Contains(said, id+"  long  running") {
		t.Errorf("jobs list says %s", said)
	}
	if said, code := r.beamline(t.Context(), append([]string{"jobs", "drain", id}, r.options()...)...); code != 2 || !strings.Contains(said, "only streams") {
		t.Errorf("drain of a batch: exit %d: %s", code, said)
	}
	if said := r.done(t, append([]string{"jobs", "cancel", id}, r.options()...)...); !strings.Contains(said, "cancelled") {
		t.Errorf("jobs cancel says %s", said)
	}
	if said := <-ended; !strings.Contains(said, "was cancelled before its end") {
		t.Errorf("the launcher says %s", said)
	}
	if said, code := r.beamline(t.Context(), append([]string{"jobs", "cancel", id}, r.options()...)...); code != 2 || !strings.Contains(said, "is cancelled already") {
		t.Errorf("a second cancel: exit %d: %s", code, said)
	}
	if said, code := r.beamline(t.Context(), append([]string{"jobs", "show", "nosuch"}, r.options()...)...); code != 2 || !strings.Contains(said, "nosuch") {
		t.Errorf("a job that is not there: exit %d: %s", code, said)
	}
	if said := r.done(t, append([]string{"jobs", "list", "--json"}, r.options()...)...); !json.Valid([]byte(said)) {
		t.Errorf("jobs list --json says %s", said)
	}
}

// TestInterrupted interrupts the launcher: the job is cancelled.
func TestInterrupted(t *testing.T) {
	r := newRig(t)
	r.service.Run = func(d *fakes.Dataflow, id string) { d.SetState(id, "JOB_STATE_RUNNING") }
	ctx, stop := context.WithCancel(t.Context())
	go func() {
		for len(r.service.IDs()) == 0 {
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(time.Second)
		stop()
	}()
	said, code := r.beamline(ctx, append([]string{"profile", "gs://lake/in/train.csv", "--out", "gs://lake/out"}, r.options()...)...)
	if code != 130 || r.service.Job(r.service.IDs()[0]).CurrentState != "JOB_STATE_CANCELLED" {
		t.Errorf("exit %d: %s", code, said)
	}
	for name := range r.gcs.Below("gs://lake/out") {
		t.Errorf("%s is left", name)
	}
}
