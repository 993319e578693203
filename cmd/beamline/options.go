package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/format"
	"github.com/beamline-go/beamline/internal/spec"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/pipelines"
	"github.com/beamline-go/beamline/pipelines/runners"
	"github.com/beamline-go/beamline/transforms/tableio"
)

// options are the flags of all commands; one that is set wins over the spec.
type options struct {
	set *pflag.FlagSet

	out, model, runner, delimiter, quote, encoding, malformed, schema string
	target, key, task, metric, positive, require, format              string
	columns, missing, models, runnerOptions                           []string
	budget, labels, reviewed, constraints                             string
	force, noHeader, quiet, json                                      bool
	seed                                                              uint64
	folds, splits, shards                                             int
	confidence                                                        float64

	stdout, stderr *os.File
	told           *answer // what the command has to say
}

func (o *options) flags(f *pflag.FlagSet) {
	o.set = f
	f.StringVar(&o.out, "out", "", "folder of the results (default out)")
	f.BoolVar(&o.force, "force", false, "write over what is there")
	f.Uint64Var(&o.seed, "seed", 0, "of all that is drawn by chance (default 1)")
	f.BoolVar(&o.quiet, "quiet", false, "say nothing but faults")
	f.BoolVar(&o.json, "json", false, "a summary for machines on stdout")
	f.IntVar(&o.splits, "splits", 1, "pieces that a source is cut in; results don't depend on it")
	f.IntVar(&o.shards, "shards", 1, "parts that predictions and the cleaned table are left in")
	f.BoolVar(&o.noHeader, "no-header", false, "the first record names no columns")
	f.StringSliceVar(&o.columns, "columns", nil, "names of the columns: a,b,c")
	f.StringVar(&o.delimiter, "delimiter", "", "character between fields (found when left out)")
	f.StringVar(&o.quote, "quote", "", "character around fields, or none (found when left out)")
	f.StringVar(&o.encoding, "encoding", "", "utf-8, windows-1252, windows-1250, shift_jis ... (found when left out)")
	f.StringVar(&o.malformed, "malformed", "", "refuse or repair malformed records (default refuse)")
	f.StringSliceVar(&o.missing, "missing", nil, "the texts that mean no value: NA,? (found when left out)")
	f.StringVar(&o.schema, "schema", "", "an edited schema.yaml, which is then enforced")
	f.StringVar(&o.format, "format", "", "of the cleaned table (default parquet) or the predictions (default csv): "+strings.Join(format.Names(), ", "))
	f.StringVar(&o.labels, "labels", "", "corrected cells that cleaning learns from: a CSV file with column, old, new")
	f.StringVar(&o.reviewed, "reviewed", "", "a proposals.csv, or a changes.csv with a column verdict: accept or reject; what is accepted is done by value, what is rejected is not done again")
	f.StringVar(&o.constraints, "rules", "", "what is known of the columns: a YAML file with determines and values")
	f.StringVar(&o.target, "target", "", "column to predict")
	f.StringVar(&o.key, "key", "", "column that names a record")
	f.StringVar(&o.task, "task", "", "regression or classification (found when left out)")
	f.StringVar(&o.metric, "metric", "", "rmse, rmsle, mae, r2; auc, logloss, accuracy, f1")
	f.StringVar(&o.positive, "positive", "", "label of two that a metric is about (the rarer one)")
	f.StringVar(&o.require, "require", "", "the release gate, such as \"<= 0.13\"")
	f.IntVar(&o.folds, "folds", 0, "folds of cross-validation (default 5)")
	f.Float64Var(&o.confidence, "confidence", 0, "coverage of intervals (default 0.9)")
	f.StringSliceVar(&o.models, "models", nil, "learners to try: a,b,c (all that fit)")
	f.StringVar(&o.model, "model", "", "folder of the model (default model in --out)")
	f.StringVar(&o.budget, "budget", "", "not there yet")
	f.StringArrayVar(&o.runnerOptions, "runner-option", nil, "KEY=VALUE, passed to the runner as it is")
	beamFlags(f)
	f.StringVar(&o.runner, "runner", "", strings.Join(runners.Names(), ", ")+" (default "+runners.Default()+"); see beamline help runners")
}

// beamFlags takes the SDK's own flags, which help does not show.
func beamFlags(f *pflag.FlagSet) {
	sdk := pflag.NewFlagSet("beam", pflag.ContinueOnError)
	sdk.AddGoFlagSet(flag.CommandLine)
	sdk.VisitAll(func(x *pflag.Flag) {
		if f.Lookup(x.Name) == nil && !strings.HasPrefix(x.Name, "test.") {
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

// launcherFlags sets the runner's options that were given as flags of Beam's
// launcher.
func (o *options) launcherFlags(runner string, set func(key, value string)) {
	for _, k := range runners.Kinds {
		for _, option := range k.Flags {
			if f := o.set.Lookup(option.Name); k.Name == runner && f != nil && f.Changed {
				set(option.Name, f.Value.String())
			}
		}
	}
}

// spec reads the spec among the arguments, if there is one, and lays the flags
// over it. The other arguments are data.
func (o *options) spec(ctx context.Context, args []string) (spec.Spec, []string, error) {
	s := spec.Default()
	var data []string
	specs := 0
	for _, a := range args {
		if !strings.HasSuffix(a, ".yaml") && !strings.HasSuffix(a, ".yml") {
			data = append(data, a)
			continue
		}
		if specs++; specs > 1 {
			return s, nil, fault.Usagef("%s: a second spec; name one", a)
		}
		var err error
		if s, err = readSpec(ctx, a); err != nil {
			return s, nil, err
		}
		beside(a, &s)
	}
	if err := o.lay(&s); err != nil {
		return s, nil, err
	}
	return s, data, s.Validate()
}

// readSpec reads a spec, here or in a bucket.
func readSpec(ctx context.Context, name string) (spec.Spec, error) {
	text, err := store.ReadFile(ctx, name, spec.MaxSize)
	if errors.Is(err, fs.ErrNotExist) {
		return spec.Spec{}, fault.Usagef("%s: no such file", name)
	}
	if err != nil {
		return spec.Spec{}, err
	}
	return spec.Read(name, text)
}

// lay lays the flags that are set over the spec.
func (o *options) lay(s *spec.Spec) error {
	if o.budget != "" {
		return fault.Usagef("--budget is not there yet")
	}
	set := func(key, value string) {
		if s.Runner.Options == nil {
			s.Runner.Options = map[string]string{}
		}
		s.Runner.Options[key] = value
	}
	if o.set.Changed("runner") && o.runner != s.Runner.Name { // the spec's options are another runner's
		s.Runner = spec.Runner{Name: o.runner}
	}
	o.launcherFlags(s.Runner.Name, set)
	for _, option := range o.runnerOptions {
		key, value, ok := strings.Cut(option, "=")
		if !ok {
			return fault.Usagef("--runner-option: %q is not KEY=VALUE", option)
		}
		set(key, value)
	}
	texts := map[string]*string{"out": &s.Output.Dir, "delimiter": &s.Data.Delimiter,
		"quote": &s.Data.Quote, "malformed": &s.Data.Malformed, "encoding": &s.Data.Encoding, "schema": &s.Data.Schema, "target": &s.Goal.Target,
		"key": &s.Data.Key, "task": &s.Goal.Task, "metric": &s.Goal.Metric, "positive": &s.Goal.Positive,
		"require": &s.Goal.Require, "labels": &s.Clean.Labels, "reviewed": &s.Clean.Reviewed, "rules": &s.Clean.Constraints}
	o.set.VisitAll(func(f *pflag.Flag) {
		if !f.Changed {
			return
		}
		if to := texts[f.Name]; to != nil {
			*to = f.Value.String()
		}
		switch f.Name {
		case "no-header":
			header := !o.noHeader
			s.Data.Header = &header
		case "columns":
			s.Data.Columns = o.columns
		case "missing":
			s.Data.Missing = o.missing
		case "models":
			s.Models = nil
			for _, m := range o.models {
				s.Models = append(s.Models, spec.Model{Name: m})
			}
		case "folds":
			s.Split.Folds = o.folds
		case "seed":
			s.Split.Seed = o.seed
		case "confidence":
			s.Goal.Confidence = o.confidence
		}
	})
	return nil
}

// beside lets the paths of a spec that are not found from here be looked for
// beside it.
func beside(name string, s *spec.Spec) {
	mend := func(path string) string {
		if path == "" || filepath.IsAbs(path) || store.Remote(path) {
			return path
		}
		other := store.Join(store.Dir(name), path)
		if !found(path) && (store.Remote(name) || found(other)) {
			return other
		}
		return path
	}
	for _, paths := range []spec.Paths{s.Data.Train, s.Data.Labelled, s.Data.Score} {
		for i := range paths {
			paths[i] = mend(paths[i])
		}
	}
	for _, path := range []*string{&s.Data.Schema, &s.Clean.Labels, &s.Clean.Reviewed, &s.Clean.Constraints} {
		*path = mend(*path)
	}
}

func found(path string) bool {
	matches, err := filepath.Glob(path)
	if err == nil && len(matches) > 0 {
		return true
	}
	_, err = os.Stat(path)
	return err == nil
}

// open finds the sources, and how they are read.
func open(ctx context.Context, s spec.Spec, data []string, key string) (tableio.Table, error) {
	return tableio.Open(ctx, data, reading(s), key)
}

// reading is how the spec says that files are to be read.
func reading(s spec.Spec) csv.Settings {
	return csv.Settings{Delimiter: s.Data.Delimiter, Quote: s.Data.Quote, Header: s.Data.Header,
		Columns: s.Data.Columns, Encoding: csv.Encoding(s.Data.Encoding), Escape: s.Data.Escape, Comment: s.Data.Comment,
		Skip: s.Data.SkipLines, Repair: s.Data.Malformed == "repair", Keep: s.Data.Damaged == "keep", Limit: s.Limits.Record}
}

// launcher launches jobs of that name on the runner of the spec.
func (o *options) launcher(s spec.Spec, job string) (pipelines.Launcher, error) {
	r := pipelines.Launcher{Splits: o.splits, Shards: o.shards}
	if o.splits < 1 || o.splits > 10000 {
		return r, fault.Usagef("--splits: %d does not lie between 1 and 10000", o.splits)
	}
	if o.shards < 1 || o.shards > 10000 {
		return r, fault.Usagef("--shards: %d does not lie between 1 and 10000", o.shards)
	}
	var err error
	r.Runner, err = runners.New(cmp.Or(s.Runner.Name, runners.Default()), s.Runner.Options, job)
	return r, err
}
