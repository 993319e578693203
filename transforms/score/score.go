// Package score applies an artifact to batches of text as a Beam pipeline. The
// artifact is read once a process.
package score

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/beamline-go/beamline/internal/conform"
	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/number"
	"github.com/beamline-go/beamline/internal/tally"
	"github.com/beamline-go/beamline/models"
	"github.com/beamline-go/beamline/models/training"
	"github.com/beamline-go/beamline/table"
	"github.com/beamline-go/beamline/transforms/artifact"
	rows "github.com/beamline-go/beamline/transforms/conform"
	"github.com/beamline-go/beamline/transforms/sink"
)

func init() {
	beam.RegisterDoFn(&rowsFn{})
	register.Emitter1[sink.Fragment]()
	register.Emitter1[tally.Tally]()
}

// Predictions is the output that fragments are of, beside the ledger and the
// rejects.
const Predictions = "predictions.csv"

// Options of Rows.
type Options struct {
	Model string // folder of the artifact
	// Key names the column whose cell a line of predictions begins with; the
	// number of the row stands there when it is empty.
	Key string
	// Output names the fragments of the predictions; Predictions when empty.
	Output string
}

// Rows predicts batches of text. Schematically:
//
//	Rows(PCollection<table.Batch>) (PCollection<sink.Fragment>, PCollection<tally.Tally>)
//
// The fragments are predictions, ledger and rejects, in the order of the input.
func Rows(s beam.Scope, batches beam.PCollection, o Options) (fragments, tallies beam.PCollection) {
	return beam.ParDo2(s.Scope("Score"), &rowsFn{Options: o}, batches)
}

var (
	loading sync.Mutex
	loaded  = map[string]*models.Model{}
)

// load reads an artifact once a process.
func load(ctx context.Context, dir string) (*models.Model, error) {
	loading.Lock()
	defer loading.Unlock()
	if m := loaded[dir]; m != nil {
		return m, nil
	}
	m, err := artifact.Load(ctx, dir)
	if err == nil {
		loaded[dir] = m
	}
	return m, err
}

// Forget lets go of all artifacts, so that one that was trained again is read
// again.
func Forget() {
	loading.Lock()
	defer loading.Unlock()
	clear(loaded)
}

type rowsFn struct {
	Options Options

	model  *models.Model
	scorer *models.Scorer
	sum    tally.Tally // of the bundle
}

func (f *rowsFn) StartBundle(_ func(sink.Fragment), _ func(tally.Tally)) { f.sum = tally.Tally{} }

func (f *rowsFn) FinishBundle(ctx context.Context, _ func(sink.Fragment), tallies func(tally.Tally)) {
	rows.Show(ctx, f.sum)
	for _, r := range f.sum.Files {
		rows.Scored(ctx, r.Used)
	}
	tallies(f.sum)
}

func (f *rowsFn) Setup(ctx context.Context) error {
	var err error
	f.model, err = load(ctx, f.Options.Model)
	return fault.Carry(err)
}

// ready makes the scorer for the columns that all batches of a table have.
func (f *rowsFn) ready(b table.Batch) error {
	if f.scorer != nil {
		return nil
	}
	var columns []string
	for _, c := range b.Record.Schema().Fields() {
		columns = append(columns, c.Name)
	}
	var err error
	f.scorer, err = f.model.Scorer(columns, conform.Options{Key: f.Options.Key})
	return err
}

func (f *rowsFn) ProcessElement(ctx context.Context, b table.Batch, fragments func(sink.Fragment), tallies func(tally.Tally)) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := f.ready(b); err != nil {
		return fault.Carry(err)
	}
	f.sum.Batch(b)
	r, err := f.scorer.Score(b, &f.sum)
	if err != nil {
		return fault.Carry(err)
	}
	f.sum.Move(b.File, int64(len(r.Batch.Rejects)-len(b.Rejects)))
	if err := rows.WriteRejects(r.Batch, fragments); err != nil {
		return err
	}
	rows.WriteChanges(b.Position, r.Changes, fragments)
	fragments(sink.Fragment{Output: cmp.Or(f.Options.Output, Predictions), At: b.Position, Data: f.lines(b, r)})
	return nil
}

// Columns are those of the predictions.
func Columns(g training.Goal, key string) []table.Column {
	first := table.Column{Name: key, Type: table.String}
	if key == "" {
		first = table.Column{Name: "row", Type: table.Int64}
	}
	columns := []table.Column{first, {Name: "prediction", Type: table.String}}
	if g.Classes() == 0 {
		columns[1].Type = table.Float64
		columns = append(columns, table.Column{Name: "lower", Type: table.Float64}, table.Column{Name: "upper", Type: table.Float64})
	}
	for _, l := range g.Labels {
		columns = append(columns, table.Column{Name: "p_" + l, Type: table.Float64})
	}
	columns = append(columns, table.Column{Name: "model_id", Type: table.String})
	if slices.ContainsFunc(columns[1:], func(c table.Column) bool { return c.Name == key }) {
		columns[0].Name = key + "_key" // no two columns have one name
	}
	return columns
}

// Header is the first line of predictions.csv.
func Header(g training.Goal, key string) string {
	var names []string
	for _, c := range Columns(g, key) {
		names = append(names, c.Name)
	}
	return csv.Header(names, csv.Default)
}

// lines writes a line for each record of the batch, in the order of the input.
func (f *rowsFn) lines(in table.Batch, r models.Scored) []byte {
	out := make([]byte, 0, 64*(in.Len()+1))
	key := -1
	if f.Options.Key != "" {
		key = in.Index(f.Options.Key)
	}
	blanks := f.blanks()
	rejects := r.Batch.Rejects
	refused := func() {
		out = f.key(out, rejects[0].Key, rejects[0].Row)
		out = append(out, blanks...)
		rejects = rejects[1:]
	}
	at := 0 // in the incoming batch
	for i := range r.Batch.Len() {
		row := r.Batch.Row(i)
		for len(rejects) > 0 && rejects[0].Row < row {
			refused()
		}
		cell := ""
		if key >= 0 {
			for in.Row(at) != row {
				at++
			}
			cell = in.Text(key).Value(at)
		}
		out = f.key(out, cell, row)
		out = f.prediction(out, r.Scores, i)
	}
	for len(rejects) > 0 {
		refused()
	}
	return out
}

func (f *rowsFn) key(out []byte, cell string, row int64) []byte {
	if f.Options.Key == "" {
		return number.AppendInt(out, row)
	}
	return csv.AppendField(out, cell, csv.Default)
}

// blanks is what stands behind the key of a refused record.
func (f *rowsFn) blanks() string {
	n := 4
	if k := f.model.Goal.Classes(); k > 0 {
		n = 2 + k
	}
	blanks := make([]byte, n, n+1)
	for i := range blanks {
		blanks[i] = ','
	}
	return string(append(blanks, '\n'))
}

func (f *rowsFn) prediction(out []byte, s models.Scores, i int) []byte {
	out = append(out, ',')
	if k := f.model.Goal.Classes(); k > 0 {
		out = csv.AppendField(out, f.model.Goal.Labels[s.Labels[i]], csv.Default)
		for _, p := range s.Probabilities[i*k : (i+1)*k] {
			out = number.Append(append(out, ','), p)
		}
	} else {
		out = number.Append(out, s.Values[i])
		out = number.Append(append(out, ','), s.Lower[i])
		out = number.Append(append(out, ','), s.Upper[i])
	}
	out = append(append(out, ','), f.model.ID...)
	return append(out, '\n')
}
