package dataflow

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	df "google.golang.org/api/dataflow/v1b3"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/progress"
	"github.com/beamline-go/beamline/internal/tally"
	"github.com/beamline-go/beamline/pipelines/portable"
)

// The state of a job is asked for at these intervals, the longer the longer it
// runs.
const (
	firstPoll = 500 * time.Millisecond
	lastPoll  = 10 * time.Second
)

// The states in which a job stays.
const (
	done      = "JOB_STATE_DONE"
	failed    = "JOB_STATE_FAILED"
	cancelled = "JOB_STATE_CANCELLED"
	drained   = "JOB_STATE_DRAINED"
	updated   = "JOB_STATE_UPDATED"
)

func terminal(state string) bool {
	return slices.Contains([]string{done, failed, cancelled, drained, updated}, state)
}

// Wait follows a job to its end. Only one that is done is no error: a failed job
// is one with its messages, and so is one that was ended by somebody else. When
// ctx is done the job is cancelled.
func (s *Service) Wait(ctx context.Context, id string) error {
	pause := firstPoll
	for {
		job, err := s.Get(ctx, id)
		switch {
		case ctx.Err() != nil:
			return s.interrupted(id)
		case err != nil:
			return fmt.Errorf("job %s %w: %w", id, portable.ErrStillRuns, err)
		case terminal(job.CurrentState):
			return s.ended(ctx, job)
		}
		s.show(ctx, job)
		select {
		case <-time.After(pause):
			pause = min(pause*5/4, lastPoll)
		case <-ctx.Done():
			return s.interrupted(id)
		}
	}
}

// show shows the state of a job and how many records it has read.
func (s *Service) show(ctx context.Context, job *df.Job) {
	ctx, stop := context.WithTimeout(ctx, callTime)
	defer stop()
	if counters, err := s.counters(ctx, job.Id); err == nil {
		progress.Elsewhere("job "+job.Id+" is "+State(job), counters["read"])
	}
}

// State is the state of a job as a person says it.
func State(j *df.Job) string {
	return strings.ToLower(strings.TrimPrefix(j.CurrentState, "JOB_STATE_"))
}

// ended turns the last state of a job into an error, unless it is done.
func (s *Service) ended(ctx context.Context, job *df.Job) error {
	switch job.CurrentState {
	case done:
		return nil
	case updated:
		return fmt.Errorf("job %s was replaced by %s, which goes on", job.Id, job.ReplacedByJobId)
	case failed:
		messages, err := s.Messages(ctx, job.Id, "JOB_MESSAGE_ERROR")
		if err != nil {
			return fmt.Errorf("job %s failed; its messages could not be read: %w", job.Id, err)
		}
		var texts []string
		for _, m := range messages {
			texts = append(texts, m.MessageText)
		}
		return fmt.Errorf("job %s failed: %s", job.Id, portable.Short(texts))
	}
	return fmt.Errorf("job %s was %s before its end; the results are not complete", job.Id, State(job))
}

// interrupted cancels a job whose launcher is told to end.
func (s *Service) interrupted(id string) error {
	ctx, stop := context.WithTimeout(context.Background(), callTime)
	defer stop()
	if _, err := s.end(ctx, id, cancelled); err != nil {
		return fmt.Errorf("job %s %w: %w", id, portable.ErrStillRuns, err)
	}
	return context.Canceled
}

// Get returns a job.
func (s *Service) Get(ctx context.Context, id string) (*df.Job, error) {
	return call(ctx, "read job "+id, func(ctx context.Context) (*df.Job, error) {
		return s.jobs.Get(s.project, s.region, id).Context(ctx).Do()
	})
}

// List returns jobs, the newest first: those that run, or all.
func (s *Service) List(ctx context.Context, active bool) ([]*df.Job, error) {
	filter := "ALL"
	if active {
		filter = "ACTIVE"
	}
	return call(ctx, "list the jobs of "+s.project, func(ctx context.Context) ([]*df.Job, error) {
		var all []*df.Job
		err := s.jobs.List(s.project, s.region).Filter(filter).Pages(ctx, func(page *df.ListJobsResponse) error {
			all = append(all, page.Jobs...)
			return nil
		})
		return all, err
	})
}

// Messages returns the messages of a job of that importance and above, the
// oldest first.
func (s *Service) Messages(ctx context.Context, id, least string) ([]*df.JobMessage, error) {
	return call(ctx, "read the messages of job "+id, func(ctx context.Context) ([]*df.JobMessage, error) {
		var all []*df.JobMessage
		err := s.jobs.Messages.List(s.project, s.region, id).MinimumImportance(least).Pages(ctx, func(page *df.ListJobMessagesResponse) error {
			all = append(all, page.JobMessages...)
			return nil
		})
		return all, err
	})
}

// Counters returns the counters of a job that are beamline's own.
func (s *Service) Counters(ctx context.Context, id string) (map[string]int64, error) {
	return call(ctx, "read the counters of job "+id, func(ctx context.Context) (map[string]int64, error) { return s.counters(ctx, id) })
}

func (s *Service) counters(ctx context.Context, id string) (map[string]int64, error) {
	m, err := s.jobs.GetMetrics(s.project, s.region, id).Context(ctx).Do()
	if err != nil {
		return nil, err
	}
	out := map[string]int64{}
	for _, u := range m.Metrics {
		n, ok := u.Scalar.(float64)
		if ok && u.Name != nil && u.Name.Context["namespace"] == tally.Namespace && u.Name.Context["tentative"] == "" {
			out[u.Name.Name] += int64(n)
		}
	}
	return out, nil
}

// end asks for a job to be cancelled or drained, and returns it.
func (s *Service) end(ctx context.Context, id, to string) (*df.Job, error) {
	job, err := call(ctx, "end job "+id, func(ctx context.Context) (*df.Job, error) {
		return s.jobs.Update(s.project, s.region, id, &df.Job{RequestedState: to}).Context(ctx).Do()
	})
	if !fault.Is(err) {
		return job, err
	}
	// The service refuses to end what has ended.
	if now, gerr := s.Get(ctx, id); gerr == nil && terminal(now.CurrentState) {
		return now, fault.Usagef("job %s is %s already", id, State(now))
	}
	return job, err
}

// Cancel ends a job at once.
func (s *Service) Cancel(ctx context.Context, id string) (*df.Job, error) {
	return s.end(ctx, id, cancelled)
}

// Drain has a stream finish what it has read.
func (s *Service) Drain(ctx context.Context, id string) (*df.Job, error) {
	return s.end(ctx, id, drained)
}

// Launch starts a job from a template.
func (s *Service) Launch(ctx context.Context, template, name string) (string, error) {
	o := Options{}
	if o.Name = name; !goodName(name) {
		return "", fault.Usagef("%q is no name of a job; it begins with a letter, and has only a-z, 0-9 and -", name)
	}
	if _, err := s.first(ctx, o); err != nil {
		return "", err
	}
	r, err := call(ctx, "launch "+template, func(ctx context.Context) (*df.LaunchTemplateResponse, error) {
		return s.templates.Launch(s.project, s.region, &df.LaunchTemplateParameters{JobName: name}).GcsPath(template).Context(ctx).Do()
	})
	if err != nil {
		return "", err
	}
	return r.Job.Id, nil
}
