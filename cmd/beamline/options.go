package main

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/format"
	"github.com/beamline-go/beamline/internal/mapping"
	"github.com/beamline-go/beamline/internal/spec"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/internal/systems"
	"github.com/beamline-go/beamline/models/training"
	"github.com/beamline-go/beamline/pipelines"
	"github.com/beamline-go/beamline/pipelines/runners"
	"github.com/beamline-go/beamline/table"
	"github.com/beamline-go/beamline/transforms/tableio"
)

// options are the flags of all commands; one that is set wins over the spec.
type options struct {
	set *pflag.FlagSet // of the command at hand

	out, model, runner, delimiter, quote, encoding, malformed, schema   string
	target, key, task, metric, positive, require, format                string
	columns, missing, models, runnerOptions                             []string
	labels, reviewed, constraints, signingKey, trust, metrics, to, date string
	force, noHeader, quiet, json, resume                                bool
	seed                                                                uint64
	effort, failOn, logFormat                                           string
	verbose, keepRefused, safe                                          bool
	at                                                                  string
	deadline, idle, window                                              time.Duration
	folds, splits, shards, keep                                         int
	confidence, threshold, rate, speed                                  float64
	perDay                                                              bool // it is one of several days

	stdout   *screen
	stderr   *os.File
	told     *answer // what the command has to say
	specName string  // of the spec that was read, and its text
	specText []byte
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
		if s, err = o.readSpec(ctx, a); err != nil {
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
func (o *options) readSpec(ctx context.Context, name string) (spec.Spec, error) {
	text, err := store.ReadFile(ctx, name, spec.MaxSize)
	if errors.Is(err, fs.ErrNotExist) {
		return spec.Spec{}, fault.Usagef("%s: no such file", name)
	}
	if err != nil {
		return spec.Spec{}, err
	}
	o.specName, o.specText = name, text
	return spec.Read(name, text)
}

// located says where in the spec a fault of the command line or the spec is.
func (o *options) located(err error) error {
	var f *fault.Fault
	if o.specName == "" || !errors.As(err, &f) || f.Code != fault.Usage {
		return err
	}
	return fault.Usagef("%s", spec.Locate(o.specName, o.specText, f.Message))
}

// changed reports whether a flag was given.
func (o *options) changed(name string) bool { return o.set != nil && o.set.Changed(name) }

// lay lays the flags that are set over the spec.
func (o *options) lay(s *spec.Spec) error {
	set := func(key, value string) {
		if s.Runner.Options == nil {
			s.Runner.Options = map[string]string{}
		}
		s.Runner.Options[key] = value
	}
	if o.changed("runner") && o.runner != s.Runner.Name { // the spec's options are another runner's
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
	texts := map[string]*string{"to": (*string)(&s.Output.To), "out": &s.Output.Dir, "delimiter": &s.Data.Delimiter,
		"quote": &s.Data.Quote, "malformed": &s.Data.Malformed, "encoding": &s.Data.Encoding, "schema": &s.Data.Schema, "target": &s.Goal.Target,
		"key": &s.Data.Key, "task": &s.Goal.Task, "metric": &s.Goal.Metric, "positive": &s.Goal.Positive,
		"require": &s.Goal.Require, "labels": &s.Clean.Labels, "reviewed": &s.Clean.Reviewed, "rules": &s.Clean.Constraints,
		"signing-key": &s.Signing.Key, "trust": &s.Signing.Trust}
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
	return o.layEffort(s)
}

// layEffort lays the folds of the effort over those that are usual, and checks what has no
// place in a spec.
func (o *options) layEffort(s *spec.Spec) error {
	e := training.Effort(o.effort)
	switch {
	case o.changed("effort") && !slices.Contains(training.Efforts, e):
		return fault.Usagef("--effort: %q is none of quick, normal, thorough", o.effort)
	case o.changed("threshold") && !(o.threshold > 0 && o.threshold < 1):
		return fault.Usagef("--threshold: %v does not lie between 0 and 1", o.threshold)
	case o.keepRefused && o.format != format.Delimited.Name:
		return fault.Usagef("--keep-refused is about clean.csv; say --format csv")
	case o.safe && o.keepRefused:
		return fault.Usagef("--keep-refused has refused records as they were, and --spreadsheet-safe marks cells; give one of them")
	case o.safe && o.format != format.Delimited.Name:
		return fault.Usagef("--spreadsheet-safe is about files of text; say --format csv")
	case o.logFormat != "" && !slices.Contains(logFormats, o.logFormat):
		return fault.Usagef("--log-format: %q is none of %s", o.logFormat, fault.Few(logFormats))
	case o.failOn != "" && !slices.Contains([]table.Severity{table.Warning, table.Error}, table.Severity(o.failOn)):
		return fault.Usagef("--fail-on: %q is none of %s, %s", o.failOn, table.Warning, table.Error)
	case o.changed("keep") && (o.keep < 0 || o.keep > mostDays):
		return fault.Usagef("--keep: %d does not lie between 0 and %d", o.keep, mostDays)
	case o.changed("deadline") && o.deadline <= 0:
		return fault.Usagef("--deadline: %v is no time to come, such as 5m", o.deadline)
	case o.changed("effort") && !o.changed("folds") && s.Split.Folds == spec.Default().Split.Folds:
		s.Split.Folds = e.Folds()
	}
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
			paths[i] = systems.Path(paths[i], mend)
		}
	}
	for _, name := range mapping.Joined(s.Steps) {
		*name = systems.Path(*name, mend)
	}
	for _, path := range []*string{&s.Data.Schema, &s.Clean.Labels, &s.Clean.Reviewed, &s.Clean.Constraints, &s.Signing.Key, &s.Signing.Trust} {
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
	t, err := tableio.Open(ctx, data, reading(s), s.Steps, key)
	if n := len(t.Columns); err == nil && n > s.Limits.Columns {
		return t, fault.Dataf("%s: %d columns, more than the %d that a table may have; set limits.columns in the spec", t.Sources[0].Name(), n, s.Limits.Columns)
	}
	return t, err
}

// reading is how the spec says that files are to be read.
func reading(s spec.Spec) csv.Settings {
	return csv.Settings{Delimiter: s.Data.Delimiter, Quote: s.Data.Quote, Header: s.Data.Header,
		Columns: s.Data.Columns, Encoding: csv.Encoding(s.Data.Encoding), Escape: s.Data.Escape, Comment: s.Data.Comment,
		Skip: s.Data.SkipLines, Repair: s.Data.Malformed == "repair", Keep: s.Data.Damaged == "keep", Pattern: s.Data.Pattern, Limit: s.Limits.Record, Expanded: int64(s.Limits.Expanded)}
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
