package pipelines

import (
	"context"
	"errors"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/format"
	"github.com/beamline-go/beamline/internal/outdir"
	"github.com/beamline-go/beamline/internal/sink"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/models"
	"github.com/beamline-go/beamline/models/training"
	"github.com/beamline-go/beamline/transforms/cleaning"
	"github.com/beamline-go/beamline/transforms/evaluate"
	"github.com/beamline-go/beamline/transforms/result"
	"github.com/beamline-go/beamline/transforms/score"
	"github.com/beamline-go/beamline/transforms/tableio"
	"github.com/beamline-go/beamline/transforms/train"
)

// Output says how a table is written.
type Output struct {
	Format   string // none is written where it is empty
	Settings format.Settings
	Staged   bool // the rows are kept as they are, in the file outdir.Staged
	All      bool // a text has the records that are refused or there twice too
}

// text reports whether the output is the text of the input, with its changes.
func (o Output) text() bool { return o.Format == format.Delimited.Name }

// conformed reads a table as what was learned and saved in dir says, and stages
// its rows. The ledger, the rejects and, where out asks for it, the cleaned table are
// left in dir.
func conformed(s beam.Scope, r Launcher, t tableio.Table, dir string, o cleaning.Options, out Output) (staged beam.PCollection, results []beam.PCollection, err error) {
	planned, all := r.read(s, t)
	o.Dir, o.Columns, o.Key, o.Texts, o.All = dir, t.Columns, t.Key, out.text(), out.All
	var tallies, typed, texts []beam.PCollection
	for _, batches := range all {
		rows, text, tallied := cleaning.Rows(s, batches, o)
		typed, texts, tallies = append(typed, rows), append(texts, text), append(tallies, tallied)
	}
	w := writer{scope: s}
	staged = w.write(typed, &sink.Stage{Dir: dir})
	w.write(typed, lines(dir, outdir.Rejects, sink.Rejects), lines(dir, outdir.Changes, sink.Changes), lines(dir, outdir.Proposals, sink.Proposals))
	if out.Staged {
		w.write(typed, &sink.Kept{Dir: dir, File: outdir.Staged})
	}
	switch {
	case out.text():
		w.write(texts, &sink.Lines{Dir: dir, File: outdir.Cleaned(out.Format), Of: out.Format, Settings: out.Settings, Shards: r.Shards})
	case out.Format != "":
		w.encode(staged, sink.Table{Dir: dir, File: outdir.Cleaned(out.Format), Format: out.Format, Numbered: true, Shards: r.Shards})
	}
	return staged, append(counted(s, planned, tallies), result.Done(s, w.made...)...), w.err
}

// writer adds outputs to a pipeline.
type writer struct {
	scope beam.Scope
	made  []beam.PCollection
	err   error
}

func (w *writer) write(batches []beam.PCollection, sinks ...sink.Sink) beam.PCollection {
	made, err := tableio.WriteTo(w.scope, sinks, batches...)
	return w.add(made, err)
}

func (w *writer) encode(staged beam.PCollection, t sink.Table) {
	w.add(tableio.Encode(w.scope, t, staged))
}

func (w *writer) add(made beam.PCollection, err error) beam.PCollection {
	if err != nil {
		w.err = errors.Join(w.err, err)
		return made
	}
	w.made = append(w.made, made)
	return made
}

// lines is a file of what batches have beside their rows.
func lines(dir, name, of string) sink.Sink { return &sink.Lines{Dir: dir, File: name, Of: of} }

// Fits finds out whether a table can be read by what was learned, of it or of another one.
func Fits(t tableio.Table, l cleaning.Learned, needTarget bool) error {
	return fault.In(t.Name(), l.Check(t.Columns, needTarget))
}

// Clean reads a table again, by what was learned of it, and writes it cleaned, as out
// says.
func Clean(ctx context.Context, r Launcher, t tableio.Table, l cleaning.Learned, dir string, out Output) (Count, error) {
	if err := Fits(t, l, false); err != nil {
		return Count{}, err
	}
	if err := l.Save(ctx, dir); err != nil {
		return Count{}, err
	}
	err := r.Run(ctx, func(s beam.Scope) error {
		_, results, err := conformed(s, r, t, dir, cleaning.Options{}, out)
		r.leave(s, dir, results...)
		return err
	})
	if err != nil {
		return Count{}, err
	}
	_, c, err := left(ctx, dir)
	return c, err
}

// left reads what a job left in dir: also where it found that the data can't be used.
func left(ctx context.Context, dir string) (result.Left, Count, error) {
	l, err := result.Read(ctx, dir)
	c, counted := readCount(l)
	if err == nil {
		err = counted
	}
	return l, c, err
}

// Train reads a table again, by what was learned of it, stages its rows and
// trains. The artifact, the cleaned rows, the ledger and the rejects are left in
// j.Dir.
func Train(ctx context.Context, r Launcher, t tableio.Table, l cleaning.Learned, j train.Job, out Output) (train.Result, Count, error) {
	if err := Fits(t, l, true); err != nil {
		return train.Result{}, Count{}, err
	}
	if err := l.Save(ctx, j.Dir); err != nil {
		return train.Result{}, Count{}, err
	}
	err := r.Run(ctx, func(s beam.Scope) error {
		staged, results, err := conformed(s, r, t, j.Dir, cleaning.Options{NeedTarget: true}, out)
		if err != nil {
			return err
		}
		trained, err := train.Run(s, staged, j, r.Runner.Branches())
		if err != nil {
			return err
		}
		r.leave(s, j.Dir, append(results, trained)...)
		return nil
	})
	train.Forget()
	if err != nil {
		return train.Result{}, Count{}, err
	}
	found, c, err := left(ctx, j.Dir)
	if err != nil {
		return train.Result{}, c, err
	}
	result, err := result.One[train.Result](found, train.ResultKind)
	return result, c, err
}

// Evaluate measures the artifact m, which is in the folder model, on labelled
// records. The ledger and the rejects are left in dir. The assessment is empty
// where no record could be read.
func Evaluate(ctx context.Context, r Launcher, t tableio.Table, m *models.Model, model, dir string, seed uint64) (training.Assessment, Count, error) {
	path, err := store.Abs(model) // where any worker finds it
	if err != nil {
		return training.Assessment{}, Count{}, err
	}
	l := cleaning.Learned{Schema: m.Schema, Plan: m.Clean}
	if err := Fits(t, l, true); err != nil {
		return training.Assessment{}, Count{}, err
	}
	if err := l.Save(ctx, dir); err != nil {
		return training.Assessment{}, Count{}, err
	}
	err = r.Run(ctx, func(s beam.Scope) error {
		staged, results, err := conformed(s, r, t, dir, cleaning.Options{NeedTarget: true}, Output{})
		if err != nil {
			return err
		}
		r.leave(s, dir, append(results, evaluate.Model(s, staged, evaluate.Options{Model: path, Digest: m.Digest(), Seed: seed}))...)
		return nil
	})
	if err != nil {
		return training.Assessment{}, Count{}, err
	}
	found, c, err := left(ctx, dir)
	if err != nil {
		return training.Assessment{}, c, err
	}
	if len(found[evaluate.ResultKind]) == 0 {
		return training.Assessment{}, c, nil
	}
	a, err := result.One[training.Assessment](found, evaluate.ResultKind)
	return a, c, err
}

// Staged stands for no format: predictions are kept as they are, in the file
// outdir.Staged.
const Staged = ""

// predicted is the sink of predictions in a format.
func predicted(dir, of string, shards int) (sink.Sink, error) {
	if of == Staged {
		return &sink.Kept{Dir: dir, File: outdir.Staged}, nil
	}
	f, err := format.Find(of)
	return sink.File(dir, outdir.Predicted(f.Name), f, shards), err
}

// Score predicts a table with the artifact m, which is in the folder model. The
// predictions, in a format or Staged, the ledger and the rejects are left in dir.
func Score(ctx context.Context, r Launcher, t tableio.Table, m *models.Model, model, dir, of string) (Count, error) {
	to, err := predicted(dir, of, r.Shards)
	if err != nil {
		return Count{}, err
	}
	t.Columns = needed(t, m)
	if err := Fits(t, cleaning.Learned{Schema: m.Schema, Plan: m.Clean}, false); err != nil {
		return Count{}, err
	}
	digest := m.Digest()
	if r.Then != nil { // by then another one may be there
		digest = ""
	}
	err = r.Run(ctx, func(s beam.Scope) error {
		planned, all := r.read(s, t)
		var tallies, predictions []beam.PCollection
		for _, batches := range all {
			// Keys of a file that has types can be joined with the data; one of text has them as
			// they are spelled.
			predicted, tallied, err := score.Rows(s, batches, score.Options{Model: model, Digest: digest, Key: t.Key, WholeKeys: of != Staged && of != format.Delimited.Name})
			if err != nil {
				return err
			}
			predictions, tallies = append(predictions, predicted), append(tallies, tallied)
		}
		w := writer{scope: s}
		w.write(predictions, to, lines(dir, outdir.Rejects, sink.Rejects), lines(dir, outdir.Changes, sink.Changes))
		done := r.leave(s, dir, append(counted(s, planned, tallies), result.Done(s, w.made...)...)...)
		if r.Then != nil { // called again, it must find the same results
			beam.ParDo0(s.Scope("Finish"), r.Then.Do, beam.Create(s, r.Then.With), beam.SideInput{Input: beam.Reshuffle(s, done)})
		}
		return w.err
	})
	score.Forget()
	if err != nil || r.Then != nil {
		return Count{}, err
	}
	return Counted(ctx, dir)
}

// needed are the columns of a table that a model looks at, where the others need not be
// read: Parquet files have each column by itself. A record that is refused is then
// written with these columns only.
func needed(t tableio.Table, m *models.Model) []string {
	if t.Later != nil || slices.ContainsFunc(t.Sources, func(x source.Source) bool { return !columnar(x) }) {
		return t.Columns
	}
	return slices.DeleteFunc(slices.Clone(t.Columns), func(name string) bool {
		c, known := m.Schema.Column(name)
		return name != t.Key && (!known || !c.Role.Feature())
	})
}

func columnar(x source.Source) bool {
	c, ok := source.As[source.Columnar](x)
	return ok && c.Columnar()
}

// Counted returns what became of the records of a job that left its results in
// dir.
func Counted(ctx context.Context, dir string) (Count, error) {
	_, c, err := left(ctx, dir)
	return c, err
}
