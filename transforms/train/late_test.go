package train

import (
	"fmt"
	"testing"
	"time"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/metrics"
	"github.com/beamline-go/beamline/models/modeltest"
	"github.com/beamline-go/beamline/models/training"
)

// someWork is a job of two learners and three folds, with its rows.
func someWork(t *testing.T, dir string) *loaded {
	t.Helper()
	e := modeltest.Examples(120, 0, 1)
	candidates, err := training.Candidates([]string{"ridge", "tree"}, nil, 120, 0, training.Normal)
	if err != nil {
		t.Fatal(err)
	}
	folds, err := training.Deal(training.Split{Folds: 3, Seed: 1}, e.Y, 0, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &loaded{Job: Job{Goal: training.Goal{Metric: metrics.RMSE, Confidence: 0.9}, Candidates: candidates, Dir: dir},
		data: training.Data{Frame: e.Frame, Y: e.Y, Folds: folds}}
}

// TestLate chooses among the candidates that were measured before the deadline.
func TestLate(t *testing.T) {
	l := someWork(t, t.TempDir())
	goal, candidates, folds := l.Goal, l.Candidates, l.data.Folds
	for late := range candidates {
		var all []training.Result
		for _, it := range training.Items(len(candidates), folds) {
			if it.Candidate == late && it.Held[0] > 0 { // the first of its folds was there in time
				continue
			}
			r, err := training.Fit(it, candidates[it.Candidate], l.data, goal, 1)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, r)
		}
		var d Decision
		if err := l.choose(&d, all, map[int]bool{late: true}); err != nil {
			t.Fatal(err)
		}
		want := []float64{1, 1}
		want[late] = 0
		if d.Choice.Name != candidates[1-late].Name || fmt.Sprint(d.Late) != "["+candidates[late].Name+"]" || fmt.Sprint(d.Choice.Weights) != fmt.Sprint(want) || len(d.Choice.Candidates) != 1 {
			t.Errorf("without %s it chooses %s with weights %v, and %q are late", candidates[late].Name, d.Choice.Name, d.Choice.Weights, d.Late)
		}
	}
	if err := l.choose(&Decision{}, nil, map[int]bool{0: true, 1: true}); fault.CodeOf(err) != fault.Usage {
		t.Error(err)
	}
	l.Deadline = time.Now().Add(-time.Second)
	if f, err := l.fit(t.Context(), training.Item{Candidate: 0, Held: []int{0}}); err != nil || !f.Late || f.Outputs != nil {
		t.Errorf("%+v, %v", f, err)
	}
}
