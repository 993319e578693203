package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/pipelines/runners"
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

// runnersHelp says what pipelines run on, and what each runner takes.
func runnersHelp() string {
	var out strings.Builder
	out.WriteString("A pipeline runs on one of these, with the same results:\n\n")
	for _, k := range runners.Kinds {
		fmt.Fprintf(&out, "    --runner=%-9s %s\n", k.Name, k.Line)
	}
	out.WriteString(`
Data, model and output folder are paths, or names in buckets: gs://BUCKET/... and
s3://BUCKET/...; the workers of a cluster must see them under the same name.

`)
	for _, k := range runners.Kinds {
		if k.Help != "" {
			out.WriteString(k.Help + "\n\n")
		}
	}
	out.WriteString(`The SDK's own flags are taken too, such as --endpoint, --parallelism, --project,
--region and --staging_location.`)
	return out.String()
}

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
		&cobra.Command{Use: "runners", Short: "what pipelines run on", Long: runnersHelp()},
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
