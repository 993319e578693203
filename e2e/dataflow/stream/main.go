// Stream launches a stream on Dataflow, with the runner's options as arguments.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/transforms/periodic"

	"github.com/beamline-go/beamline/pipelines/dataflow"
)

func main() {
	beam.Init()
	options := map[string]string{}
	for _, a := range os.Args[1:] {
		key, value, _ := strings.Cut(a, "=")
		options[key] = value
	}
	p, s := beam.NewPipelineWithRoot()
	periodic.Impulse(s, time.Now(), time.Now().Add(24*time.Hour), time.Minute, false)
	o, err := dataflow.Parse(options, "stream")
	if err == nil {
		err = dataflow.Run(context.Background(), p, o, func(string) {})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
