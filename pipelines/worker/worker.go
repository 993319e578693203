// Package worker makes the program that launches pipelines their worker too: the
// process that a cluster starts, and a pool that starts such processes.
//
// A cluster starts workers in one of two ways. In a PROCESS environment a task
// manager runs the program with --id and --provision_endpoint; Boot then becomes
// the worker. In an EXTERNAL environment it asks a pool, which Serve is, to start
// one.
package worker

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/apache/beam/sdks/v2/go/container/tools"
	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	fnpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/fnexecution_v1"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/util/grpcx"
)

// Harness reports whether the arguments are those of a worker that Boot or a
// pool starts.
func Harness(args []string) bool { return len(args) > 0 && args[0] == harnessFlag }

const harnessFlag = "--worker=true"

// Booted reports whether the arguments are those with which a task manager runs
// the command of a PROCESS environment.
func Booted(args []string) bool {
	id, provision := false, false
	for _, a := range args {
		id = id || strings.HasPrefix(a, "--id=")
		provision = provision || strings.HasPrefix(a, "--provision_endpoint=")
	}
	return id && provision
}

// Main works until the runner ends it. It returns only on an error.
func Main(args []string) error {
	if err := flag.CommandLine.Parse(args); err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	go endWithParent()
	beam.Init() // works, and exits
	return fmt.Errorf("worker: the SDK did not begin to work")
}

// endWithParent ends this process when the one that started it is gone, so that
// nothing is left behind by a task manager that was killed.
func endWithParent() {
	parent := os.Getppid()
	for range time.Tick(500 * time.Millisecond) {
		if os.Getppid() != parent {
			os.Exit(3)
		}
	}
}

// provisionTime bounds how long a worker waits to be told what it needs.
const provisionTime = time.Minute

// command asks the runner what a worker needs, and returns the program, its
// arguments and what is added to its environment. control and logging are the
// endpoints that the runner named before, if it did.
func command(ctx context.Context, id, provision, control, logging string) (argv, env []string, err error) {
	ctx, cancel := context.WithTimeout(grpcx.WriteWorkerID(ctx, id), provisionTime)
	defer cancel()
	info, err := tools.ProvisionInfo(ctx, provision)
	if err != nil {
		return nil, nil, fmt.Errorf("worker: %s: %w", provision, err)
	}
	options, err := tools.ProtoToJSON(info.GetPipelineOptions())
	if err != nil {
		return nil, nil, fmt.Errorf("worker: %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		return nil, nil, fmt.Errorf("worker: %w", err)
	}
	argv = []string{self, harnessFlag, "--id=" + id, "--options=" + options,
		"--control_endpoint=" + cmp.Or(control, info.GetControlEndpoint().GetUrl()),
		"--logging_endpoint=" + cmp.Or(logging, info.GetLoggingEndpoint().GetUrl())}
	return argv, environment(info), nil
}

// environment tells a worker what the runner can do.
func environment(info *fnpb.ProvisionInfo) []string {
	var env []string
	if all := info.GetRunnerCapabilities(); len(all) > 0 {
		env = append(env, "RUNNER_CAPABILITIES="+strings.Join(all, " "))
	}
	if url := info.GetStatusEndpoint().GetUrl(); url != "" {
		env = append(env, "STATUS_ENDPOINT="+url)
	}
	return env
}
