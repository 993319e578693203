package fakes

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"

	df "google.golang.org/api/dataflow/v1b3"
)

// Dataflow fakes what a launcher and an operator use of the v1b3 API. It is a
// model of the service: what it refuses, and with which words, is not the
// service's.
type Dataflow struct {
	*httptest.Server
	// Tokens, if not nil, must have issued the token of each request.
	Tokens *Tokens
	// Buckets holds the templates.
	Buckets *GCS
	// Run does what the service does with a job that it took; it sets the state.
	Run func(d *Dataflow, id string)
	// Stop is told that a job is to end; it may be nil.
	Stop func(id string)

	mu    sync.Mutex
	fault func(r *http.Request) Fault
	jobs  []*job
	seen  []string
}

type job struct {
	*df.Job
	messages []*df.JobMessage
	metrics  []*df.MetricUpdate
}

// The states in which a job stays.
var ends = []string{"JOB_STATE_DONE", "JOB_STATE_FAILED", "JOB_STATE_CANCELLED", "JOB_STATE_DRAINED", "JOB_STATE_UPDATED"}

func (j *job) over() bool { return slices.Contains(ends, j.CurrentState) }

// pageSize makes lists have several pages.
const pageSize = 2

// NewDataflow starts the fake.
func NewDataflow() *Dataflow {
	d := &Dataflow{}
	mux := http.NewServeMux()
	const place = "/v1b3/projects/{project}/locations/{region}"
	handle := func(pattern string, do func(r *http.Request) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			d.mu.Lock()
			defer d.mu.Unlock()
			answer(w, r, do)
		})
	}
	handle("POST "+place+"/jobs", d.create)
	handle("GET "+place+"/jobs", d.list)
	handle("GET "+place+"/jobs/{id}", d.get)
	handle("PUT "+place+"/jobs/{id}", d.update)
	handle("GET "+place+"/jobs/{id}/messages", d.messages)
	handle("GET "+place+"/jobs/{id}/metrics", d.metrics)
	handle("POST "+place+"/templates:launch", d.launch)
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { d.serve(mux, w, r) }))
	return d
}

// refusal is an answer that is an error.
type refusal struct {
	code    int
	message string
}

func (r refusal) Error() string { return r.message }

func answer(w http.ResponseWriter, r *http.Request, do func(r *http.Request) (any, error)) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	v, err := do(r)
	if err != nil {
		no, ok := err.(refusal)
		if !ok {
			no = refusal{http.StatusBadRequest, err.Error()}
		}
		w.WriteHeader(no.code)
		v = map[string]any{"error": map[string]any{"code": no.code, "message": no.message}}
	}
	json.NewEncoder(w).Encode(v)
}

func (d *Dataflow) serve(mux http.Handler, w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	d.seen = append(d.seen, r.Method+" "+r.URL.RequestURI())
	fault := d.fault
	d.mu.Unlock()
	if fault != nil {
		f := fault(r)
		time.Sleep(f.Wait)
		if f.Status != 0 {
			answer(w, r, func(*http.Request) (any, error) { return nil, refusal{f.Status, "put in by the test"} })
			return
		}
		if f.Cut { // the request is done, and its answer lost
			mux.ServeHTTP(httptest.NewRecorder(), r)
			c, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				c.Close()
			}
			return
		}
	}
	if d.Tokens != nil && !d.Tokens.Valid(r.Header.Get("Authorization")) {
		answer(w, r, func(*http.Request) (any, error) { return nil, refusal{http.StatusUnauthorized, "no valid token"} })
		return
	}
	mux.ServeHTTP(w, r)
}

// SetFault decides what becomes of requests from now on; nil lets all pass.
func (d *Dataflow) SetFault(f func(r *http.Request) Fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fault = f
}

// Seen returns the requests so far: method, path and query.
func (d *Dataflow) Seen() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.seen)
}

// Job returns a copy of a job.
func (d *Dataflow) Job(id string) *df.Job {
	d.mu.Lock()
	defer d.mu.Unlock()
	j := d.find(id)
	if j == nil {
		return nil
	}
	c := *j.Job
	return &c
}

// IDs are those of all jobs, the oldest first.
func (d *Dataflow) IDs() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	var ids []string
	for _, j := range d.jobs {
		ids = append(ids, j.Id)
	}
	return ids
}

// SetState moves a job on; one that is over stays as it is.
func (d *Dataflow) SetState(id, state string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if j := d.find(id); j != nil && !j.over() {
		j.CurrentState = state
	}
}

// Say adds a message to a job.
func (d *Dataflow) Say(id, importance, text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if j := d.find(id); j != nil {
		j.messages = append(j.messages, &df.JobMessage{Id: fmt.Sprint(len(j.messages)), MessageImportance: importance, MessageText: text,
			Time: time.Now().UTC().Format(time.RFC3339)})
	}
}

// Measure sets the metrics of a job.
func (d *Dataflow) Measure(id string, m []*df.MetricUpdate) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if j := d.find(id); j != nil {
		j.metrics = m
	}
}

func (d *Dataflow) find(id string) *job {
	for _, j := range d.jobs {
		if j.Id == id {
			return j
		}
	}
	return nil
}

func (d *Dataflow) create(r *http.Request) (any, error) {
	j := &df.Job{}
	if err := json.NewDecoder(r.Body).Decode(j); err != nil {
		return nil, err
	}
	return d.take(r, j)
}

func (d *Dataflow) take(r *http.Request, j *df.Job) (*df.Job, error) {
	if j.Environment == nil || len(j.Environment.WorkerPools) == 0 {
		return nil, refusal{http.StatusBadRequest, "environment.workerPools is missing"}
	}
	old := d.find(j.ReplaceJobId)
	if j.ReplaceJobId != "" && (old == nil || old.over() || old.Name != j.Name || old.Type != "JOB_TYPE_STREAMING") {
		return nil, refusal{http.StatusBadRequest, "only a stream of that name that runs can be updated"}
	}
	for _, other := range d.jobs {
		if other != old && other.Name == j.Name && !other.over() {
			return nil, refusal{http.StatusConflict, "there is already an active job named " + j.Name}
		}
	}
	now := time.Now().UTC()
	j.Id = fmt.Sprintf("%s-%04d", now.Format("2006-01-02_15_04_05"), len(d.jobs)+1)
	j.ProjectId, j.Location, j.CreateTime, j.CurrentState = r.PathValue("project"), r.PathValue("region"), now.Format(time.RFC3339), "JOB_STATE_PENDING"
	d.jobs = append(d.jobs, &job{Job: j})
	if old != nil {
		old.ReplacedByJobId, old.CurrentState = j.Id, "JOB_STATE_UPDATED"
	}
	if d.Run != nil {
		go d.Run(d, j.Id)
	}
	c := *j
	return &c, nil
}

func (d *Dataflow) list(r *http.Request) (any, error) {
	var all []*df.Job
	for _, j := range slices.Backward(d.jobs) {
		if r.URL.Query().Get("filter") == "ACTIVE" && j.over() {
			continue
		}
		c := *j.Job
		c.Environment, c.Steps = nil, nil // a summary
		all = append(all, &c)
	}
	from := 0
	fmt.Sscanf(r.URL.Query().Get("pageToken"), "%d", &from)
	to := min(from+pageSize, len(all))
	page := &df.ListJobsResponse{Jobs: all[min(from, to):to]}
	if to < len(all) {
		page.NextPageToken = fmt.Sprint(to)
	}
	return page, nil
}

func (d *Dataflow) named(r *http.Request) (*job, error) {
	j := d.find(r.PathValue("id"))
	if j == nil || j.ProjectId != r.PathValue("project") || j.Location != r.PathValue("region") {
		return nil, refusal{http.StatusNotFound, "there is no job " + r.PathValue("id")}
	}
	return j, nil
}

func (d *Dataflow) get(r *http.Request) (any, error) {
	j, err := d.named(r)
	if err != nil {
		return nil, err
	}
	c := *j.Job
	return &c, nil
}

func (d *Dataflow) update(r *http.Request) (any, error) {
	j, err := d.named(r)
	if err != nil {
		return nil, err
	}
	var in df.Job
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, err
	}
	switch {
	case j.over():
		return nil, refusal{http.StatusBadRequest, "the job is over"}
	case in.RequestedState == "JOB_STATE_DRAINED" && j.Type != "JOB_TYPE_STREAMING":
		return nil, refusal{http.StatusBadRequest, "only streams can be drained"}
	case in.RequestedState != "JOB_STATE_DRAINED" && in.RequestedState != "JOB_STATE_CANCELLED":
		return nil, refusal{http.StatusBadRequest, "no state to ask for: " + in.RequestedState}
	}
	if d.Stop != nil {
		go d.Stop(j.Id)
	}
	j.RequestedState, j.CurrentState = in.RequestedState, in.RequestedState
	c := *j.Job
	return &c, nil
}

func (d *Dataflow) messages(r *http.Request) (any, error) {
	j, err := d.named(r)
	if err != nil {
		return nil, err
	}
	order := []string{"JOB_MESSAGE_DEBUG", "JOB_MESSAGE_DETAILED", "JOB_MESSAGE_BASIC", "JOB_MESSAGE_WARNING", "JOB_MESSAGE_ERROR"}
	least := slices.Index(order, r.URL.Query().Get("minimumImportance"))
	out := &df.ListJobMessagesResponse{}
	for _, m := range j.messages {
		if slices.Index(order, m.MessageImportance) >= least {
			out.JobMessages = append(out.JobMessages, m)
		}
	}
	return out, nil
}

func (d *Dataflow) metrics(r *http.Request) (any, error) {
	j, err := d.named(r)
	if err != nil {
		return nil, err
	}
	return &df.JobMetrics{Metrics: j.metrics}, nil
}

func (d *Dataflow) launch(r *http.Request) (any, error) {
	var in df.LaunchTemplateParameters
	body, _ := io.ReadAll(r.Body)
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	name := r.URL.Query().Get("gcsPath")
	if !strings.HasPrefix(name, "gs://") {
		return nil, refusal{http.StatusBadRequest, "gcsPath names no object: " + name}
	}
	template, err := d.Buckets.Get(name)
	if err != nil {
		return nil, refusal{http.StatusNotFound, "there is no " + name}
	}
	j := &df.Job{}
	if err := json.Unmarshal(template, j); err != nil {
		return nil, err
	}
	if len(in.Parameters) > 0 {
		return nil, refusal{http.StatusBadRequest, "a template of Go has no parameters"}
	}
	j.Name = in.JobName
	taken, err := d.take(r, j)
	if err != nil {
		return nil, err
	}
	return &df.LaunchTemplateResponse{Job: taken}, nil
}
