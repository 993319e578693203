package models

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/beamline-go/beamline/internal/conform"
	"github.com/beamline-go/beamline/internal/drift"
	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/internal/tally"
	"github.com/beamline-go/beamline/table"

	"github.com/apache/arrow-go/v18/arrow/array"
)

// Scorer predicts batches of text whose columns have given names. It is not
// safe for use by several goroutines; the model is.
type Scorer struct {
	m       *Model
	reader  *conform.Reader
	single  *single          // for records that come alone; made for the first of them
	watched []*drift.Counter // of the columns of Model.Seen; none where nothing is watched

	predicted *drift.Counter // of predictions
}

// Scorer returns a scorer of tables with these columns, of which key, if it is not
// empty, names the records. It is an error that names the column if one is missing that
// every training row had.
func (m *Model) Scorer(columns []string, key string) (_ *Scorer, err error) {
	defer harmless(m.ID, &err)
	r, err := conform.New(m.Schema, m.Clean, columns, conform.Options{Key: key})
	if err != nil {
		return nil, err
	}
	return &Scorer{m: m, reader: r}, nil
}

// Scored is a batch with its predictions.
type Scored struct {
	table.Batch // typed
	Scores
}

// Score predicts the rows of a batch of text. What is found wrong with its
// cells is counted in t.
func (s *Scorer) Score(b table.Batch, t *tally.Tally) (_ Scored, err error) {
	defer harmless(s.m.ID, &err)
	r := s.reader.Batch(b, t)
	f, err := features.NewFrame(s.m.Schema, r.Record)
	if err != nil {
		return Scored{}, err
	}
	s.m.unseen(f, t)
	s.watch(f, t)
	scores, err := s.m.Predict(f)
	if err == nil {
		s.watchOutcome(scores, t)
	}
	return Scored{r, scores}, err
}

// Batch predicts the records of a batch of text, whose columns are in any order, and may
// be more than the model knows. What comes back has the records that were not refused,
// typed, and their scores; its Rejects say why others were, and its Changes which cells
// were repaired before.
func (m *Model) Batch(b table.Batch) (scored Scored, err error) {
	var columns []string
	for _, f := range b.Record.Schema().Fields() {
		columns = append(columns, f.Name)
	}
	err = m.with(columns, func(s *Scorer) error {
		scored, err = s.Score(b, &tally.Tally{})
		return err
	})
	return scored, err
}

// with lends a scorer of tables with those columns.
func (m *Model) with(columns []string, use func(*Scorer) error) error {
	key := strings.Join(columns, "\x00")
	s := m.idle.take(key)
	if s == nil {
		var err error
		if s, err = m.Scorer(columns, ""); err != nil {
			return err
		}
	}
	defer m.idle.put(key, s)
	return use(s)
}

// idle keeps scorers for the next records with the same columns, since making one compiles
// the cleaning plan.
type idle struct {
	mu      sync.Mutex
	scorers map[string][]*Scorer // by the names of the columns
}

// Bounds of the scorers that are kept.
const (
	mostColumnSets = 16
	mostIdle       = 16 // of the same columns
)

func (x *idle) take(columns string) *Scorer {
	x.mu.Lock()
	defer x.mu.Unlock()
	kept := x.scorers[columns]
	if len(kept) == 0 {
		return nil
	}
	x.scorers[columns] = kept[:len(kept)-1]
	return kept[len(kept)-1]
}

func (x *idle) put(columns string, s *Scorer) {
	x.mu.Lock()
	defer x.mu.Unlock()
	kept, known := x.scorers[columns]
	if !known && len(x.scorers) >= mostColumnSets || len(kept) >= mostIdle {
		return
	}
	if x.scorers == nil {
		x.scorers = map[string][]*Scorer{}
	}
	x.scorers[columns] = append(kept, s)
}

// Target returns the targets of a conformed batch as they are measured: a
// quantity, or the number of a class; NaN where there is none.
func (m *Model) Target(b table.Batch) ([]float64, error) {
	return Targets(b, m.Schema, m.Goal.Labels)
}

// Labelled returns the rows of a frame that have a target, and their targets.
func Labelled(f *features.Frame, y []float64) (*features.Frame, []float64) {
	var rows []int
	var known []float64
	for i, v := range y {
		if !math.IsNaN(v) {
			rows, known = append(rows, i), append(known, v)
		}
	}
	if len(rows) == len(y) {
		return f, y
	}
	return f.Select(rows), known
}

// Targets returns the target column of a conformed batch: quantities, or places
// among labels; NaN where there is none.
func Targets(b table.Batch, s table.Schema, labels []string) ([]float64, error) {
	i := slices.IndexFunc(s.Columns, func(c table.Column) bool { return c.Role == table.RoleTarget })
	if i < 0 {
		return nil, fmt.Errorf("models: the schema has no target")
	}
	col := b.Record.Column(i)
	out := make([]float64, col.Len())
	for r := range out {
		if col.IsNull(r) {
			out[r] = math.NaN()
			continue
		}
		switch a := col.(type) {
		case *array.String:
			k := slices.Index(labels, a.Value(r))
			if k < 0 {
				return nil, fmt.Errorf("models: %q is not a class of the target", a.Value(r))
			}
			out[r] = float64(k)
		case *array.Int64:
			out[r] = float64(a.Value(r))
		case *array.Float64:
			out[r] = a.Value(r)
		default:
			return nil, fmt.Errorf("models: a target of type %s can't be predicted", col.DataType())
		}
	}
	return out, nil
}
