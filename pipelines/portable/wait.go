package portable

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	jobpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/jobmanagement_v1"

	"github.com/beamline-go/beamline/internal/fault"
)

// cancelTime bounds how long a cluster may take to take a cancellation.
const cancelTime = 20 * time.Second

// ErrStillRuns says that a job may go on although the launcher was interrupted.
var ErrStillRuns = errors.New("could not be cancelled, and may still run")

// maxMessages bounds the messages that are kept of a failed job.
const maxMessages = 20

// wait follows a job to its end. A job that fails is an error with the messages
// that the runner had for it.
func wait(ctx context.Context, client jobpb.JobServiceClient, id string) error {
	stream, err := client.GetMessageStream(ctx, &jobpb.JobMessagesRequest{JobId: id})
	if err != nil {
		return fmt.Errorf("portable: job %s: %w", id, err)
	}
	var messages []string
	state := jobpb.JobState_UNSPECIFIED
	for {
		m, err := stream.Recv()
		switch {
		case ctx.Err() != nil:
			return cancel(client, id)
		case errors.Is(err, io.EOF):
			return ended(ctx, client, id, state, messages)
		case err != nil:
			return fmt.Errorf("portable: job %s: the job server is gone: %w", id, err)
		}
		if s := m.GetStateResponse(); s != nil {
			state = s.GetState()
			if terminal(state) && state != jobpb.JobState_FAILED { // of a failure more is said
				return ended(ctx, client, id, state, messages)
			}
		}
		if x := m.GetMessageResponse(); x.GetImportance() >= jobpb.JobMessage_JOB_MESSAGE_ERROR && len(messages) < maxMessages {
			messages = append(messages, x.GetMessageText())
		}
	}
}

func terminal(s jobpb.JobState_Enum) bool {
	switch s {
	case jobpb.JobState_DONE, jobpb.JobState_FAILED, jobpb.JobState_CANCELLED, jobpb.JobState_DRAINED, jobpb.JobState_UPDATED:
		return true
	}
	return false
}

// ended turns the last state of a job into an error, unless it is done.
func ended(ctx context.Context, client jobpb.JobServiceClient, id string, state jobpb.JobState_Enum, messages []string) error {
	if !terminal(state) { // the stream may end before the state was told
		r, err := client.GetState(ctx, &jobpb.GetJobStateRequest{JobId: id})
		if err != nil {
			return fmt.Errorf("portable: job %s: %w", id, err)
		}
		state = r.GetState()
	}
	if state == jobpb.JobState_DONE {
		return nil
	}
	return fmt.Errorf("job %s is %s: %s", id, state, Short(messages))
}

// Short keeps the first line of each message that says something new: what
// follows it are stack traces.
func Short(messages []string) string {
	const most = 1000
	var lines []string
	for _, m := range messages {
		// A fault of the data travels in the text, which may begin anywhere.
		if i := strings.Index(m, fault.Mark); i >= 0 {
			return m[i:]
		}
		line, _, _ := strings.Cut(strings.TrimSpace(m), "\n")
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	text := strings.Join(lines, "; ")
	return text[:min(len(text), most)]
}

// cancel ends a job on the cluster.
func cancel(client jobpb.JobServiceClient, id string) error {
	ctx, stop := context.WithTimeout(context.Background(), cancelTime)
	defer stop()
	if _, err := client.Cancel(ctx, &jobpb.CancelJobRequest{JobId: id}); err != nil {
		return fmt.Errorf("job %s %w: %w", id, ErrStillRuns, err)
	}
	return context.Canceled
}
