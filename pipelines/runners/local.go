package runners

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	//lint:ignore SA1019 it opens no port and uses all cores, since functions do
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/direct"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"

	"github.com/beamline-go/beamline/internal/fault"
)

// directKind calls the functions of a pipeline one after the other, in this process.
var directKind = Kind{
	Name: "direct", Line: "in this process, on all cores, without a port; the default",
	New: func(options map[string]string, _ string) (Runner, error) {
		return local{"direct"}, noOptions("direct", options)
	},
}

// prismKind is Beam's portable runner for one machine: what it says is what a cluster would.
var prismKind = Kind{
	Name: "prism", Line: "Beam's portable runner, in this process; to compare with",
	New: func(options map[string]string, _ string) (Runner, error) {
		return portablePrism{local{"prism"}}, noOptions("prism", options)
	},
}

func noOptions(runner string, options map[string]string) error {
	if len(options) > 0 {
		return fault.Usagef("runner.options: the %s runner has none", runner)
	}
	return nil
}

// local is a runner of Beam's that is in this process.
type local struct{ name string }

func (l local) Name() string { return l.name }

func (local) Branches() int { return 1 }

// lastWords is how long a job that is told to end may take to say how it ended.
const lastWords = 20 * time.Millisecond

// Run does not wait for functions that go on when the job is told to end: a model that is
// being fitted does not look up from its work. They end with the process, and what they
// still write is in a folder that is let go of.
func (l local) Run(ctx context.Context, p *beam.Pipeline, _ func(string)) error {
	ended := make(chan error, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				ended <- fmt.Errorf("panic: %v\n%s", r, debug.Stack())
			}
		}()
		_, err := beam.Run(ctx, l.name, p)
		ended <- err
	}()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-ended:
		return err
	case <-time.After(lastWords):
		return ctx.Err()
	}
}

type portablePrism struct{ local }

// started starts prism once a process.
var started = sync.OnceValue(func() error { return startPrism(context.Background()) })

func (r portablePrism) Run(ctx context.Context, p *beam.Pipeline, id func(string)) error {
	if err := started(); err != nil {
		return err
	}
	return r.local.Run(ctx, p, id)
}

// End ends a pipeline in a group that nobody reads: prism itself makes that, where it
// would keep a processor busy as long as a last stage of ours runs and has no output.
func (portablePrism) End(s beam.Scope, last beam.PCollection) {
	beam.GroupByKey(s, beam.AddFixedKey(s, last))
}
