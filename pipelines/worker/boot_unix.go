//go:build unix

package worker

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"syscall"
)

// Boot becomes the worker that a task manager asks for. There is no process in
// between that could be left behind, and no artifact is fetched: the worker is
// this program. It returns only on an error.
func Boot(ctx context.Context, args []string) error {
	f := flag.NewFlagSet("boot", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	id := f.String("id", "", "")
	provision := f.String("provision_endpoint", "", "")
	control := f.String("control_endpoint", "", "")
	logging := f.String("logging_endpoint", "", "")
	for _, unused := range []string{"artifact_endpoint", "semi_persist_dir"} {
		f.String(unused, "", "")
	}
	if err := f.Parse(args); err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	if *id == "" || *provision == "" {
		return fmt.Errorf("worker: boot needs --id and --provision_endpoint, as a task manager gives them")
	}
	argv, env, err := command(ctx, *id, *provision, *control, *logging)
	if err != nil {
		return err
	}
	return fmt.Errorf("worker: %w", syscall.Exec(argv[0], argv, append(os.Environ(), env...)))
}
