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
	tidy := ownTemp()
	code := execute(ctx, os.Args[1:], os.Stdout, os.Stderr)
	tidy()
	os.Exit(int(code))
}

// ownTemp gives this process a folder for temporary files, since the SDK leaves
// one behind for each job, and returns what removes it.
func ownTemp() (remove func()) {
	dir, err := os.MkdirTemp("", "beamline-*")
	if err != nil || os.Setenv("TMPDIR", dir) != nil {
		return func() {}
	}
	return func() { os.RemoveAll(dir) }
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
