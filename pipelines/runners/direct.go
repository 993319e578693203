package runners

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	//lint:ignore SA1019 it opens no port and uses all cores, since functions do
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/direct"

	"github.com/beamline-go/beamline/internal/fault"
)

// directKind calls the functions of a pipeline one after the other, in this process.
var directKind = Kind{
	Name: "direct", Line: "in this process, on all cores, without a port; the default",
	New: func(options map[string]string, _ string) (Runner, error) {
		return onDirect{}, noOptions("direct", options)
	},
}

func noOptions(runner string, options map[string]string) error {
	if len(options) > 0 {
		return fault.Usagef("runner.options: the %s runner has none", runner)
	}
	return nil
}

type onDirect struct{}

func (onDirect) Name() string { return "direct" }

func (onDirect) Branches() int { return 1 }

func (onDirect) Run(ctx context.Context, p *beam.Pipeline, _ func(string)) error {
	return abandoning(ctx, func() error {
		_, err := beam.Run(ctx, "direct", p)
		return err
	})
}

// lastWords is how long a job that is told to end may take to say how it ended.
const lastWords = 20 * time.Millisecond

// abandoning runs a job whose functions are in this process, and does not wait for those
// that go on when it is told to end: a model that is being fitted does not look up from
// its work. They end with the process, and what they still write is in a folder that is
// let go of.
func abandoning(ctx context.Context, run func() error) error {
	ended := make(chan error, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				ended <- fmt.Errorf("panic: %v\n%s", r, debug.Stack())
			}
		}()
		ended <- run()
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
