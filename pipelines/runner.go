// Package pipelines builds the graphs of the commands from sources, transforms
// and sinks, and runs them. Nothing is computed here.
package pipelines

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime/harness"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/util/hooks"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/log"
	//lint:ignore SA1019 the old runner is there to compare with
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/direct"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/pipelines/dataflow"
	"github.com/beamline-go/beamline/pipelines/portable"
	"github.com/beamline-go/beamline/transforms/result"
	"github.com/beamline-go/beamline/transforms/tableio"
)

// Runner is what runs pipelines.
type Runner struct {
	Name    string            // prism, direct, flink or dataflow
	Options map[string]string // of the runner
	Job     string            // name of the jobs
	Splits  int               // pieces that a source is cut in; results don't depend on it
	Shards  int               // parts of predictions and of the cleaned table; 1 when 0
	// Then, if not empty, is what the job is to finish with by itself, since no
	// process waits for it: it is launched from a template.
	Then string
	// Started is told the id of each job on a cluster; it may be nil.
	Started func(id string)
}

// Validate refuses runners that are not there, and options that they don't have.
func (r Runner) Validate() error {
	switch r.Name {
	case "prism", "direct":
		if len(r.Options) > 0 {
			return fault.Usagef("runner.options: the %s runner has none", r.Name)
		}
		return nil
	case "flink":
		_, err := r.flinkJob()
		return err
	case "dataflow":
		_, err := dataflow.Parse(r.Options, r.Job)
		return err
	}
	return fault.Usagef("runner: unknown runner %q; one of prism, direct, flink, dataflow", r.Name)
}

// Reach refuses what can't be launched, and files and folders that the workers
// can't see, before anything is opened.
func (r Runner) Reach(names ...string) error {
	if r.Name != "dataflow" {
		return nil
	}
	o, err := dataflow.Parse(r.Options, r.Job)
	if err == nil {
		err = o.CheckLaunch()
	}
	if err != nil {
		return err
	}
	for _, name := range names {
		if !store.Remote(name) {
			return fault.Usagef("%s: the workers of dataflow can't see files of this machine; use a bucket: gs://BUCKET/...", name)
		}
	}
	return nil
}

// leave writes the results of a job to dir, as result.Leave does. On prism the job
// ends in a group that nobody reads: prism itself makes that, where it would keep a
// processor busy as long as a last stage of ours runs and has no output.
func (r Runner) leave(s beam.Scope, dir string, results ...beam.PCollection) (written beam.PCollection) {
	written = result.Leave(s, dir, results...)
	if r.Name == "prism" {
		beam.GroupByKey(s, beam.AddFixedKey(s, written))
	}
	return written
}

// local reports whether jobs run in this process.
func (r Runner) local() bool { return r.Name == "prism" || r.Name == "direct" }

// branches is how many copies of a stage share its work: on Flink a branch is a task
// that a slot can take. Within a process its functions use all cores as they are.
func (r Runner) branches() int {
	switch r.Name {
	case "flink":
		return r.parallelism()
	case "dataflow":
		const least = 4 // a worker has several threads
		o, _ := dataflow.Parse(r.Options, r.Job)
		return int(max(o.NumWorkers, o.MaxNumWorkers, least))
	}
	return 1
}

// read plans a table and reads it, in as many collections as share a stage's work.
func (r Runner) read(s beam.Scope, t tableio.Table) (planned beam.PCollection, batches []beam.PCollection) {
	planned, batches = tableio.Plan(s, t), make([]beam.PCollection, r.branches())
	for b := range batches {
		batches[b] = tableio.Read(s, planned, t, tableio.Options{Splits: r.Splits, Share: b, Of: len(batches)})
	}
	return planned, batches
}

// silent drops what the SDK logs; a failure comes back as an error.
type silent struct{}

func (silent) Log(context.Context, log.Severity, int, string) {}

// start readies the SDK, and prism, once a process.
var start = sync.OnceFunc(func() {
	hooks.DisableHook(harness.DefaultRemoteLoggingHook)
	log.SetLogger(silent{})
	beam.Init()
	slog.SetDefault(slog.New(slog.DiscardHandler))
})

// local starts prism once a process.
var local = sync.OnceValue(func() error { return startPrism(context.Background()) })

// ErrInterrupted says that a job was ended because its launcher was told to end.
var ErrInterrupted error = &fault.Fault{Code: fault.Interrupted, Message: "interrupted; nothing was written"}

// Template is where the runner is to write a template of the job, if it is.
func (r Runner) Template() string {
	if r.Name == "dataflow" {
		return r.Options["template_location"]
	}
	return ""
}

// Run runs the pipeline that build makes, and brings its faults back.
func (r Runner) Run(ctx context.Context, build func(s beam.Scope) error) error {
	start()
	p, s := beam.NewPipelineWithRoot()
	if err := build(s); err != nil {
		return err
	}
	err := r.carryOut(ctx, p)
	if ctx.Err() != nil {
		if errors.Is(err, portable.ErrStillRuns) {
			return &fault.Fault{Code: fault.Interrupted, Message: "interrupted; " + err.Error()}
		}
		return ErrInterrupted
	}
	if err != nil {
		var f *fault.Fault
		if err = fault.From(err); errors.As(err, &f) {
			return err
		}
		return fmt.Errorf("%s: %s", r.Name, portable.Brief(err.Error()))
	}
	return nil
}

func (r Runner) carryOut(ctx context.Context, p *beam.Pipeline) error {
	started := func(id string) {
		if r.Started != nil {
			r.Started(id)
		}
	}
	switch r.Name {
	case "flink":
		o, err := r.flinkJob()
		if err != nil {
			return err
		}
		return portable.Run(ctx, p, o, started)
	case "dataflow":
		o, err := dataflow.Parse(r.Options, r.Job)
		if err != nil {
			return err
		}
		return dataflow.Run(ctx, p, o, started)
	case "prism":
		if err := local(); err != nil {
			return err
		}
	}
	_, err := beam.Run(ctx, r.Name, p)
	return err
}
