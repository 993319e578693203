package runners

import (
	"context"
	"fmt"
	"strings"

	df "google.golang.org/api/dataflow/v1b3"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/pipelines/dataflow"
	"github.com/beamline-go/beamline/pipelines/portable"
)

// Job is a job on a cluster.
type Job struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	State   string `json:"state"`
	Created string `json:"created,omitempty"`
	// Of one job that is shown.
	Messages []string         `json:"messages,omitempty"`
	Counters map[string]int64 `json:"counters,omitempty"`
}

// Jobs are the jobs of a cluster.
type Jobs interface {
	List(ctx context.Context) ([]Job, error)
	Show(ctx context.Context, id string) (Job, error)
	Cancel(ctx context.Context, id string) (Job, error)
	Drain(ctx context.Context, id string) (Job, error)
	// Launch starts a job from a template.
	Launch(ctx context.Context, template, name string) (id string, err error)
}

type dataflowJobs struct{ *dataflow.Service }

func dataflowJob(j *df.Job, err error) (Job, error) {
	if err != nil {
		return Job{}, err
	}
	return Job{ID: j.Id, Name: j.Name, State: dataflow.State(j), Created: j.CreateTime}, nil
}

func (d dataflowJobs) List(ctx context.Context) ([]Job, error) {
	all, err := d.Service.List(ctx, false)
	var out []Job
	for _, found := range all {
		j, _ := dataflowJob(found, nil)
		out = append(out, j)
	}
	return out, err
}

func (d dataflowJobs) Show(ctx context.Context, id string) (Job, error) {
	out, err := dataflowJob(d.Get(ctx, id))
	if err != nil {
		return out, err
	}
	messages, err := d.Messages(ctx, id, "JOB_MESSAGE_BASIC")
	if err != nil {
		return out, err
	}
	for _, m := range messages {
		line, _, _ := strings.Cut(m.MessageText, "\n")
		out.Messages = append(out.Messages, fmt.Sprintf("%s %s: %s", m.Time, strings.ToLower(strings.TrimPrefix(m.MessageImportance, "JOB_MESSAGE_")), line))
	}
	out.Counters, err = d.Counters(ctx, id)
	return out, err
}

func (d dataflowJobs) Cancel(ctx context.Context, id string) (Job, error) {
	return dataflowJob(d.Service.Cancel(ctx, id))
}

func (d dataflowJobs) Drain(ctx context.Context, id string) (Job, error) {
	return dataflowJob(d.Service.Drain(ctx, id))
}

// flinkJobs are the jobs that a job server knows.
type flinkJobs struct{ endpoint string }

func (f flinkJobs) List(ctx context.Context) ([]Job, error) {
	all, err := portable.List(ctx, f.endpoint)
	var out []Job
	for _, j := range all {
		out = append(out, Job{ID: j.GetJobId(), Name: j.GetJobName(), State: strings.ToLower(j.GetState().String())})
	}
	return out, err
}

func (f flinkJobs) Show(ctx context.Context, id string) (Job, error) {
	all, err := f.List(ctx)
	if err != nil {
		return Job{}, err
	}
	for _, j := range all {
		if j.ID == id {
			j.Counters, err = portable.Counters(ctx, f.endpoint, id)
			return j, err
		}
	}
	return Job{}, fault.Usagef("the job server at %s knows no job %q", f.endpoint, id)
}

func (f flinkJobs) Cancel(ctx context.Context, id string) (Job, error) {
	j, err := f.Show(ctx, id)
	if err != nil {
		return Job{}, err
	}
	j.State, err = portable.Cancel(ctx, f.endpoint, id)
	return j, err
}

func (f flinkJobs) Drain(context.Context, string) (Job, error) {
	return Job{}, fault.Usagef("jobs drain: Beam's Flink runner can't drain a job; cancel it")
}

func (f flinkJobs) Launch(context.Context, string, string) (string, error) {
	return "", fault.Usagef("jobs launch: Flink has no templates; run the command itself on a schedule")
}
