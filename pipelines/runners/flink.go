package runners

import (
	"context"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/pipelines/portable"
	"github.com/beamline-go/beamline/pipelines/worker"
)

// The options that say where a job runs; all others go to the runner.
const (
	optionEndpoint    = "endpoint"    // of the job server
	optionEnvironment = "environment" // process, external or loopback
	optionPool        = "pool"        // address of the pool of an external environment
	optionCommand     = "command"     // the program of a process environment, as the task managers find it
	optionRest        = "rest"        // of the job manager, to ask whether it has the slots
)

// flinkOptions are the options of Beam's Flink runner that a job may set.
var flinkOptions = []string{
	"allow_non_restored_state", "auto_watermark_interval", "checkpoint_timeout_millis", "checkpointing_interval",
	"checkpointing_mode", "disable_metrics", "environment_cache_millis", "environment_expiration_millis",
	"execution_mode_for_batch", "execution_retry_delay", "externalized_checkpoints_enabled", "fail_on_checkpointing_errors",
	"faster_copy", "finish_bundle_before_checkpointing", "flink_master", "force_unaligned_checkpoint_enabled",
	"latency_tracking_interval", "max_bundle_size", "max_bundle_time_mills", "max_parallelism",
	"min_pause_between_checkpoints", "num_concurrent_checkpoints", "number_of_execution_retries", "object_reuse",
	"operator_chaining", "parallelism", "re_iterable_group_by_key_result", "retain_externalized_checkpoints_on_cancellation",
	"savepoint_path", "sdk_worker_parallelism", "shutdown_sources_after_idle_ms", "state_backend",
	"state_backend_storage_path", "streaming", "temp_location", "unaligned_checkpoint_enabled",
}

// flinkKind is a Flink cluster, through Beam's job server.
var flinkKind = Kind{
	Name: "flink", Line: "on a Flink cluster, through Beam's job server",
	Help: `flink takes, as --runner-option KEY=VALUE or under runner.options in a spec:

    endpoint=HOST:PORT       Beam's job server
    environment=process      each task manager starts this program as its worker
    environment=external     a pool starts it: beamline worker pool HOST:PORT
    pool=HOST:PORT           where that pool is; one with a token wants the same
                             $BEAMLINE_POOL_TOKEN here
    environment=loopback     this process is the worker; for one task manager

and, passed to the runner as they are, the options of Beam's Flink runner in
snake case, such as parallelism=4 or checkpointing_interval=1000.`,
	New: func(options map[string]string, job string) (Runner, error) {
		o, err := flinkJob(options, job)
		return onFlink{o}, err
	},
}

type onFlink struct{ options portable.Options }

func (onFlink) Name() string { return "flink" }

func (f onFlink) Run(ctx context.Context, p *beam.Pipeline, started func(id string)) error {
	return portable.Run(ctx, p, f.options, started)
}

// Branches is how many tasks of a stage Flink runs at once: a branch is a task that a
// slot can take.
func (f onFlink) Branches() int {
	n, err := strconv.Atoi(f.options.Runner["parallelism"])
	if err != nil {
		return 1
	}
	return n
}

func (onFlink) Reach(...string) error { return nil }

// Probes is false where the launcher is the worker: there is nothing to find out.
func (f onFlink) Probes() bool { return f.options.Environment != portable.Loopback }

func (f onFlink) Jobs(context.Context) (Jobs, error) { return flinkJobs{f.options.Endpoint}, nil }

// flinkJob turns the runner's options into those of a job.
func flinkJob(options map[string]string, job string) (portable.Options, error) {
	o := portable.Options{Endpoint: *jobopts.Endpoint, Environment: portable.Environment(strings.ToLower(*jobopts.EnvironmentType)),
		Pool: *jobopts.EnvironmentConfig, Token: os.Getenv(worker.TokenVariable), Name: job, Runner: map[string]string{}}
	for _, name := range slices.Sorted(maps.Keys(options)) {
		value := options[name]
		switch name {
		case optionEndpoint:
			o.Endpoint = value
		case optionEnvironment:
			o.Environment = portable.Environment(value)
		case optionPool:
			o.Pool = value
		case optionCommand:
			o.Command = value
		case optionRest:
			o.Rest = value
		default:
			if !slices.Contains(flinkOptions, name) {
				return o, unknownOption(name)
			}
			o.Runner[name] = value
		}
	}
	if o.Environment == "" {
		o.Environment = portable.Process
	}
	if p := *jobopts.Parallelism; p > 0 && o.Runner["parallelism"] == "" {
		o.Runner["parallelism"] = strconv.Itoa(p)
	}
	return o, checkFlink(o)
}

func unknownOption(name string) error {
	all := append([]string{optionEndpoint, optionEnvironment, optionPool, optionCommand, optionRest}, flinkOptions...)
	return fault.Usagef("runner.options: flink has no option %q%s", name, fault.Hint(name, all, "; see beamline help runners"))
}

// checkFlink refuses what can't work, and completes what is known to lose data.
func checkFlink(o portable.Options) error {
	switch o.Environment {
	case portable.Process, portable.Loopback:
	case portable.External:
		if o.Pool == "" {
			return fault.Usagef("runner.options: an external environment needs the address of a pool: pool=HOST:PORT")
		}
	default:
		return fault.Usagef("runner.options: environment is process, external or loopback, not %q", o.Environment)
	}
	if o.Endpoint == "" {
		return fault.Usagef("runner.options: flink needs the address of Beam's job server: --runner-option endpoint=HOST:PORT")
	}
	if p, ok := o.Runner["parallelism"]; ok {
		if n, err := strconv.Atoi(p); err != nil || n < 1 {
			return fault.Usagef("runner.options: parallelism is %q, not a whole number from 1 on", p)
		}
	}
	const finish = "finish_bundle_before_checkpointing"
	if o.Runner["checkpointing_interval"] == "" {
		return nil
	}
	if set, ok := o.Runner[finish]; ok && set != "true" {
		return fault.Usagef("runner.options: checkpointing_interval without %s=true loses data", finish)
	}
	o.Runner[finish] = "true"
	return nil
}
