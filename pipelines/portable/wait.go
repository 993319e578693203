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
	"github.com/beamline-go/beamline/internal/progress"
)

// cancelTime bounds how long a cluster may take to take a cancellation.
const cancelTime = 20 * time.Second

// ErrStillRuns says that a job may go on although the launcher was interrupted.
var ErrStillRuns = errors.New("could not be cancelled, and may still run")

// maxMessages bounds the messages that are kept of a failed job.
const maxMessages = 20

// maxText bounds what is said of them, in bytes.
const maxText = 1200

// A job server that is gone is waited for as long as backTime; its job goes on.
const (
	backTime  = time.Minute
	backPause = time.Second
)

// wait follows a job to its end. A job that fails is an error with the messages
// that the runner had for it. When the connection is lost it is made again.
func wait(ctx context.Context, client jobpb.JobServiceClient, id string, told bool) error {
	f := follower{client: client, id: id, told: told, last: time.Now()}
	for {
		over, err := f.follow(ctx)
		switch {
		case ctx.Err() != nil:
			return cancel(client, id)
		case over:
			return f.ended()
		case time.Since(f.last) > backTime:
			return fmt.Errorf("portable: the job server is gone; job %s %w: %w", id, ErrStillRuns, err)
		}
		select {
		case <-time.After(backPause):
		case <-ctx.Done():
		}
	}
}

// follower is what is known of a job so far.
type follower struct {
	client   jobpb.JobServiceClient
	id       string
	told     bool // the state is not asked for
	state    jobpb.JobState_Enum
	messages []string
	last     time.Time // that the job server said something
}

// askTime is how often the state of a job is asked for beside the stream of what
// the job server says: once another stream of it was cut, Beam's job server does
// not tell the next one how the job ends.
const askTime = 3 * time.Second

// follow reads what the job server says, until the job is over or the
// connection is lost.
func (f *follower) follow(ctx context.Context) (over bool, err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	if over, err := f.ask(ctx); over || err != nil {
		return over, err
	}
	stream, err := f.client.GetMessageStream(ctx, &jobpb.JobMessagesRequest{JobId: f.id})
	if err != nil {
		return false, err
	}
	said, ended := make(chan *jobpb.JobMessagesResponse), make(chan error, 1)
	go func() {
		for {
			m, err := stream.Recv()
			if err != nil {
				ended <- err
				return
			}
			select {
			case said <- m:
			case <-ctx.Done():
				return
			}
		}
	}()
	tick := time.NewTicker(askTime)
	defer tick.Stop()
	failed := false
	for {
		select {
		case m := <-said:
			if f.hear(m) {
				return true, nil
			}
		case err := <-ended:
			over, aerr := f.ask(ctx)
			if errors.Is(err, io.EOF) {
				return over || f.state == jobpb.JobState_FAILED, aerr
			}
			return over, err
		case <-tick.C:
			over, err := f.ask(ctx)
			if over || err != nil || failed {
				return over || failed, err
			}
			failed = f.state == jobpb.JobState_FAILED // its messages may still come
		}
	}
}

// ask asks for the state of the job, and reports whether all is said.
func (f *follower) ask(ctx context.Context) (over bool, err error) {
	if f.told {
		return terminal(f.state) && f.state != jobpb.JobState_FAILED, nil
	}
	r, err := f.client.GetState(ctx, &jobpb.GetJobStateRequest{JobId: f.id})
	if err != nil {
		return false, err
	}
	f.state, f.last = r.GetState(), time.Now()
	return terminal(f.state) && f.state != jobpb.JobState_FAILED, nil
}

// hear notes what the job server says, and reports whether all is said: of a
// failure more follows.
func (f *follower) hear(m *jobpb.JobMessagesResponse) (over bool) {
	f.last = time.Now()
	if s := m.GetStateResponse(); s != nil {
		f.state = s.GetState()
	}
	if x := m.GetMessageResponse(); x.GetImportance() >= jobpb.JobMessage_JOB_MESSAGE_ERROR && len(f.messages) < maxMessages {
		f.messages = append(f.messages, x.GetMessageText())
	}
	return terminal(f.state) && f.state != jobpb.JobState_FAILED
}

// ended turns the last state of a job into an error, unless it is done.
func (f *follower) ended() error {
	if f.state == jobpb.JobState_DONE {
		return nil
	}
	return fmt.Errorf("job %s is %s: %s", f.id, strings.ToLower(f.state.String()), Short(f.messages))
}

// showTime is how often the counters of a job are asked for.
const showTime = 2 * time.Second

// show shows how many records a job has read, until it is stopped.
func show(ctx context.Context, client jobpb.JobServiceClient, id string) (stop func()) {
	progress.Elsewhere("job "+id+" runs", 0)
	ctx, stop = context.WithCancel(ctx)
	go func() {
		tick := time.NewTicker(showTime)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
			if counters, err := readCounters(ctx, client, id); err == nil {
				progress.Elsewhere(fmt.Sprintf("job %s runs", id), counters["read"])
			}
		}
	}()
	return stop
}

func terminal(s jobpb.JobState_Enum) bool {
	switch s {
	case jobpb.JobState_DONE, jobpb.JobState_FAILED, jobpb.JobState_CANCELLED, jobpb.JobState_DRAINED, jobpb.JobState_UPDATED:
		return true
	}
	return false
}

// Brief is a runner's error in one line: how it begins, and what it was caused
// by. Between the two a runner tells how it came there, and behind them where.
func Brief(text string) string {
	const most = 400
	first, rest, several := strings.Cut(strings.TrimSpace(text), "\n")
	if !several {
		return first[:min(len(first), maxText)]
	}
	first = strings.TrimSuffix(first[:min(len(first), most)], ":")
	cause := ""
	for line := range strings.Lines(rest) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "panic: "):
			line, _, _ = strings.Cut(line, " goroutine ")
			return first + ": " + line[:min(len(line), most)]
		case strings.HasPrefix(line, "at "), strings.HasPrefix(line, "... "), strings.HasPrefix(line, "Caused by: "), strings.HasPrefix(line, "Suppressed: "):
			// Java tells where.
		case line != "" && line != "caused by:" && !strings.HasSuffix(line, ":"):
			cause = line
		}
	}
	if cause == "" {
		return first
	}
	return first + ": " + cause[:min(len(cause), most)]
}

// Short is what messages say that is new, each in brief.
func Short(messages []string) string {
	var lines []string
	for _, m := range messages {
		// A fault of the data travels in the text, which may begin anywhere.
		if i := strings.Index(m, fault.Mark); i >= 0 {
			return m[i:]
		}
		line := Brief(m)
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	text := strings.Join(lines, "; ")
	return text[:min(len(text), maxText)] + hint(messages)
}

// causes tell what is behind messages that only the developers of a runner
// understand.
var causes = []struct{ message, cause string }{
	{"Insufficient number of network buffers", "see taskmanager.network.sort-shuffle.min-buffers, and taskmanager.memory.network.max"},
	{"NoResourceAvailableException", "the cluster has too few free slots for the parallelism"},
	{"error=2, No such file", "the task managers can't find the workers' program: it must be there, under the same path or that of the option command"},
	{"Exec format error", "the workers' program is built for another kind of machine"},
	{"Process died with exit code", "the workers' program ended at once: it must be beamline, and built for the machines of the task managers"},
	{"No space left on device", "a disk of the cluster is full"},
	{"no space left on device", "a disk of the cluster is full"},
	{"InvalidClassException", "the job server and the cluster have different versions of Beam or Flink"},
	{"NoSuchMethodError", "the job server and the cluster have different versions of Beam or Flink"},
	{"ClassNotFoundException", "the job server and the cluster have different versions of Beam or Flink"},
	{"NoClassDefFoundError", "the job server and the cluster have different versions of Beam or Flink"},
}

func hint(messages []string) string {
	all := strings.Join(messages, "\n")
	for _, c := range causes {
		if strings.Contains(all, c.message) {
			return " (" + c.cause + ")"
		}
	}
	return ""
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
