package models

import (
	"github.com/beamline-go/beamline/internal/conform"
	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/internal/tally"
	"github.com/beamline-go/beamline/models/learn"
)

// unseen counts the values of words that training has not seen, in the columns of so
// many values that the schema does not list them.
func (m *Model) unseen(f *features.Frame, t *tally.Tally) {
	for i := range f.Columns {
		c := &f.Columns[i]
		if c.Kind != features.Word {
			continue
		}
		if s, ok := m.Schema.Column(c.Name); !ok || len(s.Domain) > 0 {
			continue
		}
		known := m.known(c.Name)
		if known == nil {
			continue
		}
		for row, text := range c.Str {
			if !c.Null[row] && !known(text) {
				t.Find(tally.Key{Column: c.Name, Rule: conform.RuleDomain}, 1, text)
			}
		}
	}
}

// known tells which values of a column a member of the model knows, or is nil.
func (m *Model) known(column string) func(level string) bool {
	for _, member := range m.Members {
		if p, ok := member.predictor.(learn.Encoded); ok {
			if known := p.Encoding().Known(column); known != nil {
				return known
			}
		}
	}
	return nil
}
