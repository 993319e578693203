package portable

import (
	"context"
	"fmt"
	"strings"

	jobpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/jobmanagement_v1"
	pipepb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/pipeline_v1"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/beamline-go/beamline/internal/tally"
)

// List returns the jobs that a job server knows: those since it was started.
func List(ctx context.Context, endpoint string) (jobs []*jobpb.JobInfo, err error) {
	err = ask(ctx, endpoint, func(ctx context.Context, c jobpb.JobServiceClient) error {
		r, err := c.GetJobs(ctx, &jobpb.GetJobsRequest{})
		jobs = r.GetJobInfo()
		return err
	})
	return jobs, err
}

// Cancel ends a job, and returns its state.
func Cancel(ctx context.Context, endpoint, id string) (state string, err error) {
	err = ask(ctx, endpoint, func(ctx context.Context, c jobpb.JobServiceClient) error {
		r, err := c.Cancel(ctx, &jobpb.CancelJobRequest{JobId: id})
		state = strings.ToLower(r.GetState().String())
		return err
	})
	return state, err
}

// Counters returns the counters of a job that are beamline's own.
func Counters(ctx context.Context, endpoint, id string) (counters map[string]int64, err error) {
	err = ask(ctx, endpoint, func(ctx context.Context, c jobpb.JobServiceClient) error {
		counters, err = readCounters(ctx, c, id)
		return err
	})
	return counters, err
}

// ask calls a job server that must answer in time.
func ask(ctx context.Context, endpoint string, do func(context.Context, jobpb.JobServiceClient) error) error {
	conn, err := dial(ctx, endpoint)
	if err != nil {
		return err
	}
	defer conn.Close()
	ctx, stop := context.WithTimeout(ctx, cancelTime)
	defer stop()
	if err := do(ctx, jobpb.NewJobServiceClient(conn)); err != nil {
		return fmt.Errorf("the job server at %s: %w", endpoint, err)
	}
	return nil
}

// readCounters sums the counters of all steps, which a retried bundle may count
// twice.
func readCounters(ctx context.Context, c jobpb.JobServiceClient, id string) (map[string]int64, error) {
	r, err := c.GetJobMetrics(ctx, &jobpb.GetJobMetricsRequest{JobId: id})
	if err != nil {
		return nil, err
	}
	out := map[string]int64{}
	for _, m := range r.GetMetrics().GetAttempted() {
		if m.GetLabels()[pipepb.MonitoringInfo_NAMESPACE.String()] != tally.Namespace {
			continue
		}
		if n, k := protowire.ConsumeVarint(m.GetPayload()); k > 0 {
			out[m.GetLabels()[pipepb.MonitoringInfo_NAME.String()]] += int64(n)
		}
	}
	return out, nil
}
