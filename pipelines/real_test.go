package pipelines

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/beamline-go/beamline/internal/clean"
	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/metrics"
	"github.com/beamline-go/beamline/internal/profile"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/models/training"
	"github.com/beamline-go/beamline/transforms/conform"
	"github.com/beamline-go/beamline/transforms/csvio"
	"github.com/beamline-go/beamline/transforms/train"
)

// TestRealAmes trains every learner on house prices and holds the ensemble, all
// of it fitted inside the fold, against a floor.
func TestRealAmes(t *testing.T) {
	data := os.Getenv("BEAMLINE_DATA")
	if data == "" {
		t.Skip("BEAMLINE_DATA is not set")
	}
	if testing.Short() {
		t.Skip("it takes most of a minute")
	}
	ctx, r, dir := context.Background(), Runner{Name: "prism", Splits: 1}, t.TempDir()
	files := []source.File{source.File(filepath.Join(data, "ames/train.csv"))}
	table, err := csvio.Open(files, csv.Settings{}, "Id")
	if err != nil {
		t.Fatal(err)
	}
	l, err := Learn(ctx, r, table, "SalePrice", dir)
	if err != nil {
		t.Fatal(err)
	}
	s := profile.Infer(l.Profile, profile.Options{Target: "SalePrice", Key: "Id"})
	plan := clean.Learn(l.Profile, s, clean.Options{})
	c, err := training.Candidates(nil, nil, int(l.Profile.Rows), 0)
	if err != nil {
		t.Fatal(err)
	}
	result, _, err := Train(ctx, r, table, conform.Learned{Schema: s, Plan: plan, Duplicates: l.Duplicates}, train.Job{
		Schema: s, Clean: plan, Candidates: c, Seed: 1, Dir: dir, Split: training.Split{Folds: 5, Seed: 1},
		Goal: training.Goal{Target: "SalePrice", Metric: metrics.RMSLE, Log: true, Confidence: 0.9},
	})
	if err != nil {
		t.Fatal(err)
	}
	if m := result.Choice.Chosen.Mean; m > 0.125 {
		t.Errorf("rmsle %.4f, the floor is 0.125", m)
	}
	if c := result.Choice.Interval.Coverage; c < 0.88 || c > 0.93 {
		t.Errorf("intervals of 90 %% cover %.4f", c)
	}
}
