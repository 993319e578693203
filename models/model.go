// Package models is what was learned of a table: it reads rows as they come and
// predicts their target.
//
// Load reads the artifact that a training run wrote; no pipeline is needed to
// use it, and no code is in it. A Scorer then predicts batches of text whose
// columns are in any order, and Row predicts one record; both give the bits that
// the scoring pipeline gives.
//
//	m, err := models.Load("out/model")
//	p, err := m.Row(map[string]string{"LotArea": "8450", "Street": "Pave"})
package models

import (
	"fmt"

	"github.com/beamline-go/beamline/internal/clean"
	"github.com/beamline-go/beamline/internal/drift"
	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/internal/mapping"
	"github.com/beamline-go/beamline/models/catalogue"
	"github.com/beamline-go/beamline/models/learn"
	"github.com/beamline-go/beamline/models/training"
	"github.com/beamline-go/beamline/table"
)

// Member is a fitted learner and its weight in the ensemble.
type Member struct {
	training.Candidate
	Weight float64 `json:"weight"`

	result    training.Result // as it is written
	predictor learn.Predictor
}

// Model is an artifact in memory. It is safe for use by several goroutines.
type Model struct {
	ID       string        `json:"-"` // a digest of all of its content
	digest   string        // of its manifest, which holds those of all files
	Goal     training.Goal `json:"goal"`
	Released bool          `json:"released"` // it met the goal's requirement
	// Schema says how columns are read, and which must be there.
	Schema      table.Schema         `json:"schema"`
	Clean       clean.Plan           `json:"clean"`
	Members     []Member             `json:"members"`
	Calibration training.Calibration `json:"calibration"`
	Interval    *training.Interval   `json:"interval,omitempty"`
	Rows        int                  `json:"rows"` // that it was trained on
	// Steps map the columns of a file to those of Schema. What reads files does them;
	// Row and Scorer take what comes out of them.
	Steps []mapping.Step `json:"steps,omitempty"`
	// Inputs are the columns that Steps were done to; there are none without Steps.
	Inputs []string `json:"inputs,omitempty"`
	// Trained tells those rows from others.
	Trained training.Fingerprints `json:"trained"`
	// KeyType is what the key was of, before it was kept as it is spelled; empty without a key.
	KeyType table.Type `json:"key_type,omitempty"`
	// Seen says what the columns of those rows hold, and Outcome what their targets are.
	Seen    []drift.Reference `json:"seen,omitempty"`
	Outcome drift.Reference   `json:"outcome"`

	spreadResult training.Result
	spread       learn.Predictor
	idle         idle // scorers of single records
}

// New makes a model of what training chose: fitted holds the fit of each
// candidate on all rows, nil for those without weight.
func New(goal training.Goal, s table.Schema, p clean.Plan, c []training.Candidate, choice training.Choice, fitted []*training.Result, rows int) (*Model, error) {
	goal.Threshold = choice.Threshold
	m := &Model{Goal: goal, Schema: Relaxed(s), Clean: p, Calibration: choice.Calibration, Interval: choice.Interval, Rows: rows}
	if c, ok := s.ByRole(table.RoleKey); ok {
		m.KeyType = c.Type
	}
	for a, w := range choice.Weights {
		if w == 0 {
			continue
		}
		if fitted[a] == nil {
			return nil, fmt.Errorf("models: the fit of %s on all rows is not there", c[a].Name)
		}
		m.Members = append(m.Members, Member{Candidate: c[a], Weight: w, result: *fitted[a]})
	}
	m.spreadResult = choice.Spread
	return m, m.prepare()
}

// Relaxed returns the schema by which rows are read for a model: whole numbers
// may come with a fraction, and keys are kept as they are spelled.
func Relaxed(s table.Schema) table.Schema {
	out := s.Clone()
	for i := range out.Columns {
		c := &out.Columns[i]
		switch {
		case c.Role == table.RoleKey:
			c.Type, c.Layouts, c.Missing = table.String, nil, nil
		case c.Type == table.Int64:
			c.Type = table.Float64
		}
	}
	return out
}

// Digest is the SHA-256 of the artifact's manifest, in hexadecimal digits, once the artifact
// was read or written. The manifest holds the digests of all of its files.
func (m *Model) Digest() string { return m.digest }

// prepare makes the predictors from what was written.
func (m *Model) prepare() error {
	if len(m.Members) == 0 {
		return fmt.Errorf("models: the model has no members")
	}
	for i := range m.Members {
		l, err := catalogue.Loader(m.Members[i].Name)
		if err != nil {
			return fmt.Errorf("models: %w", err)
		}
		r := m.Members[i].result
		if m.Members[i].predictor, err = l.Load(r.Text, r.Binary); err != nil {
			return fmt.Errorf("models: %w", err)
		}
	}
	if m.Interval == nil {
		return nil
	}
	var err error
	m.spread, err = training.LoadSpread(m.spreadResult.Text, m.spreadResult.Binary)
	return err
}

// Scores are predictions of some rows.
type Scores struct {
	// Values are the predicted quantities, with their intervals; of classes
	// they are empty.
	Values, Lower, Upper []float64
	// Probabilities are those of the classes, in the order of the goal's
	// labels, row after row; Labels are the most probable ones.
	Probabilities []float64
	Labels        []int
}

// Predict predicts the rows of a frame.
func (m *Model) Predict(f *features.Frame) (Scores, error) {
	k := m.Goal.Outputs()
	weights, outputs := make([]float64, len(m.Members)), make([][]float64, len(m.Members)+1)
	cells := make([]float64, len(outputs)*f.N*k)
	for i := range outputs {
		outputs[i] = cells[i*f.N*k : (i+1)*f.N*k]
	}
	for i, member := range m.Members {
		weights[i] = member.Weight
		if err := member.predictor.Predict(f, outputs[i]); err != nil {
			return Scores{}, err
		}
	}
	outputs, mixed := outputs[:len(m.Members)], outputs[len(m.Members)]
	training.Mix(weights, outputs, mixed)
	if m.Goal.Classes() > 0 {
		m.Calibration.Apply(mixed, k)
		return Scores{Probabilities: mixed, Labels: m.Goal.Call(mixed)}, nil
	}
	return m.bounds(f, weights, outputs, mixed)
}

// bounds brings predictions to the target's own scale, with their intervals.
func (m *Model) bounds(f *features.Frame, weights []float64, outputs [][]float64, mixed []float64) (Scores, error) {
	s := Scores{Values: make([]float64, f.N), Lower: make([]float64, f.N), Upper: make([]float64, f.N)}
	wide := make([]float64, f.N)
	if m.Interval != nil {
		spread := make([]float64, f.N)
		if err := m.spread.Predict(training.SpreadFrame(f, mixed, training.Dispute(weights, outputs, mixed)), spread); err != nil {
			return s, err
		}
		quantiles := m.Interval.Quantiles(f)
		for i, v := range spread {
			wide[i] = quantiles[i] * (v + m.Interval.Offset)
		}
	}
	for i, v := range mixed {
		s.Values[i] = m.Goal.Original(v)
		s.Lower[i], s.Upper[i] = m.Goal.Original(v-wide[i]), m.Goal.Original(v+wide[i])
		if m.Goal.Log { // of what is never below 0
			s.Values[i], s.Lower[i], s.Upper[i] = max(s.Values[i], 0), max(s.Lower[i], 0), max(s.Upper[i], 0)
		}
	}
	return s, nil
}

// Key is the column that names a record, or empty.
func (m *Model) Key() string {
	c, _ := m.Schema.ByRole(table.RoleKey)
	return c.Name
}

// Name is the learner that predicts, or training.Ensemble.
func (m *Model) Name() string {
	if len(m.Members) == 1 {
		return m.Members[0].Name
	}
	return training.Ensemble
}

// Cost is what a part of the model keeps, and what it adds to a prediction.
type Cost struct {
	Name string `json:"name"`
	learn.Cost
}

// Costs lists the members of the model and, for a quantity, the forest that
// tells how wide the intervals are.
func (m *Model) Costs() []Cost {
	var out []Cost
	for _, x := range m.Members {
		out = append(out, Cost{x.Name, x.predictor.Cost()})
	}
	if m.spread != nil {
		out = append(out, Cost{"intervals", m.spread.Cost()})
	}
	return out
}
