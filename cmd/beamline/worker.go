package main

import (
	"context"
	"fmt"
	"net"
	"os"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/pipelines/worker"
)

const poolHelp = `Pool starts a worker for each task manager that asks for one, as a sidecar of
its pods does. It takes the same worker id from several task managers. An address
without a host, such as :50000, is one of this machine alone. Where
BEAMLINE_POOL_TOKEN is set, workers start only for jobs that are launched with the
same token; without it, whoever reaches the address can have workers started, and a
network policy must say who does.`

// mostWorkers is how many workers a pool runs at a time.
const mostWorkers = 256

// workerCommand is what a cluster starts.
var workerCommand = command{name: "worker", args: "boot | pool", short: "what a cluster starts: boot or pool", subs: []command{
	{name: "boot", args: "--id=ID --provision_endpoint=HOST:PORT", short: "become the worker that a task manager asks for", unparsed: true,
		do: func(ctx context.Context, _ *options, args []string) error {
			if !worker.Booted(args) {
				return fault.Usagef("worker boot needs --id and --provision_endpoint, as a task manager gives them")
			}
			return worker.Boot(ctx, args)
		}},
	{name: "pool", args: "HOST:PORT", short: "start workers for the task managers that ask", long: poolHelp, flags: []string{"quiet"},
		do: func(ctx context.Context, o *options, args []string) error {
			if len(args) != 1 {
				return fault.Usagef("worker pool needs one address: HOST:PORT")
			}
			return worker.Serve(ctx, args[0], os.Getenv(worker.TokenVariable), mostWorkers, func(a net.Addr) {
				if !o.quiet {
					fmt.Fprintln(o.stderr, "the pool listens on", a)
				}
			})
		}},
}}
