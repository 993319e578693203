package matching

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/beamline-go/beamline/internal/match"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/table"
)

// Share is the blocking keys that a job compares by: of the keys [From, To) of
// the model, the values that fall into one of several ranges.
type Share struct {
	From, To      int
	Range, Ranges int
}

func (s Share) has(value uint64) bool { return int(value>>rangeShift%uint64(s.Ranges)) == s.Range }

// reader finds the keys of the records of a side.
type reader struct {
	Dir   string
	Side  Side
	Share Share

	model *match.Model
}

// prepare reads the model, once.
func (r *reader) prepare(ctx context.Context) (err error) {
	if r.model == nil {
		r.model, err = readModel(ctx, r.Dir)
	}
	return err
}

// keyer returns what one worker finds keys with.
func (r *reader) keyer() *match.Keyer { return match.NewKeyer(r.model, r.Share.From, r.Share.To) }

// modelFile is the model, in the folder of the jobs. What jobs need are files and
// no side inputs, since prism keeps a processor busy as long as a stage that has
// one runs.
const modelFile = "model.json"

const maxFile = 1 << 30 // bytes

// SaveModel leaves the model for the jobs.
func SaveModel(ctx context.Context, dir string, m *match.Model) error {
	data, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("match: %w", err)
	}
	return store.WriteFile(ctx, store.Join(dir, modelFile), data, store.Condition{})
}

func readModel(ctx context.Context, dir string) (*match.Model, error) {
	data, err := store.ReadFile(ctx, store.Join(dir, modelFile), maxFile)
	if err != nil {
		return nil, fmt.Errorf("match: %w", err)
	}
	m := &match.Model{}
	if err := json.Unmarshal(data, m); err != nil {
		return nil, fmt.Errorf("match: %w", err)
	}
	return m, nil
}

// each calls f with the cells of each record, all columns, and with those that
// are compared; both are used again for the next.
func (r *reader) each(b table.Batch, f func(all, compared match.Cells)) error {
	if b.Len() == 0 {
		return nil
	}
	columns := make([]*array.String, len(r.Side.Columns))
	for k, name := range r.Side.Columns {
		at := b.Index(name)
		if at < 0 {
			return fmt.Errorf("match: no column %q", name)
		}
		columns[k] = b.Text(at)
	}
	c := match.Cells{Cells: make([]string, len(r.Side.Columns))}
	compared := match.Cells{Cells: make([]string, len(r.Side.Compared))}
	for i := range b.Len() {
		c.Place = match.Place{Side: r.Side.Number, File: int32(b.Input), Row: b.Row(i)}
		for k, column := range columns {
			c.Cells[k] = column.Value(i)
		}
		for k, at := range r.Side.Compared {
			compared.Cells[k] = c.Cells[at]
		}
		f(c, compared)
	}
	return nil
}
