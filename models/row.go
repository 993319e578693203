package models

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/beamline-go/beamline/internal/conform"
	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/internal/tally"
	"github.com/beamline-go/beamline/table"
)

// Prediction is the answer for one record.
type Prediction struct {
	Value, Lower, Upper float64            // of a quantity
	Label               string             // the most probable class
	Probabilities       map[string]float64 // by class
	Changes             []table.Change     // cells that were repaired before
	// Found says what of the record is not as training saw it: cells that can't be
	// read, values and dates that are new. Column, rule and what was seen are set.
	Found []table.Finding
}

// Row predicts one record, given as texts by column. Columns that the model
// does not know are passed over, and columns that may be missing may be left
// out. Of a model with Steps the record is what comes out of them.
func (m *Model) Row(record map[string]string) (p Prediction, err error) {
	columns, cells := make([]string, 0, len(record)), make([]string, 0, len(record))
	for i := range m.Schema.Columns {
		name := m.Schema.Columns[i].Name
		if cell, ok := record[name]; ok {
			columns, cells = append(columns, name), append(cells, cell)
		}
	}
	err = m.with(columns, func(s *Scorer) error {
		p, err = s.row(cells)
		return err
	})
	return p, err
}

// single is what records that come alone are predicted with, one after the other: nothing
// of it is made anew, so that most of the time goes into the model.
type single struct {
	frame features.Frame
	from  []int // which columns of the schema those of the frame are
}

// row predicts one record.
func (s *Scorer) row(cells []string) (_ Prediction, err error) {
	defer harmless(s.m.ID, &err)
	if s.single == nil {
		s.single = newSingle(s.m.Schema)
	}
	var t tally.Tally
	r := s.reader.One(cells, &t)
	if r.Refused != "" {
		return Prediction{}, fmt.Errorf("models: the record is refused: %s", r.Refused)
	}
	one := s.single
	if err := one.fill(s.m.Schema, r.Values); err != nil {
		return Prediction{}, err
	}
	s.m.unseen(&one.frame, &t)
	scores, err := s.m.Predict(&one.frame)
	if err != nil {
		return Prediction{}, err
	}
	p := s.m.prediction(scores)
	p.Changes = r.Changes
	for k := range t.Findings {
		p.Found = append(p.Found, table.Finding{Column: k.Column, Rule: k.Rule, Severity: table.Warning, Seen: t.Examples[k], Share: 1})
	}
	slices.SortFunc(p.Found, func(a, b table.Finding) int {
		return cmp.Or(cmp.Compare(a.Column, b.Column), cmp.Compare(a.Rule, b.Rule))
	})
	return p, nil
}

func newSingle(s table.Schema) *single {
	out := &single{frame: features.Frame{Columns: features.Columns(s)}}
	for i := range s.Columns {
		if s.Columns[i].Role.Feature() {
			out.from = append(out.from, i)
		}
	}
	return out
}

// fill makes the values of a record the one row of the frame.
func (o *single) fill(s table.Schema, values []conform.Value) error {
	o.frame.N = 1
	for i, from := range o.from {
		c, column, v := &o.frame.Columns[i], &s.Columns[from], values[from]
		c.Reset()
		if c.Kind == features.Word || c.Kind == features.Text {
			c.AddWord(conform.Word(column, v), v.Null, column.Missing)
			continue
		}
		x, ok := quantity(column.Type, v)
		if !ok {
			return fmt.Errorf("models: column %q holds %s, not numbers", column.Name, column.Type)
		}
		c.AddNumber(x)
	}
	return nil
}

// quantity is a value as a number, NaN where there is none; of times, days.
func quantity(t table.Type, v conform.Value) (x float64, ok bool) {
	switch {
	case v.Null:
		return math.NaN(), true
	case t == table.Float64:
		return v.Float, true
	case t == table.Int64 || t == table.Date:
		return float64(v.Whole), true
	case t == table.Timestamp:
		return float64(v.Whole) / features.MicrosPerDay, true
	}
	return 0, false
}

// prediction is the first of some scores.
func (m *Model) prediction(s Scores) (p Prediction) {
	if m.Goal.Classes() == 0 {
		p.Value, p.Lower, p.Upper = s.Values[0], s.Lower[0], s.Upper[0]
		return p
	}
	p.Label, p.Probabilities = m.Goal.Labels[s.Labels[0]], make(map[string]float64, len(m.Goal.Labels))
	for k, l := range m.Goal.Labels {
		p.Probabilities[l] = s.Probabilities[k]
	}
	return p
}
