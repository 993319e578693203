package bigquery

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
	"time"

	rest "google.golang.org/api/bigquery/v2"

	"github.com/beamline-go/beamline/internal/fault"
)

// jobError is how a job ended that failed.
type jobError struct{ Reason, Message string }

func (e *jobError) Error() string { return e.Message }

// run runs a query to its end. A request whose answer is lost is made again under the id
// of the same job, so that it runs once.
func (n name) run(ctx context.Context, s *rest.Service, q *rest.JobConfigurationQuery) (*rest.Job, error) {
	no := false
	q.UseLegacySql = &no
	at := &rest.JobReference{ProjectId: n.Options.Billing, JobId: "beamline_" + rand.Text(), Location: n.Options.Location}
	job := &rest.Job{JobReference: at, Configuration: &rest.JobConfiguration{Query: q}}
	var made *rest.Job
	err := patiently(ctx, func() (err error) {
		made, err = s.Jobs.Insert(n.Options.Billing, job).Context(ctx).Do()
		if codeOf(err) == http.StatusConflict {
			return nil
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if made != nil && made.JobReference != nil {
		at = made.JobReference // it says where the job is
	}
	if made == nil || !done(made) {
		if made, err = n.wait(ctx, s, at); err != nil {
			return nil, err
		}
	}
	if e := made.Status.ErrorResult; e != nil {
		return nil, &jobError{e.Reason, e.Message}
	}
	return made, nil
}

func done(j *rest.Job) bool { return j.Status != nil && j.Status.State == "DONE" }

// maxWait bounds the pauses between two looks at a job.
const maxWait = 4 * time.Second

// wait waits until a job is done.
func (n name) wait(ctx context.Context, s *rest.Service, at *rest.JobReference) (job *rest.Job, err error) {
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, maxWait) {
		err := patiently(ctx, func() (err error) {
			job, err = s.Jobs.Get(at.ProjectId, at.JobId).Location(at.Location).Context(ctx).Do()
			return err
		})
		if err != nil || done(job) {
			return job, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
		}
	}
}

// rows returns the first rows that a query gives, up to so many.
func (n name) rows(ctx context.Context, s *rest.Service, sql string, most int64) (rows [][]any, err error) {
	job, err := n.run(ctx, s, &rest.JobConfigurationQuery{Query: sql})
	if err != nil {
		return nil, err
	}
	at := job.JobReference
	var got *rest.GetQueryResultsResponse
	err = patiently(ctx, func() (err error) {
		got, err = s.Jobs.GetQueryResults(at.ProjectId, at.JobId).Location(at.Location).MaxResults(most).Context(ctx).Do()
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, row := range got.Rows {
		var cells []any
		for _, c := range row.F {
			cells = append(cells, c.V)
		}
		rows = append(rows, cells)
	}
	return rows, nil
}

// priced says how many bytes a query reads, and fails where they are more than it may.
func (n name) priced(ctx context.Context, s *rest.Service, sql string) (reads int64, err error) {
	no := false
	job := &rest.Job{JobReference: &rest.JobReference{ProjectId: n.Options.Billing, Location: n.Options.Location},
		Configuration: &rest.JobConfiguration{DryRun: true, Query: &rest.JobConfigurationQuery{Query: sql, UseLegacySql: &no, DefaultDataset: n.inDataset()}}}
	err = patiently(ctx, func() error {
		made, err := s.Jobs.Insert(n.Options.Billing, job).Context(ctx).Do()
		if err == nil && made.Statistics != nil {
			reads = made.Statistics.TotalBytesProcessed
		}
		return err
	})
	if err == nil && reads > n.Options.MaxBytes {
		err = fault.Usagef("%s: the query reads %s, and may read %s; select less, or allow it with maximum_bytes=%s", n.Given, size(reads), size(n.Options.MaxBytes), roundUp(reads))
	}
	return reads, err
}

// inDataset is the dataset in which a query looks for tables that it names alone.
func (n name) inDataset() *rest.DatasetReference {
	if n.Dataset == "" {
		return nil
	}
	return &rest.DatasetReference{ProjectId: n.Project, DatasetId: n.Dataset}
}

// result runs a query that reads, and returns the table in which its rows are for a day.
func (n name) result(ctx context.Context, s *rest.Service, sql string) (*rest.Job, *rest.TableReference, error) {
	job, err := n.run(ctx, s, &rest.JobConfigurationQuery{Query: sql, MaximumBytesBilled: max(n.Options.MaxBytes, minBilled), DefaultDataset: n.inDataset()})
	if err != nil {
		return nil, nil, err
	}
	if job.Configuration == nil || job.Configuration.Query == nil || job.Configuration.Query.DestinationTable == nil {
		return nil, nil, fault.Usagef("%s: the query gives no rows that could be read; name a SELECT", n.Given)
	}
	return job, job.Configuration.Query.DestinationTable, nil
}

// minBilled is what each table of a query counts for at least.
const minBilled = 10 << 20

// size is a number of bytes as people read it.
func size(n int64) string {
	for _, u := range []struct {
		name string
		of   float64
	}{{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}} {
		if x := float64(n) / u.of; x >= 1 {
			return strings.TrimSuffix(fmt.Sprintf("%.1f", x), ".0") + " " + u.name
		}
	}
	return fmt.Sprint(n, " bytes")
}

// roundUp is a number of bytes that are some more, as the option has them.
func roundUp(n int64) string {
	for _, u := range []struct {
		name string
		of   int64
	}{{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}} {
		if n >= u.of {
			return fmt.Sprint(n/u.of+1, u.name)
		}
	}
	return fmt.Sprint(n)
}
