// Beamline turns tables into trusted predictions.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/beamline-go/beamline/internal/fault"
)

const version = "0.1.0-dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(int(execute(ctx, os.Args[1:], os.Stdout, os.Stderr)))
}

// execute runs a command line and returns its exit code. Results go to stdout,
// faults and progress to stderr.
func execute(ctx context.Context, args []string, stdout, stderr *os.File) fault.Code {
	o := &options{stdout: stdout, stderr: stderr}
	root := rootCommand(o)
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	o.answer(err)
	return fault.CodeOf(err)
}
