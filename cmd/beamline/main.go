// Beamline turns tables into trusted predictions.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/pipelines/worker"
)

const version = "0.1.0-dev"

func main() {
	args := os.Args[1:]
	if worker.Harness(args) {
		fmt.Fprintln(os.Stderr, "beamline:", worker.Main(args))
		os.Exit(int(fault.Internal))
	}
	if worker.Booted(args) && strings.HasPrefix(args[0], "-") { // a PROCESS environment names a program, and no command of it
		args = append([]string{"worker", "boot"}, args...)
	}
	if os.Getenv("GOGC") == "" {
		// Batches are short-lived: collecting a little more often costs no time
		// that can be measured, and a tenth of the memory less.
		debug.SetGCPercent(70)
	}
	ctx, cancel := context.WithCancel(context.Background())
	tidyTemp = ownTemp()
	ended := onInterrupt(cancel)
	code := execute(ctx, args, os.Stdout, os.Stderr)
	tidyTemp()
	os.Exit(int(ended(code)))
}

// execute runs a command line and returns its exit code. Results go to stdout,
// faults and progress to stderr.
func execute(ctx context.Context, args []string, stdout, stderr *os.File) (code fault.Code) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintf(stderr, "beamline: a fault of its own, which should be reported with the command and the data: %v\n", r)
			code = fault.Internal
		}
	}()
	defer store.Release()
	o := &options{stdout: &screen{File: stdout}, stderr: stderr}
	root := rootCommand(o)
	root.SetArgs(args)
	root.SetOut(o.stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	o.answer(err)
	if err == nil {
		if err = o.stdout.fault(); err != nil {
			o.log().Error(err.Error(), "exit", int(fault.Internal))
		}
	}
	return fault.CodeOf(err)
}
