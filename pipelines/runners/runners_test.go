package runners

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/beamline-go/beamline/internal/fault"
)

// TestKinds makes each runner of the list, and asks it what it is.
func TestKinds(t *testing.T) {
	options := map[string]map[string]string{
		"flink":    {"endpoint": "localhost:1", "parallelism": "3", "environment": "process"},
		"dataflow": {"project": "p", "region": "r", "job_name": "j", "num_workers": "6", "template_location": "gs://b/t"},
	}
	for _, k := range Kinds {
		r, err := New(k.Name, options[k.Name], "job")
		if err != nil {
			t.Fatal(err)
		}
		_, cluster := r.(Cluster)
		if r.Name() != k.Name || k.Line == "" || r.Branches() < 1 || cluster && k.Help == "" {
			t.Errorf("%s: it is called %s, has the line %q and %d branches, and the help %q of a cluster: %v", k.Name, r.Name(), k.Line, r.Branches(), k.Help, cluster)
		}
		if _, err := New(k.Name, map[string]string{"nosuch": "x"}, "job"); fault.CodeOf(err) != fault.Usage || !strings.Contains(err.Error(), "runner.options") {
			t.Errorf("%s with an option that it does not have: %v", k.Name, err)
		}
	}
	if _, err := New("flnk", nil, "job"); fault.CodeOf(err) != fault.Usage || !strings.Contains(err.Error(), `"flink"`) {
		t.Errorf("a runner that is not there: %v", err)
	}
	dataflow, err := New("dataflow", options["dataflow"], "job")
	if err != nil || dataflow.(Templates).Template() != "gs://b/t" || dataflow.Branches() != 6 {
		t.Errorf("%v, %v", dataflow, err)
	}
	if flink, err := New("flink", options["flink"], "job"); err != nil || flink.Branches() != 3 || !flink.(Cluster).Probes() {
		t.Errorf("%v, %v", flink, err)
	}
}

func init() { register.Function1x0(deaf) }

// heard is closed where deaf may end.
var heard = make(chan struct{})

// deaf goes on whatever it is told.
func deaf(int) { <-heard }

// TestInterrupted ends a job whose function does not look at its context.
func TestInterrupted(t *testing.T) {
	defer close(heard)
	r, err := New("direct", nil, "job")
	if err != nil {
		t.Fatal(err)
	}
	p, s := beam.NewPipelineWithRoot()
	beam.ParDo0(s, deaf, beam.Create(s, 1))
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	begun := time.Now()
	if err := r.Run(ctx, p, nil); !errors.Is(err, context.Canceled) || time.Since(begun) > 3*time.Second {
		t.Errorf("%v after %v", err, time.Since(begun))
	}
}
