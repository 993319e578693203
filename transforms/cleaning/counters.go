package cleaning

import (
	"context"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"github.com/beamline-go/beamline/internal/tally"
)

// Show adds a bundle's tally to the counters that a runner's pages show. They
// are for display: a bundle that is done twice counts twice.
func Show(ctx context.Context, t tally.Tally) {
	count := func(name string, n int64) {
		if n != 0 {
			beam.NewCounter(tally.Namespace, name).Inc(ctx, n)
		}
	}
	for _, r := range t.Files {
		count("read", r.Read)
		count("duplicate", r.Duplicate)
	}
	for rule, n := range t.Refused {
		count("refused: "+rule, n)
	}
	for rule, n := range t.Repaired {
		count("repaired: "+rule, n)
	}
}

// Scored counts records that were predicted, for display too.
func Scored(ctx context.Context, n int64) { beam.NewCounter(tally.Namespace, "scored").Inc(ctx, n) }
