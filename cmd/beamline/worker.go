package main

import (
	"fmt"
	"net"

	"github.com/spf13/cobra"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/pipelines/worker"
)

const poolHelp = `Pool starts a worker for each task manager that asks for one, as a sidecar of
its pods does. It takes the same worker id from several task managers.`

// workerCommand is what a cluster starts.
func workerCommand(o *options) *cobra.Command {
	c := &cobra.Command{Use: "worker", Short: "what a cluster starts: boot or pool",
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.AddCommand(
		&cobra.Command{Use: "boot --id=ID --provision_endpoint=HOST:PORT", Short: "become the worker that a task manager asks for",
			DisableFlagParsing: true, RunE: func(c *cobra.Command, args []string) error {
				if !worker.Booted(args) {
					return fault.Usagef("worker boot needs --id and --provision_endpoint, as a task manager gives them")
				}
				return worker.Boot(c.Context(), args)
			}},
		&cobra.Command{Use: "pool HOST:PORT", Short: "start workers for the task managers that ask", Long: poolHelp,
			Args: func(_ *cobra.Command, args []string) error {
				if len(args) != 1 {
					return fault.Usagef("worker pool needs one address: HOST:PORT")
				}
				return nil
			},
			RunE: func(c *cobra.Command, args []string) error {
				return worker.Serve(c.Context(), args[0], func(a net.Addr) {
					if !o.quiet {
						fmt.Fprintln(o.stderr, "the pool listens on", a)
					}
				})
			}},
	)
	return c
}
