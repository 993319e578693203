package main

import (
	"strings"

	"github.com/spf13/pflag"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/internal/spec"
	"github.com/beamline-go/beamline/pipelines"
	"github.com/beamline-go/beamline/transforms/csvio"
)

// options are the flags of all commands; one that is set wins over the spec.
type options struct {
	out, model, runner, delimiter, quote                 string
	target, key, task, metric, positive, columns, models string
	force, noHeader                                      bool
	seed                                                 uint64
	folds, splits                                        int
	confidence                                           float64
}

func (o *options) flags(f *pflag.FlagSet) {
	f.StringVar(&o.out, "out", "", "folder of the results (default out)")
	f.BoolVar(&o.force, "force", false, "write over what is there")
	f.Uint64Var(&o.seed, "seed", 0, "of all that is drawn by chance (default 1)")
	f.IntVar(&o.splits, "splits", 1, "pieces that a source is cut in; results don't depend on it")
	f.BoolVar(&o.noHeader, "no-header", false, "the first record names no columns")
	f.StringVar(&o.columns, "columns", "", "names of the columns: a,b,c")
	f.StringVar(&o.delimiter, "delimiter", "", "character between fields (found when left out)")
	f.StringVar(&o.quote, "quote", "", "character around fields, or none (found when left out)")
	f.StringVar(&o.target, "target", "", "column to predict")
	f.StringVar(&o.key, "key", "", "column that names a record")
	f.StringVar(&o.task, "task", "", "regression or classification (found when left out)")
	f.StringVar(&o.metric, "metric", "", "rmse, rmsle, mae, r2; auc, logloss, accuracy, f1")
	f.StringVar(&o.positive, "positive", "", "label of two that a metric is about (the rarer one)")
	f.IntVar(&o.folds, "folds", 0, "folds of cross-validation (default 5)")
	f.Float64Var(&o.confidence, "confidence", 0, "coverage of intervals (default 0.9)")
	f.StringVar(&o.models, "models", "", "learners to try: a,b,c (all that fit)")
	f.StringVar(&o.model, "model", "", "folder of the model (default model in --out)")
	f.StringVar(&o.runner, "runner", "", "prism or direct (default prism)")
}

// spec reads the spec among the arguments, if there is one, and lays the flags
// over it. The other arguments are data.
func (o *options) spec(args []string) (spec.Spec, []string, error) {
	s := spec.Default()
	var data []string
	for _, a := range args {
		if !strings.HasSuffix(a, ".yaml") && !strings.HasSuffix(a, ".yml") {
			data = append(data, a)
			continue
		}
		var err error
		if s, err = spec.Read(a); err != nil {
			return s, nil, err
		}
	}
	for to, from := range map[*string]string{&s.Output.Dir: o.out, &s.Runner.Name: o.runner, &s.Data.Delimiter: o.delimiter,
		&s.Data.Quote: o.quote, &s.Goal.Target: o.target, &s.Data.Key: o.key, &s.Goal.Task: o.task,
		&s.Goal.Metric: o.metric, &s.Goal.Positive: o.positive} {
		if from != "" {
			*to = from
		}
	}
	if o.noHeader {
		no := false
		s.Data.Header = &no
	}
	if o.columns != "" {
		s.Data.Columns = strings.Split(o.columns, ",")
	}
	if o.models != "" {
		s.Models = nil
		for _, m := range strings.Split(o.models, ",") {
			s.Models = append(s.Models, spec.Model{Name: m})
		}
	}
	if o.folds != 0 {
		s.Split.Folds = o.folds
	}
	if o.seed != 0 {
		s.Split.Seed = o.seed
	}
	if o.confidence != 0 {
		s.Goal.Confidence = o.confidence
	}
	if s.Data.Schema != "" || len(s.Data.Missing) > 0 {
		return s, data, fault.Usagef("data.schema and data.missing are not there yet")
	}
	return s, data, s.Validate()
}

// open finds the files and their formats.
func open(s spec.Spec, data []string) (csvio.Table, error) {
	files, err := source.Expand(data)
	if err != nil {
		return csvio.Table{}, err
	}
	return csvio.Open(files, csv.Settings{Delimiter: s.Data.Delimiter, Quote: s.Data.Quote, Header: s.Data.Header,
		Columns: s.Data.Columns, Encoding: csv.Encoding(s.Data.Encoding)}, s.Data.Key)
}

func runner(s spec.Spec, splits int) (pipelines.Runner, error) {
	r := pipelines.Runner{Name: s.Runner.Name, Splits: splits}
	if len(s.Runner.Options) > 0 {
		return r, fault.Usagef("runner.options: the %s runner has none", s.Runner.Name)
	}
	return r, r.Validate()
}
