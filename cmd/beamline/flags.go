package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/format"
	"github.com/beamline-go/beamline/pipelines/runners"
)

// Groups of flags that commands have in common.
var (
	resultFlags = []string{"out", "force", "quiet", "json"}
	readFlags   = []string{"no-header", "columns", "delimiter", "quote", "encoding", "malformed", "missing"}
	goalFlags   = []string{"target", "key", "task", "metric", "positive", "require", "folds", "confidence", "models"}
	teachFlags  = []string{"labels", "reviewed", "rules"}
	runFlags    = []string{"seed", "splits", "runner", "runner-option"}
)

// defineFlag defines a flag of that name.
var defineFlag = map[string]func(o *options, f *pflag.FlagSet){
	"out": func(o *options, f *pflag.FlagSet) {
		f.StringVar(&o.out, "out", "", "folder of the results (default out)")
	},
	"force": func(o *options, f *pflag.FlagSet) { f.BoolVar(&o.force, "force", false, "write over what is there") },
	"seed": func(o *options, f *pflag.FlagSet) {
		f.Uint64Var(&o.seed, "seed", 0, "of all that is drawn by chance (default 1)")
	},
	"quiet": func(o *options, f *pflag.FlagSet) { f.BoolVar(&o.quiet, "quiet", false, "say nothing but faults") },
	"json": func(o *options, f *pflag.FlagSet) {
		f.BoolVar(&o.json, "json", false, "a summary for machines on stdout")
	},
	"splits": func(o *options, f *pflag.FlagSet) {
		f.IntVar(&o.splits, "splits", 1, "pieces that a source is cut in; results don't depend on it")
	},
	"shards": func(o *options, f *pflag.FlagSet) {
		f.IntVar(&o.shards, "shards", 1, "parts that predictions and the cleaned table are left in")
	},
	"no-header": func(o *options, f *pflag.FlagSet) {
		f.BoolVar(&o.noHeader, "no-header", false, "the first record names no columns")
	},
	"columns": func(o *options, f *pflag.FlagSet) {
		f.StringSliceVar(&o.columns, "columns", nil, "names of the columns: a,b,c")
	},
	"delimiter": func(o *options, f *pflag.FlagSet) {
		f.StringVar(&o.delimiter, "delimiter", "", "character between fields (found when left out)")
	},
	"quote": func(o *options, f *pflag.FlagSet) {
		f.StringVar(&o.quote, "quote", "", "character around fields, or none (found when left out)")
	},
	"encoding": func(o *options, f *pflag.FlagSet) {
		f.StringVar(&o.encoding, "encoding", "", "utf-8, windows-1252, windows-1250, shift_jis ... (found when left out)")
	},
	"malformed": func(o *options, f *pflag.FlagSet) {
		f.StringVar(&o.malformed, "malformed", "", "refuse or repair malformed records (default refuse)")
	},
	"missing": func(o *options, f *pflag.FlagSet) {
		f.StringSliceVar(&o.missing, "missing", nil, "the texts that mean no value: NA,? (found when left out)")
	},
	"schema": func(o *options, f *pflag.FlagSet) {
		f.StringVar(&o.schema, "schema", "", "an edited schema.yaml, which is then enforced")
	},
	"format": func(o *options, f *pflag.FlagSet) {
		f.StringVar(&o.format, "format", "", "of the cleaned table (default parquet) or the predictions (default csv): "+strings.Join(format.Names(), ", "))
	},
	"labels": func(o *options, f *pflag.FlagSet) {
		f.StringVar(&o.labels, "labels", "", "corrected cells that cleaning learns from: a CSV file with column, old, new")
	},
	"reviewed": func(o *options, f *pflag.FlagSet) {
		f.StringVar(&o.reviewed, "reviewed", "", "a proposals.csv, or a changes.csv with a column verdict: accept or reject; what is accepted is done by value, what is rejected is not done again")
	},
	"rules": func(o *options, f *pflag.FlagSet) {
		f.StringVar(&o.constraints, "rules", "", "what is known of the columns: a YAML file with determines and values")
	},
	"target": func(o *options, f *pflag.FlagSet) { f.StringVar(&o.target, "target", "", "column to predict") },
	"key":    func(o *options, f *pflag.FlagSet) { f.StringVar(&o.key, "key", "", "column that names a record") },
	"task": func(o *options, f *pflag.FlagSet) {
		f.StringVar(&o.task, "task", "", "regression or classification (found when left out)")
	},
	"metric": func(o *options, f *pflag.FlagSet) {
		f.StringVar(&o.metric, "metric", "", "rmse, rmsle, mae, r2; auc, logloss, accuracy, f1")
	},
	"positive": func(o *options, f *pflag.FlagSet) {
		f.StringVar(&o.positive, "positive", "", "label of two that a metric is about (the rarer one)")
	},
	"require": func(o *options, f *pflag.FlagSet) {
		f.StringVar(&o.require, "require", "", "the release gate, such as \"<= 0.13\"")
	},
	"folds": func(o *options, f *pflag.FlagSet) {
		f.IntVar(&o.folds, "folds", 0, "folds of cross-validation (default 5)")
	},
	"confidence": func(o *options, f *pflag.FlagSet) {
		f.Float64Var(&o.confidence, "confidence", 0, "coverage of intervals (default 0.9)")
	},
	"models": func(o *options, f *pflag.FlagSet) {
		f.StringSliceVar(&o.models, "models", nil, "learners to try: a,b,c (all that fit)")
	},
	"model": func(o *options, f *pflag.FlagSet) {
		f.StringVar(&o.model, "model", "", "folder of the model (default model in --out)")
	},
	"runner-option": func(o *options, f *pflag.FlagSet) {
		f.StringArrayVar(&o.runnerOptions, "runner-option", nil, "KEY=VALUE, passed to the runner as it is")
	},
	"runner": func(o *options, f *pflag.FlagSet) {
		f.StringVar(&o.runner, "runner", "", strings.Join(runners.Names(), ", ")+" (default "+runners.Default()+"); see beamline help runners")
	},
}

// define defines the flags of a command.
func (o *options) define(f *pflag.FlagSet, c command) {
	for _, name := range c.flags {
		defineFlag[name](o, f)
	}
	for _, name := range c.more {
		defineFlag[name](o, f)
		f.MarkHidden(name)
	}
	if c.takesOwn("runner-option") {
		beamFlags(f)
	}
}

// beamFlags takes the SDK's own flags, which help does not show.
func beamFlags(f *pflag.FlagSet) {
	sdk := pflag.NewFlagSet("beam", pflag.ContinueOnError)
	sdk.AddGoFlagSet(flag.CommandLine)
	sdk.VisitAll(func(x *pflag.Flag) {
		if f.Lookup(x.Name) == nil && defineFlag[x.Name] == nil && !strings.HasPrefix(x.Name, "test.") {
			x.Hidden = true
			f.AddFlag(x)
		}
	})
	for _, k := range runners.Kinds {
		for _, option := range k.Flags {
			if f.Lookup(option.Name) != nil {
				continue
			}
			f.String(option.Name, "", "")
			f.MarkHidden(option.Name)
			if option.Switch {
				f.Lookup(option.Name).NoOptDefVal = "true"
			}
		}
	}
}

// unknownFlag is what pflag says of a flag that a command does not have.
var unknownFlag = regexp.MustCompile(`^unknown (?:shorthand )?flag: (?:'(.)' in )?-+([\w-]*)`)

// flagFault is a fault of a flag, in words about the flag and its value.
func flagFault(c *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	if errors.As(err, &invalid) {
		takes := map[string]string{"int": "a whole number", "uint64": "a whole number from 0 on", "float64": "a number", "bool": "true or false"}[invalid.GetFlag().Value.Type()]
		if takes == "" {
			takes = "another value"
		}
		return fault.Usagef("--%s takes %s, not %q", invalid.GetFlag().Name, takes, invalid.GetValue())
	}
	if args := c.Flags().Args(); !c.HasParent() && len(args) > 0 {
		return unknownCommand(args[0])
	}
	m := unknownFlag.FindStringSubmatch(err.Error())
	if m == nil {
		return fault.Usagef("%v", err)
	}
	name, command := m[2], strings.TrimPrefix(c.CommandPath(), "beamline ")
	if others := takers(name); len(others) > 0 {
		return fault.Usagef("%s does not use --%s; it is a flag of %s", command, name, strings.Join(others, ", "))
	}
	var own []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if defineFlag[f.Name] != nil {
			own = append(own, "--"+f.Name)
		}
	})
	return fault.Usagef("unknown flag --%s%s", name, fault.Hint("--"+name, own, "; see beamline "+command+" --help"))
}

// flagsTopic is the help about all flags.
func flagsTopic() command {
	return command{name: "flags", short: "all flags, and what takes them", long: "Flags stand behind the command. One that a command does not use is refused.",
		do: func(_ context.Context, o *options, _ []string) error {
			f := pflag.NewFlagSet("all", pflag.ContinueOnError)
			var all []string
			for name, define := range defineFlag {
				define(&options{}, f)
				all = append(all, name)
			}
			slices.Sort(all)
			w := tabwriter.NewWriter(o.stdout, 0, 0, 2, ' ', 0)
			for _, name := range all {
				fmt.Fprintf(w, "--%s\t%s\n\t  %s\n", name, f.Lookup(name).Usage, strings.Join(takers(name), ", "))
			}
			return w.Flush()
		}}
}
