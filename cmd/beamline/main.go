// Beamline turns tables into trusted predictions.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/beamline-go/beamline/internal/fault"
)

const version = "0.1.0-dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(int(execute(ctx, os.Args[1:])))
}

// execute runs a command line and returns its exit code.
func execute(ctx context.Context, args []string) fault.Code {
	root := rootCommand()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, "beamline:", err)
	}
	return fault.CodeOf(err)
}

// later are commands of the contract that are not there yet.
var later = []string{"run", "init", "validate", "clean", "dedupe", "evaluate", "compare", "jobs", "worker"}

func rootCommand() *cobra.Command {
	o := &options{}
	root := &cobra.Command{
		Use: "beamline", Short: "From a table to trusted predictions",
		SilenceErrors: true, SilenceUsage: true,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return fault.Usagef("%v", err) })
	root.Args = func(_ *cobra.Command, args []string) error {
		if len(args) > 0 {
			return fault.Usagef("unknown command %q; see beamline --help", args[0])
		}
		return nil
	}
	o.flags(root.PersistentFlags())
	root.AddCommand(
		&cobra.Command{Use: "profile DATA...", Short: "statistics and a schema of a table", RunE: o.profile},
		&cobra.Command{Use: "train DATA... --target COLUMN", Short: "fit, select and measure a model", RunE: o.train},
		&cobra.Command{Use: "score DATA... --model DIR", Short: "predictions with intervals", RunE: o.score},
		&cobra.Command{Use: "version", Short: "the version", RunE: func(*cobra.Command, []string) error {
			fmt.Println("beamline", version)
			return nil
		}},
	)
	for _, name := range later {
		root.AddCommand(&cobra.Command{Use: name, Short: "not there yet", Hidden: true, DisableFlagParsing: true,
			RunE: func(*cobra.Command, []string) error { return fault.Usagef("%s is not there yet", name) }})
	}
	return root
}
