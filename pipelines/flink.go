package pipelines

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/pipelines/portable"
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

// flinkJob turns the runner's options into those of a job.
func (r Runner) flinkJob() (portable.Options, error) {
	o := portable.Options{Endpoint: *jobopts.Endpoint, Environment: portable.Environment(strings.ToLower(*jobopts.EnvironmentType)),
		Pool: *jobopts.EnvironmentConfig, Name: r.Job, Runner: map[string]string{}}
	for _, name := range slices.Sorted(maps.Keys(r.Options)) {
		value := r.Options[name]
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

// parallelism is how many tasks of a stage Flink runs at once.
func (r Runner) parallelism() int {
	n, err := strconv.Atoi(r.Options["parallelism"])
	if err != nil {
		return max(*jobopts.Parallelism, 1)
	}
	return n
}
