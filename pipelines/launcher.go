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

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/pipelines/portable"
	"github.com/beamline-go/beamline/pipelines/runners"
	"github.com/beamline-go/beamline/transforms/result"
	"github.com/beamline-go/beamline/transforms/tableio"
)

// Launcher runs pipelines on a runner.
type Launcher struct {
	Runner runners.Runner
	Splits int // pieces that a source is cut in; results don't depend on it
	Shards int // parts of predictions and of the cleaned table; 1 when 0
	// Then, if not nil, is what the job is to finish with by itself, since no process
	// waits for it: it is launched from a template.
	Then *Then
	// Started is told the id of each job on a cluster; it may be nil.
	Started func(id string)
}

// Then is a function that a job calls once all else is done, with a text of its
// launcher. It may be called again, and is one that Beam can find by its name: at the
// top of a package, and registered.
type Then struct {
	Do   func(ctx context.Context, with string, done func(*string) bool) error
	With string
}

// leave writes the results of a job to dir, as result.Leave does.
func (l Launcher) leave(s beam.Scope, dir string, results ...beam.PCollection) (written beam.PCollection) {
	written = result.Leave(s, dir, results...)
	if r, ok := l.Runner.(runners.Ends); ok {
		r.End(s, written)
	}
	return written
}

// local reports whether jobs run in this process.
func (l Launcher) local() bool {
	_, cluster := l.Runner.(runners.Cluster)
	return !cluster
}

// read plans a table and reads it, in as many collections as share a stage's work.
func (l Launcher) read(s beam.Scope, t tableio.Table) (planned beam.PCollection, batches []beam.PCollection) {
	planned, batches = tableio.Plan(s, t), make([]beam.PCollection, l.Runner.Branches())
	for b := range batches {
		batches[b] = tableio.ReadPlanned(s, planned, t, tableio.Cut{Splits: l.Splits, Share: b, Of: len(batches)})
	}
	return planned, batches
}

// silent drops what the SDK logs; a failure comes back as an error.
type silent struct{}

func (silent) Log(context.Context, log.Severity, int, string) {}

// start readies the SDK, once a process.
var start = sync.OnceFunc(func() {
	hooks.DisableHook(harness.DefaultRemoteLoggingHook)
	log.SetLogger(silent{})
	beam.Init()
	slog.SetDefault(slog.New(slog.DiscardHandler))
})

// ErrInterrupted says that a job was ended because its launcher was told to end.
var ErrInterrupted error = &fault.Fault{Code: fault.Interrupted, Message: "interrupted; nothing was written"}

// Run runs the pipeline that build makes, and brings its faults back.
func (l Launcher) Run(ctx context.Context, build func(s beam.Scope) error) error {
	start()
	p, s := beam.NewPipelineWithRoot()
	if err := build(s); err != nil {
		return err
	}
	err := l.Runner.Run(ctx, p, func(id string) {
		if l.Started != nil {
			l.Started(id)
		}
	})
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
		return fmt.Errorf("%s: %s", l.Runner.Name(), portable.Brief(err.Error()))
	}
	return nil
}
