package runners

import (
	"context"
	"fmt"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
)

// announced is the runner of this example: it says what it is about to do, and leaves the
// work to the direct runner. It stands for a file of its own, with one word in Kinds.
var announced = Kind{
	Name: "announced", Line: "in this process, with a word before each job",
	New: func(options map[string]string, job string) (Runner, error) {
		return announcing{job: job}, noOptions("announced", options)
	},
}

type announcing struct {
	onDirect
	job string
}

func (announcing) Name() string { return "announced" }

func (a announcing) Run(ctx context.Context, p *beam.Pipeline, started func(string)) error {
	edges, _, err := p.Build()
	if err != nil {
		return err
	}
	fmt.Println(a.job, "has", len(edges), "steps")
	return a.onDirect.Run(ctx, p, started)
}

func ExampleKind() {
	defer func(all []Kind) { Kinds = all }(Kinds)
	Kinds = append(Kinds, announced)

	r, err := New("announced", nil, "nightly")
	if err != nil {
		fmt.Println(err)
		return
	}
	p, s := beam.NewPipelineWithRoot()
	beam.Create(s, 1, 2, 3)
	fmt.Println(r.Run(context.Background(), p, nil))
	// Output:
	// nightly has 2 steps
	// <nil>
}
