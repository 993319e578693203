// Package predictions has what a model predicts as a table, which pipelines, streams and
// services write.
package predictions

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/beamline-go/beamline/internal/conform"
	"github.com/beamline-go/beamline/internal/number"
	"github.com/beamline-go/beamline/internal/tally"
	"github.com/beamline-go/beamline/models"
	"github.com/beamline-go/beamline/models/training"
	"github.com/beamline-go/beamline/table"
)

// Columns are those of the predictions: the key by its name, or row; for a quantity
// prediction, lower and upper; for classes prediction and p_<label> for each label in
// sorted order; last model_id.
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

// Table makes tables of the predictions of a model. It may be used by several goroutines.
type Table struct {
	model  *models.Model
	key    string
	whole  bool // keys are whole numbers
	schema *arrow.Schema
}

// New returns the table of a model's predictions, whose first column is the cells of key, or
// the numbers of the rows where that is empty. wholeKeys has the cells of the key as whole
// numbers where training had such; what is none is empty, and counted. They are texts otherwise,
// as they are spelled.
func New(m *models.Model, key string, wholeKeys bool) (*Table, error) {
	t := &Table{model: m, key: key, whole: wholeKeys && key != "" && key == m.Key() && m.KeyType == table.Int64}
	columns := Columns(m.Goal, key)
	if t.whole {
		columns[0].Type = table.Int64
	}
	var err error
	t.schema, err = table.Schema{Columns: columns}.Arrow()
	return t, err
}

// Schema is that of the batches.
func (f *Table) Schema() *arrow.Schema { return f.schema }

// Batch is the batch of predictions: one row for each record of the batch that came
// in, in the order of the input. Where a record was refused there is no value but the key.
func (f *Table) Batch(in table.Batch, r models.Scored, t *tally.Tally) table.Batch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, f.schema)
	b.Reserve(r.Len() + len(r.Rejects))
	key := -1
	if f.key != "" {
		key = in.Index(f.key)
	}
	rows := make([]int64, 0, r.Len()+len(r.Rejects))
	add := func(row int64, cell string) {
		rows = append(rows, row)
		switch {
		case f.key == "":
			b.Field(0).(*array.Int64Builder).Append(row)
		case f.whole:
			f.wholeKey(b.Field(0).(*array.Int64Builder), cell, t)
		default:
			b.Field(0).(*array.StringBuilder).Append(cell)
		}
	}
	rejects, at := r.Rejects, 0 // at is in the incoming batch
	refused := func() {
		add(rejects[0].Row, rejects[0].Key)
		for _, c := range b.Fields()[1:] {
			c.AppendNull()
		}
		rejects = rejects[1:]
	}
	for i := range r.Len() {
		row := r.Row(i)
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
		add(row, cell)
		f.predict(b, r.Scores, i)
	}
	for len(rejects) > 0 {
		refused()
	}
	out := r.Batch
	out.Record, out.Rows = b.NewRecordBatch(), rows
	if len(r.Rejects) == 0 && in.Rows == nil {
		out.Rows = nil
	}
	return out
}

// predict appends what is predicted for row i.
func (f *Table) predict(b *array.RecordBuilder, s models.Scores, i int) {
	number := func(field int, x float64) { b.Field(field).(*array.Float64Builder).UnsafeAppend(x) }
	k := f.model.Goal.Classes()
	if k == 0 {
		number(1, s.Values[i])
		number(2, s.Lower[i])
		number(3, s.Upper[i])
	} else {
		b.Field(1).(*array.StringBuilder).Append(f.model.Goal.Labels[s.Labels[i]])
		for c, p := range s.Probabilities[i*k : (i+1)*k] {
			number(2+c, p)
		}
	}
	b.Field(len(b.Fields()) - 1).(*array.StringBuilder).Append(f.model.ID)
}

// wholeKey appends the cell of a key as a whole number.
func (f *Table) wholeKey(to *array.Int64Builder, cell string, t *tally.Tally) {
	n, ok := number.Int(cell)
	if ok {
		to.Append(n)
		return
	}
	to.AppendNull()
	if cell != "" {
		t.Find(tally.Key{Column: f.key, Rule: conform.RuleType}, 1, cell)
	}
}
