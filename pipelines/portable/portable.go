// Package portable runs pipelines through a Beam job server, such as Flink's. It
// differs from the SDK's launcher in that any option reaches the runner, that a
// server which does not answer is found out in seconds, and that the job is
// cancelled when the launcher is interrupted.
package portable

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/apache/beam/sdks/v2/go/container/tools"
	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime/graphx"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime/harness"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/util/hooks"
	jobpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/jobmanagement_v1"
	pipepb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/pipeline_v1"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/universal/runnerlib"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/util/grpcx"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/pipelines/worker"
)

// Environment is how workers come to be.
type Environment string

// The environments.
const (
	Process  Environment = "process"  // the task manager starts this program
	External Environment = "external" // a pool starts it
	Loopback Environment = "loopback" // the launcher itself is the worker
)

// Options of a job.
type Options struct {
	Endpoint    string // of the job server: host:port
	Environment Environment
	Pool        string // address of the pool of an external environment
	Token       string // that the pool wants to be shown, or empty
	Command     string // the program of a process environment; this one when empty
	Rest        string // of Flink's job manager; host:port, or empty
	Name        string // of the job
	// Told has the state of the job told by its messages, and not asked for: prism races with
	// itself when it is asked.
	Told bool
	// Runner are the runner's own options by their names in snake case, as
	// texts; whole numbers, true and false are sent as such.
	Runner map[string]string
}

// dialTime bounds how long the job server may take to answer.
const dialTime = 5 * time.Second

// Run runs the pipeline and waits for its end. started is told the id of the
// job. Cancelling ctx cancels the job.
func Run(ctx context.Context, p *beam.Pipeline, o Options, started func(id string)) error {
	environment, binary, done, err := o.environment(ctx)
	if err != nil {
		return err
	}
	defer done()
	if n, err := strconv.Atoi(cmp.Or(o.Runner["parallelism"], "1")); err == nil {
		if err := checkSlots(ctx, o.Rest, n); err != nil {
			return err
		}
	}
	graph, err := translate(p, environment, binary)
	if err != nil {
		return err
	}
	conn, err := dial(ctx, o.Endpoint)
	if err != nil {
		return err
	}
	defer conn.Close()
	client := jobpb.NewJobServiceClient(conn)
	id, err := submit(ctx, client, graph, binary, o)
	if err != nil {
		return err
	}
	started(id)
	if o.Environment != Loopback {
		defer show(ctx, client, id)()
	}
	return wait(ctx, client, id, o.Told)
}

func dial(ctx context.Context, endpoint string) (*grpc.ClientConn, error) {
	conn, err := grpcx.Dial(ctx, endpoint, dialTime)
	if err != nil {
		return nil, fault.Usagef("no job server answers at %s", endpoint)
	}
	return conn, nil
}

// environment returns where the work is done, and the file that is staged for
// it.
func (o Options) environment(ctx context.Context) (e *pipepb.Environment, binary string, done func(), err error) {
	done = func() {}
	if binary, err = os.Executable(); err != nil {
		return nil, "", done, fmt.Errorf("portable: %w", err)
	}
	urn, config, token := graphx.URNEnvExternal, o.Pool, o.Token
	switch o.Environment {
	case Process:
		body, err := json.Marshal(map[string]string{"command": cmp.Or(o.Command, binary)})
		if err != nil {
			return nil, "", done, fmt.Errorf("portable: %w", err)
		}
		urn, config = graphx.URNEnvProcess, string(body)
	case Loopback:
		if config, token, done, err = worker.Loopback(); err != nil {
			return nil, "", done, fmt.Errorf("portable: %w", err)
		}
	}
	// No worker fetches what is staged: each is this program already.
	empty, err := os.CreateTemp("", "beamline-staged-*")
	if err != nil {
		done()
		return nil, "", done, fmt.Errorf("portable: %w", err)
	}
	empty.Close()
	stop := done
	done = func() { stop(); os.Remove(empty.Name()) }
	e, err = graphx.CreateEnvironment(ctx, urn, func(context.Context) string { return config })
	if err == nil && urn == graphx.URNEnvExternal {
		e.Payload, err = worker.External(config, token)
	}
	if err != nil {
		done()
		return nil, "", done, fmt.Errorf("portable: %w", err)
	}
	return e, empty.Name(), done, nil
}

func translate(p *beam.Pipeline, e *pipepb.Environment, binary string) (*pipepb.Pipeline, error) {
	edges, _, err := p.Build()
	if err != nil {
		return nil, fmt.Errorf("portable: %w", err)
	}
	graph, err := graphx.Marshal(edges, &graphx.Options{Environment: e})
	if err != nil {
		return nil, fmt.Errorf("portable: %w", err)
	}
	if err := runnerlib.UpdateGoEnvironmentWorker(binary, graph); err != nil {
		return nil, fmt.Errorf("portable: %w", err)
	}
	return graph, nil
}

// submit hands the job over and returns its id.
func submit(ctx context.Context, client jobpb.JobServiceClient, graph *pipepb.Pipeline, binary string, o Options) (string, error) {
	options, err := o.pipelineOptions()
	if err != nil {
		return "", err
	}
	prepared, err := client.Prepare(ctx, &jobpb.PrepareJobRequest{Pipeline: graph, PipelineOptions: options, JobName: o.Name})
	if err != nil {
		return "", fmt.Errorf("portable: the job server at %s refuses the job: %w", o.Endpoint, err)
	}
	token, err := runnerlib.Stage(ctx, prepared.GetPreparationId(), prepared.GetArtifactStagingEndpoint().GetUrl(), binary, prepared.GetStagingSessionToken())
	if err != nil {
		return "", fmt.Errorf("portable: %w", err)
	}
	id, err := runnerlib.Submit(ctx, client, prepared.GetPreparationId(), token)
	if err != nil {
		return "", fmt.Errorf("portable: %w", err)
	}
	return id, nil
}

// pipelineOptions are the options of the SDK and of the runner as they travel.
func (o Options) pipelineOptions() (*structpb.Struct, error) {
	if o.Environment != Loopback {
		if err := RemoteLogs(); err != nil {
			return nil, err
		}
	}
	hooks.SerializeHooksToOptions()
	beam.PipelineOptions.LoadOptionsFromFlags(nil)
	all := map[string]any{
		option("go_options"):  runtime.RawOptions{Options: beam.PipelineOptions.Export().Options},
		option("app_name"):    o.Name,
		option("experiments"): []string{"beam_fn_api"},
	}
	for name, text := range o.Runner {
		all[option(name)] = typed(text)
	}
	s, err := tools.OptionsToProto(all)
	if err != nil {
		return nil, fmt.Errorf("portable: %w", err)
	}
	return s, nil
}

// RemoteLogs has workers send what they log to the runner, though this process,
// from which they take it, logs nothing.
func RemoteLogs() error {
	if err := hooks.EnableHook(harness.DefaultRemoteLoggingHook); err != nil {
		return fmt.Errorf("portable: %w", err)
	}
	return nil
}

func option(name string) string { return "beam:option:" + name + ":v1" }

// typed returns a text as a whole number or a truth value where it is one.
func typed(text string) any {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	if b, err := strconv.ParseBool(text); err == nil {
		return b
	}
	return text
}
