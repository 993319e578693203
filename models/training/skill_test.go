package training

import (
	"testing"

	"github.com/beamline-go/beamline/internal/metrics"
	"github.com/beamline-go/beamline/models/modeltest"
)

// TestSkill tells a model of columns that say something of the target from one of columns
// that say nothing, by every metric, also where folds stand in time.
func TestSkill(t *testing.T) {
	missed, all := 0, 0
	for _, classes := range []int{0, 2, 3} {
		goal := Goal{}
		for k := range classes {
			goal.Labels = append(goal.Labels, string(rune('a'+k)))
		}
		for _, metric := range metrics.For(classes > 0) {
			if classes > 2 && (metric == metrics.AUC || metric == "f1") {
				continue
			}
			goal.Metric = metric
			for seed := range uint64(2) {
				e := modeltest.Examples(300, classes, seed)
				least := 0.0
				for _, v := range e.Y {
					least = min(least, v)
				}
				for i := range e.Y { // rmsle takes nothing below zero
					e.Y[i] -= least
				}
				real := skillOf(t, Data{Frame: e.Frame, Y: e.Y}, goal, seed%2 > 0)
				shuffled := append([]float64(nil), e.Y...)
				for i := range shuffled {
					shuffled[i] = e.Y[(i*97+int(seed)*31+5)%len(e.Y)]
				}
				noise := skillOf(t, Data{Frame: e.Frame, Y: shuffled}, goal, seed%2 > 0)
				if real.None {
					t.Errorf("%d classes, %s, seed %d: %.4g is no better than a guess of %.4g", classes, metric, seed, float64(real.Model.Mean), float64(real.Guess.Mean))
				}
				if all++; !noise.None {
					missed++
				}
			}
		}
	}
	// Two standard errors of five folds are passed by chance in one case of seventeen.
	if missed > all/8 {
		t.Errorf("of %d models of noise %d seem better than a guess", all, missed)
	}
}

// TestFewDecide tells a model that knows something, though one wild record hides it in the
// squared errors, and names the record.
func TestFewDecide(t *testing.T) {
	e := modeltest.Examples(300, 0, 1)
	calm := skillOf(t, Data{Frame: e.Frame, Y: e.Y}, Goal{Metric: metrics.RMSE}, false)
	if calm.None || len(calm.Few) > 0 {
		t.Errorf("calm: %+v", calm)
	}
	y := append([]float64(nil), e.Y...)
	y[17] += 150
	wild := skillOf(t, Data{Frame: e.Frame, Y: y}, Goal{Metric: metrics.RMSE}, false)
	if wild.None || len(wild.Few) != 1 || wild.Few[0] != 17 {
		t.Errorf("wild: none %v, few %v, %v beside %v", wild.None, wild.Few, wild.Model, wild.Guess)
	}
}

func skillOf(t *testing.T, d Data, g Goal, inTime bool) Skill {
	t.Helper()
	candidates, err := Candidates([]string{"ridge"}, nil, len(d.Y), g.Classes(), Normal)
	if err != nil {
		t.Fatal(err)
	}
	split := Split{Folds: 5, Seed: 1}
	var times []float64
	if inTime {
		split.Time = "t"
		for i := range d.Y {
			times = append(times, float64(i))
		}
	}
	if d.Folds, err = Deal(split, d.Y, g.Classes(), nil, times, nil); err != nil {
		t.Fatal(err)
	}
	var results []Result
	for _, it := range Items(len(candidates), d.Folds) {
		r, err := Fit(it, candidates[it.Candidate], d, g, 1)
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, r)
	}
	s := &selection{d: d, g: g, y: g.Learned(d.Y), k: g.Outputs()}
	if err := s.collect(len(candidates), results); err != nil {
		t.Fatal(err)
	}
	return s.skill(s.heldOut()[uncalibrated])
}
