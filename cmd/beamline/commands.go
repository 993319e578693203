package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/beamline-go/beamline/internal/fault"
)

const rootHelp = `Beamline turns tables into trusted predictions.

Begin with the data:

    beamline profile houses.csv                     what is in it
    beamline init houses.csv                        write a beamline.yaml to fill in
    beamline run beamline.yaml                      clean, train, measure, predict, report

An argument that ends in .yaml or .yml is a spec; any other is data: a file, a
folder of data files, or a glob; several are read as one table. Results go to
one folder (out, or --out); a flag wins over the spec.

Exit codes: 0 done, 1 a failure that is not yours, 2 the command line or the
spec is wrong, 3 the data can't be used, 4 the model does not meet the goal,
130 interrupted.`

const runnersHelp = `A pipeline runs on one of these, with the same results:

    --runner=prism     in this process, on all cores; the default
    --runner=direct    the SDK's older runner, one thread; to compare with
    --runner=flink     on a Flink cluster, through Beam's job server
    --runner=dataflow  on Google Cloud Dataflow

Data, model and output folder are paths, or names in buckets: gs://BUCKET/... and
s3://BUCKET/...; the workers of a cluster must see them under the same name.

flink takes, as --runner-option KEY=VALUE or under runner.options in a spec:

    endpoint=HOST:PORT       Beam's job server
    environment=process      each task manager starts this program as its worker
    environment=external     a pool starts it: beamline worker pool HOST:PORT
    pool=HOST:PORT           where that pool is
    environment=loopback     this process is the worker; for one task manager

and, passed to the runner as they are, the options of Beam's Flink runner in
snake case, such as parallelism=4 or checkpointing_interval=1000.

dataflow needs

    project=P  region=R              where the jobs run
    staging_location=gs://B/FOLDER   for the program, which sends itself, and the graph

and takes the options of Beam's launcher by their names, such as temp_location,
num_workers, max_num_workers, worker_machine_type, network, subnetwork,
no_use_public_ips, service_account_email, labels (a=b,c=d), job_name and
worker_binary. With template_location=gs://B/NAME score writes a template instead
of a job; see beamline jobs --help.

The SDK's own flags are taken too, such as --endpoint, --parallelism, --project,
--region and --staging_location.`

// later are commands of the contract that are not there yet.
var later = []string{"validate", "compare"}

func rootCommand(o *options) *cobra.Command {
	root := &cobra.Command{
		Use: "beamline", Short: "From a table to trusted predictions", Long: rootHelp,
		SilenceErrors: true, SilenceUsage: true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		RunE:              func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetFlagErrorFunc(flagFault)
	root.Args = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		var names []string
		for _, k := range c.Commands() {
			names = append(names, k.Name())
		}
		return fault.Usagef("unknown command %q%s", args[0], fault.Hint(args[0], names, "; see beamline --help"))
	}
	o.flags(root.PersistentFlags())
	for _, c := range commands {
		root.AddCommand(&cobra.Command{Use: c.name + " " + c.args, Short: c.short, Long: c.long,
			RunE: func(k *cobra.Command, args []string) error { return o.do(k.Context(), c, args) }})
	}
	root.AddCommand(
		&cobra.Command{Use: "init DATA...", Short: "look at the data and write a beamline.yaml to fill in", Long: initHelp,
			RunE: func(k *cobra.Command, args []string) error { return o.init(k.Context(), args) }},
		&cobra.Command{Use: "version", Short: "the version", Args: cobra.NoArgs, Run: func(*cobra.Command, []string) {
			fmt.Fprintln(o.stdout, "beamline", version)
		}},
		jobsCommand(o),
		workerCommand(o),
		&cobra.Command{Use: "runners", Short: "what pipelines run on", Long: runnersHelp},
	)
	for _, name := range later {
		root.AddCommand(&cobra.Command{Use: name, Short: "not there yet", Hidden: true, DisableFlagParsing: true,
			RunE: func(*cobra.Command, []string) error { return fault.Usagef("%s is not there yet", name) }})
	}
	return root
}

// flagFault is a fault of a flag, in words about its value.
func flagFault(_ *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	if !errors.As(err, &invalid) {
		return fault.Usagef("%v", err)
	}
	takes := map[string]string{"int": "a whole number", "uint64": "a whole number from 0 on", "float64": "a number", "bool": "true or false"}[invalid.GetFlag().Value.Type()]
	if takes == "" {
		takes = "another value"
	}
	return fault.Usagef("--%s takes %s, not %q", invalid.GetFlag().Name, takes, invalid.GetValue())
}
