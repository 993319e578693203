package pipelines

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/beamline-go/beamline/internal/clean"
	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/metrics"
	"github.com/beamline-go/beamline/internal/profile"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/models"
	"github.com/beamline-go/beamline/models/learn"
	"github.com/beamline-go/beamline/models/training"
	"github.com/beamline-go/beamline/transforms/conform"
	"github.com/beamline-go/beamline/transforms/csvio"
	"github.com/beamline-go/beamline/transforms/train"
)

// houses writes a small table with some dirt in it: quoted line ends, missing
// tokens, a duplicate, a ragged record.
func houses(t *testing.T, rows int) string {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	b.WriteString("Id,area,town,note,price\n")
	for i := range rows {
		area := 50 + rng.IntN(150)
		town := rng.IntN(3)
		price := 1000*area + 20000*town + rng.IntN(9000)
		cell := fmt.Sprint(area)
		if i%50 == 7 {
			cell = "N/A"
		}
		line := fmt.Sprintf("%d,%s,%s,\"nice, no %d\nview\",%d\n", i+1, cell, []string{"A", "B", "C"}[town], i%5, price)
		b.WriteString(line)
		if i == 20 {
			b.WriteString(line)
		}
		if i == 30 {
			b.WriteString("ragged,record\n")
		}
	}
	name := filepath.Join(t.TempDir(), "houses.csv")
	if err := os.WriteFile(name, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// everything learns, trains and scores, and returns the bytes of what was
// written.
func everything(t *testing.T, r Runner, name string) map[string][]byte {
	t.Helper()
	ctx := context.Background()
	table, err := csvio.Open([]source.File{source.File(name)}, csv.Settings{}, "Id")
	if err != nil {
		t.Fatal(err)
	}
	learned, err := Learn(ctx, r, table, "price", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := profile.Infer(learned.Profile, profile.Options{Target: "price", Key: "Id"})
	plan := clean.Learn(learned.Profile, s, clean.Options{})
	c, err := training.Candidates([]string{"ridge", "gbdt"}, map[string]learn.Settings{"gbdt": {"trees": 30, "rate": 0.2}}, 400, 0)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	result, count, err := Train(ctx, r, table, conform.Learned{Schema: s, Plan: plan, Duplicates: learned.Duplicates}, train.Job{
		Schema: s, Clean: plan, Goal: training.Goal{Target: "price", Metric: metrics.RMSE, Confidence: 0.9},
		Split: training.Split{Folds: 4, Seed: 1}, Candidates: c, Seed: 1, Dir: dir,
	})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := count.Total()
	if err != nil {
		t.Fatal(err)
	}
	if rows.Read != 402 || rows.Used != 400 || rows.Refused != 1 || rows.Duplicate != 1 {
		t.Errorf("counts %+v", rows)
	}
	if result.Rows != 400 || result.Choice.Chosen.Mean > 12000 {
		t.Errorf("%d rows, error %v", result.Rows, result.Choice.Chosen.Mean)
	}
	if _, err := Score(ctx, r, table, filepath.Join(dir, train.ModelDir), dir); err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, f := range []string{"predictions.csv", "rejects.jsonl", "changes.csv", "model/manifest.json"} {
		if out[f], err = os.ReadFile(filepath.Join(dir, f)); err != nil {
			t.Fatal(err)
		}
	}
	out["profile"] = []byte(fmt.Sprintf("%+v", profile.Summarize(learned.Profile, s).Columns[1].Quantiles))
	sameAlone(t, filepath.Join(dir, train.ModelDir), out["predictions.csv"])
	return out
}

// sameAlone asks the artifact for the first record by itself.
func sameAlone(t *testing.T, model string, predictions []byte) {
	t.Helper()
	m, err := models.Load(model)
	if err != nil {
		t.Fatal(err)
	}
	p, err := m.Row(map[string]string{"area": "N/A", "town": "A", "note": "x", "Id": "7"})
	if err != nil || math.IsNaN(p.Value) || p.Lower > p.Value || p.Upper < p.Value {
		t.Errorf("%+v, %v", p, err)
	}
	if n := bytes.Count(predictions, []byte("\n")); n != 403 {
		t.Errorf("%d lines of predictions for 402 records and a header", n)
	}
}

func TestSameBytesHoweverItIsRun(t *testing.T) {
	name := houses(t, 400)
	want := everything(t, Runner{Name: "prism", Splits: 1}, name)
	for _, r := range []Runner{{"prism", 8}, {"prism", 1}, {"direct", 3}} {
		for f, got := range everything(t, r, name) {
			if !bytes.Equal(got, want[f]) {
				t.Errorf("%+v: %s differs", r, f)
			}
		}
	}
}
