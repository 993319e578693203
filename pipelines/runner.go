// Package pipelines builds the graphs of the commands from sources, transforms
// and sinks, and runs them. Nothing is computed here.
package pipelines

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"sync"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime/harness"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/util/hooks"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/log"
	//lint:ignore SA1019 the old runner is there to compare with
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/direct"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"

	"github.com/beamline-go/beamline/internal/fault"
)

// Runner is what runs pipelines.
type Runner struct {
	Name   string // prism or direct
	Splits int    // pieces that a source is cut in; results don't depend on it
	Shards int    // parts of predictions and of the cleaned table; 1 when 0
}

// Validate refuses runners that are not there.
func (r Runner) Validate() error {
	switch r.Name {
	case "prism", "direct":
		return nil
	case "flink", "dataflow":
		return fault.Usagef("runner: %s is not there yet; one of prism, direct", r.Name)
	}
	return fault.Usagef("runner: unknown runner %q; one of prism, direct", r.Name)
}

// branches is how many copies of a stage share its work: prism works on one
// bundle of a stage at a time, so it takes several stages to keep the cores busy.
func (r Runner) branches() int {
	if r.Name == "prism" {
		return runtime.GOMAXPROCS(0)
	}
	return 1
}

// silent drops what the SDK logs; a failure comes back as an error.
type silent struct{}

func (silent) Log(context.Context, log.Severity, int, string) {}

// start readies the SDK, and prism, once a process.
var start = sync.OnceValue(func() error {
	hooks.DisableHook(harness.DefaultRemoteLoggingHook)
	log.SetLogger(silent{})
	beam.Init()
	slog.SetDefault(slog.New(slog.DiscardHandler))
	return startPrism(context.Background())
})

// run runs a pipeline, and brings its faults back.
func (r Runner) run(ctx context.Context, build func(s beam.Scope) error) error {
	if err := start(); err != nil {
		return err
	}
	p, s := beam.NewPipelineWithRoot()
	if err := build(s); err != nil {
		return err
	}
	_, err := beam.Run(ctx, r.Name, p)
	if cerr := ctx.Err(); cerr != nil {
		return &fault.Fault{Code: fault.Interrupted, Message: "interrupted"}
	}
	if err != nil {
		return fault.From(fmt.Errorf("%s: %w", r.Name, err))
	}
	return nil
}
