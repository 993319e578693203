package main

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/beamline-go/beamline/internal/tally"
	"github.com/beamline-go/beamline/internal/vector"
	"github.com/beamline-go/beamline/models"
	"github.com/beamline-go/beamline/table"
)

// kindsOfCells are columns of every type, whose cells are at times missing, odd or new.
var kindsOfCells = map[string]func(r *rand.Rand) string{
	"whole":  func(r *rand.Rand) string { return fmt.Sprint(r.IntN(900)) },
	"amount": func(r *rand.Rand) string { return fmt.Sprintf("%.2f", 100*r.Float64()) },
	"flag":   func(r *rand.Rand) string { return fmt.Sprint(r.IntN(2) == 0) },
	"grade":  func(r *rand.Rand) string { return []string{"low", "middle", "high"}[r.IntN(3)] },
	"town":   func(r *rand.Rand) string { return fmt.Sprint("town ", r.IntN(40)) },
	"on":     func(r *rand.Rand) string { return fmt.Sprintf("2024-%02d-%02d", 1+r.IntN(12), 1+r.IntN(28)) },
	"at":     func(r *rand.Rand) string { return fmt.Sprintf("2024-05-%02dT%02d:30:00Z", 1+r.IntN(28), r.IntN(24)) },
	"local":  func(r *rand.Rand) string { return fmt.Sprintf("2024-05-%02d %02d:30:00", 1+r.IntN(28), r.IntN(24)) },
	"note": func(r *rand.Rand) string {
		return fmt.Sprintf("%d words of a note, number %d, about %s", r.IntN(9), r.IntN(1000), []string{"rain", "sun", "fog"}[r.IntN(3)])
	},
	"code": func(r *rand.Rand) string { return fmt.Sprint(1 + r.IntN(4)) },
}

// TestRecordsAlone predicts records of every type of column one by one and as a table of
// one, and asks for the same, however odd a cell is; also with columns that are classes by the
// schema, though they are numbers and times.
func TestRecordsAlone(t *testing.T) {
	names := []string{"whole", "amount", "flag", "grade", "town", "on", "at", "local", "note", "code"}
	rng := rand.New(rand.NewPCG(3, 4))
	odd := []string{"", "NA", "?", "-1", "1e9", "12,5", "high ", "HIGH", "31.12.2031", "true", "nobody knows", "\x00", "1 850"}
	row := func(share int) []string {
		var cells []string
		for _, name := range names {
			cell := kindsOfCells[name](rng)
			if rng.IntN(share) == 0 {
				cell = odd[rng.IntN(len(odd))]
			}
			cells = append(cells, cell)
		}
		return cells
	}
	var price, sold strings.Builder
	fmt.Fprintln(&price, strings.Join(names, ";")+";price")
	fmt.Fprintln(&sold, strings.Join(names, ";")+";sold")
	for range 500 {
		cells := strings.Join(row(60), ";")
		fmt.Fprintf(&price, "%s;%.1f\n", cells, 10+90*rng.Float64())
		fmt.Fprintf(&sold, "%s;%s\n", cells, []string{"yes", "no"}[rng.IntN(2)])
	}
	prices, sales := file(t, "price.csv", price.String()), file(t, "sold.csv", sold.String())
	classes := file(t, "schema.yaml", `columns:
  - {name: code, type: int64, role: categorical}
  - {name: on, type: date, role: categorical, layouts: [YYYY-MM-DD]}
  - {name: flag, type: bool, role: categorical}
`)
	for _, how := range [][]string{
		{prices, "--target", "price", "--models", "ridge,gbdt,forest,knn"},
		{sales, "--target", "sold", "--models", "lasso,gbdt,bayes"},
		{prices, "--target", "price", "--models", "ridge,gbdt", "--schema", classes},
	} {
		out := filepath.Join(t.TempDir(), "out")
		done(t, append([]string{"train", "--out", out}, how...)...)
		m, err := models.Load(filepath.Join(out, "model"))
		if err != nil {
			t.Fatal(err)
		}
		scorer, err := m.Scorer(names, "")
		if err != nil {
			t.Fatal(err)
		}
		for range 400 {
			record, cells := map[string]string{}, row(6)
			for k, name := range names {
				record[name] = cells[k]
			}
			one, err := m.Row(record)
			var found tally.Tally
			many, batchErr := scorer.Score(table.Batch{First: 1, Record: vector.Record(names, cells)}, &found)
			if (err != nil) != (batchErr != nil || len(many.Rejects) > 0) {
				t.Fatalf("%v: %q alone: %v; in a table: %v, %v", how, cells, err, batchErr, many.Rejects)
			}
			if err != nil {
				continue
			}
			same(t, fmt.Sprintf("%v: %q", how, cells), m, one, many)
			if len(one.Found) != len(found.Findings) {
				t.Fatalf("%v: %q: found %v, in a table %v", how, cells, one.Found, found.Findings)
			}
			for _, f := range one.Found {
				if seen, ok := found.Examples[tally.Key{Column: f.Column, Rule: f.Rule}]; !ok || seen != f.Seen {
					t.Fatalf("%v: %q: found %v, in a table %v", how, cells, f, found.Examples)
				}
			}
		}
	}
}

// same compares what is said of a record that came alone with what is said of it in a table.
func same(t *testing.T, what string, m *models.Model, one models.Prediction, many models.Scored) {
	t.Helper()
	want := models.Prediction{Changes: many.Changes}
	if m.Goal.Classes() == 0 {
		want.Value, want.Lower, want.Upper = many.Values[0], many.Lower[0], many.Upper[0]
	} else {
		want.Label, want.Probabilities = m.Goal.Labels[many.Labels[0]], map[string]float64{}
		for k, l := range m.Goal.Labels {
			want.Probabilities[l] = many.Probabilities[k]
		}
	}
	if d := cmp.Diff(want, one, cmpopts.IgnoreFields(models.Prediction{}, "Found"), cmpopts.EquateEmpty()); d != "" {
		t.Fatalf("%s: %s", what, d)
	}
}
