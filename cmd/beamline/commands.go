package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

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
5 a check said no, 130 interrupted. beamline explain CODE says more.`

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

// runnersTopic is the help about runners.
func runnersTopic() command {
	return command{name: "runners", short: "what pipelines run on", long: runnersHelp()}
}

var versionCommand = command{name: "version", short: "the version", do: func(_ context.Context, o *options, args []string) error {
	if len(args) > 0 {
		return fault.Usagef("version takes no arguments")
	}
	fmt.Fprintln(o.stdout, "beamline", version)
	return nil
}}

func rootCommand(o *options) *cobra.Command {
	root := &cobra.Command{
		Use: "beamline", Short: "From a table to trusted predictions", Long: rootHelp,
		SilenceErrors: true, SilenceUsage: true,
		Version: version,
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetFlagErrorFunc(flagFault)
	root.SetVersionTemplate("beamline {{.Version}}\n")
	root.Args = func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		return unknownCommand(args[0])
	}
	cobra.EnableCommandSorting = false
	for _, c := range commands() {
		root.AddCommand(c.cobra(o))
	}
	root.SetHelpFunc(func(k *cobra.Command, _ []string) { help(o.stdout, k) })
	return root
}

func unknownCommand(name string) error {
	return fault.Usagef("unknown command %q%s", name, fault.Hint(name, names(commands()), "; see beamline --help"))
}

// help shows what a command is for, its examples, and the flags that matter; others are
// named.
func help(out io.Writer, k *cobra.Command) {
	fmt.Fprintln(out, cmp.Or(k.Long, k.Short))
	if k.Runnable() && len(k.Commands()) == 0 {
		fmt.Fprintf(out, "\nUsage:\n  %s\n", strings.TrimSuffix(k.UseLine(), " [flags]"))
	}
	if k.Example != "" {
		fmt.Fprintf(out, "\nExamples:\n  %s\n", strings.ReplaceAll(k.Example, "\n", "\n  "))
	}
	if subs := k.Commands(); len(subs) > 0 {
		fmt.Fprintf(out, "\nCommands:\n")
		w := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
		for _, c := range subs {
			if !c.Hidden && c.Name() != "help" {
				fmt.Fprintf(w, "  %s\t%s\n", c.Name(), c.Short)
			}
		}
		w.Flush()
	}
	var more []string
	k.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden && defineFlag[f.Name] != nil {
			more = append(more, "--"+f.Name)
		}
	})
	if flags := k.LocalFlags().FlagUsages(); flags != "" && k.HasParent() {
		fmt.Fprintf(out, "\nFlags:\n%s", flags)
	}
	if len(more) > 0 {
		fmt.Fprintf(out, "\nIt takes these too (beamline flags says what they are):\n%s\n", wrapped(more))
	}
}

// wrapped sets words in lines of a terminal.
func wrapped(words []string) (text string) {
	const width = 78
	line := " "
	for _, w := range words {
		if len(line)+1+len(w) > width {
			text, line = text+line+"\n", " "
		}
		line += " " + w
	}
	return text + line
}
