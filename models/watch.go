package models

import (
	"github.com/beamline-go/beamline/internal/drift"
	"github.com/beamline-go/beamline/internal/features"
	"github.com/beamline-go/beamline/internal/tally"
	"github.com/beamline-go/beamline/models/training"
)

// References says what each column of a frame holds, for the tables that come to be held
// against. Of times and texts only whether there is a value: the first go on, and of the
// second no two are alike.
func References(f *features.Frame) (out []drift.Reference) {
	for i := range f.Columns {
		switch c := &f.Columns[i]; c.Kind {
		case features.Number:
			out = append(out, drift.Quantities(c.Name, c.Num))
		case features.Word:
			out = append(out, drift.Words(c.Name, c.Str, c.Null))
		default:
			out = append(out, drift.Presence(c.Name, c.Missing, f.N))
		}
	}
	return out
}

// OutcomeOf says what the targets of some rows are.
func OutcomeOf(g training.Goal, y []float64) drift.Reference {
	if g.Classes() == 0 {
		return drift.Quantities(g.Target, y)
	}
	words := make([]string, len(y))
	for i, k := range y {
		words[i] = g.Labels[int(k)]
	}
	return drift.Words(g.Target, words, make([]bool, len(y)))
}

// Watch has the scorer count what the columns hold, for Tally.Seen, which drift.Find holds
// against Model.Seen, and what is predicted, by the bins of Model.Outcome.
func (s *Scorer) Watch() {
	s.predicted = drift.NewCounter(s.m.Outcome)
	for _, r := range s.m.Seen {
		s.watched = append(s.watched, drift.NewCounter(r))
	}
}

// watch counts the cells of a frame.
func (s *Scorer) watch(f *features.Frame, t *tally.Tally) {
	at := 0 // the references stand in the order of the columns
	for i := range f.Columns {
		c := &f.Columns[i]
		if at == len(s.watched) || s.m.Seen[at].Column != c.Name {
			continue
		}
		w := s.watched[at]
		at++
		clear(w.Counts)
		switch c.Kind {
		case features.Number:
			w.Quantities(c.Num)
		case features.Word:
			w.Words(c.Str, c.Null)
		default:
			w.Presence(c.Missing, f.N)
		}
		t.See(c.Name, w.Counts)
	}
}

// Shifts says which columns of a frame hold other things than those of training.
func (m *Model) Shifts(f *features.Frame) []drift.Shift {
	s := &Scorer{m: m}
	s.Watch()
	var t tally.Tally
	s.watch(f, &t)
	return drift.Find(m.Seen, t.Seen)
}

// watchOutcome counts predictions.
func (s *Scorer) watchOutcome(scores Scores, t *tally.Tally) {
	if s.predicted == nil {
		return
	}
	clear(s.predicted.Counts)
	if g := s.m.Goal; g.Classes() == 0 {
		s.predicted.Quantities(scores.Values)
	} else {
		words := make([]string, len(scores.Labels))
		for i, k := range scores.Labels {
			words[i] = g.Labels[k]
		}
		s.predicted.Words(words, make([]bool, len(words)))
	}
	t.See(s.m.Goal.Target, s.predicted.Counts)
}
