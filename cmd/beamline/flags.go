package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"regexp"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/format"
	"github.com/beamline-go/beamline/internal/systems"
	"github.com/beamline-go/beamline/models/catalogue"
	"github.com/beamline-go/beamline/pipelines/runners"
)

// Groups of flags that commands have in common.
var (
	resultFlags = []string{"out", "force", "quiet", "json"}
	readFlags   = []string{"no-header", "columns", "delimiter", "quote", "encoding", "malformed", "missing"}
	goalFlags   = []string{"target", "key", "task", "metric", "positive", "require", "folds", "confidence", "models", "effort", "deadline"}
	logFlags    = []string{"verbose", "log-format"}
	teachFlags  = []string{"labels", "reviewed", "rules"}
	runFlags    = []string{"seed", "splits", "runner", "runner-option"}
)

// flagKind defines a flag of that name, which sets a field of the options.
type flagKind func(o *options, f *pflag.FlagSet, name string)

// flagOf is a flag whose value goes to a field.
func flagOf[T any](field func(o *options) *T, define func(f *pflag.FlagSet, to *T, name string, usual T, usage string), usual T, usage string) flagKind {
	return func(o *options, f *pflag.FlagSet, name string) { define(f, field(o), name, usual, usage) }
}

// defineFlag are all flags, by name.
var defineFlag = map[string]flagKind{
	"out":              flagOf(func(o *options) *string { return &o.out }, (*pflag.FlagSet).StringVar, "", "folder of the results (default out)"),
	"force":            flagOf(func(o *options) *bool { return &o.force }, (*pflag.FlagSet).BoolVar, false, "write over what is there"),
	"keep":             flagOf(func(o *options) *int { return &o.keep }, (*pflag.FlagSet).IntVar, 1, "how many runs before this one stay, in the folder before of the results"),
	"fail-on":          flagOf(func(o *options) *string { return &o.failOn }, (*pflag.FlagSet).StringVar, "", "exit with 5 where something was found that is a warning, or an error; no table of a database is written then"),
	"seed":             flagOf(func(o *options) *uint64 { return &o.seed }, (*pflag.FlagSet).Uint64Var, 0, "of all that is drawn by chance (default 1)"),
	"quiet":            flagOf(func(o *options) *bool { return &o.quiet }, (*pflag.FlagSet).BoolVar, false, "say nothing but faults"),
	"json":             flagOf(func(o *options) *bool { return &o.json }, (*pflag.FlagSet).BoolVar, false, "a summary for machines on stdout"),
	"verbose":          flagOf(func(o *options) *bool { return &o.verbose }, (*pflag.FlagSet).BoolVar, false, "say what is being done, on stderr"),
	"log-format":       flagOf(func(o *options) *string { return &o.logFormat }, (*pflag.FlagSet).StringVar, "", "of lines on stderr: "+strings.Join(logFormats, ", ")+" (default text)"),
	"splits":           flagOf(func(o *options) *int { return &o.splits }, (*pflag.FlagSet).IntVar, 1, "pieces that a source is cut in; results don't depend on it"),
	"shards":           flagOf(func(o *options) *int { return &o.shards }, (*pflag.FlagSet).IntVar, 1, "parts that predictions and the cleaned table are left in"),
	"no-header":        flagOf(func(o *options) *bool { return &o.noHeader }, (*pflag.FlagSet).BoolVar, false, "the first record names no columns"),
	"columns":          flagOf(func(o *options) *[]string { return &o.columns }, (*pflag.FlagSet).StringSliceVar, nil, "names of the columns: a,b,c"),
	"delimiter":        flagOf(func(o *options) *string { return &o.delimiter }, (*pflag.FlagSet).StringVar, "", "character between fields (found when left out)"),
	"quote":            flagOf(func(o *options) *string { return &o.quote }, (*pflag.FlagSet).StringVar, "", "character around fields, or none (found when left out)"),
	"encoding":         flagOf(func(o *options) *string { return &o.encoding }, (*pflag.FlagSet).StringVar, "", "utf-8, windows-1252, windows-1250, shift_jis ... (found when left out)"),
	"malformed":        flagOf(func(o *options) *string { return &o.malformed }, (*pflag.FlagSet).StringVar, "", "refuse or repair malformed records (default refuse)"),
	"missing":          flagOf(func(o *options) *[]string { return &o.missing }, (*pflag.FlagSet).StringSliceVar, nil, "the texts that mean no value: NA,? (found when left out)"),
	"schema":           flagOf(func(o *options) *string { return &o.schema }, (*pflag.FlagSet).StringVar, "", "an edited schema.yaml, which is then enforced"),
	"format":           flagOf(func(o *options) *string { return &o.format }, (*pflag.FlagSet).StringVar, "", "of the cleaned table (default parquet) or the predictions (default csv): "+strings.Join(format.Names(), ", ")),
	"threshold":        flagOf(func(o *options) *float64 { return &o.threshold }, (*pflag.FlagSet).Float64Var, 0, "probability from which on two records are taken for one (default 0.5)"),
	"spreadsheet-safe": flagOf(func(o *options) *bool { return &o.safe }, (*pflag.FlagSet).BoolVar, false, "put a ' in front of cells that a spreadsheet would compute, such as =1+1"),
	"keep-refused":     flagOf(func(o *options) *bool { return &o.keepRefused }, (*pflag.FlagSet).BoolVar, false, "clean.csv has a record for each one of the input: those that are refused, as they were, and those that are there twice"),
	"labels":           flagOf(func(o *options) *string { return &o.labels }, (*pflag.FlagSet).StringVar, "", "corrected cells that cleaning learns from: a CSV file with column, old, new"),
	"reviewed":         flagOf(func(o *options) *string { return &o.reviewed }, (*pflag.FlagSet).StringVar, "", "a proposals.csv, or a changes.csv with a column verdict: accept or reject; what is accepted is done by value, what is rejected is not done again"),
	"rules":            flagOf(func(o *options) *string { return &o.constraints }, (*pflag.FlagSet).StringVar, "", "what is known of the columns: a YAML file with determines and values"),
	"target":           flagOf(func(o *options) *string { return &o.target }, (*pflag.FlagSet).StringVar, "", "column to predict"),
	"key":              flagOf(func(o *options) *string { return &o.key }, (*pflag.FlagSet).StringVar, "", "column that names a record"),
	"task":             flagOf(func(o *options) *string { return &o.task }, (*pflag.FlagSet).StringVar, "", "regression or classification (found when left out)"),
	"metric":           flagOf(func(o *options) *string { return &o.metric }, (*pflag.FlagSet).StringVar, "", metricNames()),
	"positive":         flagOf(func(o *options) *string { return &o.positive }, (*pflag.FlagSet).StringVar, "", "label of two that a metric is about (the rarer one)"),
	"require":          flagOf(func(o *options) *string { return &o.require }, (*pflag.FlagSet).StringVar, "", "the release gate, such as \"<= 0.13\""),
	"folds":            flagOf(func(o *options) *int { return &o.folds }, (*pflag.FlagSet).IntVar, 0, "folds of cross-validation (default 5)"),
	"confidence":       flagOf(func(o *options) *float64 { return &o.confidence }, (*pflag.FlagSet).Float64Var, 0, "coverage of intervals (default 0.9)"),
	"models":           flagOf(func(o *options) *[]string { return &o.models }, (*pflag.FlagSet).StringSliceVar, nil, "learners to try, of "+strings.Join(catalogue.Names(), ",")+" (all that fit)"),
	"effort":           flagOf(func(o *options) *string { return &o.effort }, (*pflag.FlagSet).StringVar, "", "quick: few learners, 3 folds; normal: all, 5 folds; thorough: all, 10 folds (default normal)"),
	"window":           flagOf(func(o *options) *time.Duration { return &o.window }, (*pflag.FlagSet).DurationVar, time.Hour, "how long records are collected that are held against those of training together"),
	"metrics":          flagOf(func(o *options) *string { return &o.metrics }, (*pflag.FlagSet).StringVar, "", "HOST:PORT of a page for Prometheus; :PORT is of this machine alone"),
	"idle":             flagOf(func(o *options) *time.Duration { return &o.idle }, (*pflag.FlagSet).DurationVar, 0, "end when no record came for so long, such as 10s; never when left out"),
	"rate":             flagOf(func(o *options) *float64 { return &o.rate }, (*pflag.FlagSet).Float64Var, 0, "records a second; as fast as can be when left out"),
	"at":               flagOf(func(o *options) *string { return &o.at }, (*pflag.FlagSet).StringVar, "", "column of times, at whose pace records are written"),
	"speed":            flagOf(func(o *options) *float64 { return &o.speed }, (*pflag.FlagSet).Float64Var, 1, "how many times as fast as --at says"),
	"deadline":         flagOf(func(o *options) *time.Duration { return &o.deadline }, (*pflag.FlagSet).DurationVar, 0, "measure no further learner from then on, such as 5m; what is there is kept"),
	"model":            flagOf(func(o *options) *string { return &o.model }, (*pflag.FlagSet).StringVar, "", "folder of the model (default model in --out)"),
	"signing-key":      flagOf(func(o *options) *string { return &o.signingKey }, (*pflag.FlagSet).StringVar, "", "private key of Ed25519, in PEM, that signs the model"),
	"trust":            flagOf(func(o *options) *string { return &o.trust }, (*pflag.FlagSet).StringVar, "", "public keys of Ed25519, in PEM: a model that none of them signed is not used"),
	"to":               flagOf(func(o *options) *string { return &o.to }, (*pflag.FlagSet).StringVar, "", "table of a database that the predictions, or the cleaned rows, go to, instead of a file: "+systems.Targets()),
	"date":             flagOf(func(o *options) *string { return &o.date }, (*pflag.FlagSet).StringVar, "", "what {date} stands for in the names of data and results: 2026-11-27, or all days of 2026-11-01..2026-11-27"),
	"resume":           flagOf(func(o *options) *bool { return &o.resume }, (*pflag.FlagSet).BoolVar, false, "pass over the days of --date that are done"),
	"runner-option":    flagOf(func(o *options) *[]string { return &o.runnerOptions }, (*pflag.FlagSet).StringArrayVar, nil, "KEY=VALUE, passed to the runner as it is"),
	"runner":           flagOf(func(o *options) *string { return &o.runner }, (*pflag.FlagSet).StringVar, "", strings.Join(runners.Names(), ", ")+" (default "+runners.Default()+"); see beamline help runners"),
}

// shorts are the flags that have a letter too.
var shorts = map[string]string{"out": "o", "quiet": "q", "verbose": "v"}

// define defines the flags of a command.
func (o *options) define(f *pflag.FlagSet, c command) {
	add := func(name string) *pflag.Flag {
		one := pflag.NewFlagSet("", pflag.ContinueOnError)
		if defineFlag[name] == nil {
			panic("the flag --" + name + " of the command " + c.name + " is not in defineFlag")
		}
		defineFlag[name](o, one, name)
		x := one.Lookup(name)
		x.Shorthand = shorts[name]
		f.AddFlag(x)
		return x
	}
	for _, name := range c.flags {
		add(name)
	}
	for _, name := range c.others() {
		add(name).Hidden = true
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
		takes := map[string]string{"int": "a whole number", "uint64": "a whole number from 0 on", "float64": "a number", "bool": "true or false", "duration": "a time such as 5m or 2h"}[invalid.GetFlag().Value.Type()]
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
	name, command := m[2], strings.TrimSpace(strings.TrimPrefix(c.CommandPath(), "beamline"))
	if m[1] != "" {
		return fault.Usagef("unknown flag -%s; see %s --help", m[1], c.CommandPath())
	}
	if others := takers(name); len(others) > 0 {
		return fault.Usagef("%s does not use --%s; it is a flag of %s", command, name, strings.Join(others, ", "))
	}
	own := []string{"--help"}
	if !c.HasParent() {
		own = append(own, "--version")
	}
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if defineFlag[f.Name] != nil {
			own = append(own, "--"+f.Name)
		}
	})
	return fault.Usagef("unknown flag --%s%s", name, fault.Hint("--"+name, own, "; see "+c.CommandPath()+" --help"))
}

// flagsTopic is the help about all flags.
func flagsTopic() command {
	return command{name: "flags", short: "all flags, and what takes them", long: "Flags stand behind the command. One that a command does not use is refused.",
		do: func(_ context.Context, o *options, _ []string) error {
			f, all := allFlags()
			w := tabwriter.NewWriter(o.stdout, 0, 0, 2, ' ', 0)
			for _, name := range all {
				fmt.Fprintf(w, "--%s\t%s\n\t  %s\n", name, f.Lookup(name).Usage, strings.Join(takers(name), ", "))
			}
			return w.Flush()
		}}
}
