package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/beamline-go/beamline/table"
)

// real returns a file of the folder of real data.
func real(t *testing.T, name string) string {
	t.Helper()
	data := os.Getenv("BEAMLINE_DATA")
	if data == "" {
		t.Skip("BEAMLINE_DATA is not set")
	}
	if testing.Short() {
		t.Skip("training on real data takes a while")
	}
	return filepath.Join(data, name)
}

// trainReal trains every learner and holds the choice, measured on folds that no
// part of it saw, against a floor. It returns the folder.
func trainReal(t *testing.T, least, most float64, args ...string) (string, metricsFile) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	done(t, append([]string{"train", "--out", out}, args...)...)
	readRun(t, out)
	var m metricsFile
	readJSON(t, &m, out, "metrics.json")
	if float64(m.Mean) < least || float64(m.Mean) > most {
		t.Errorf("%s %.4f ± %.4f does not lie in %v to %v", m.Metric, m.Mean, m.SD, least, most)
	}
	t.Logf("%s %.4f ± %.4f", m.Metric, m.Mean, m.SD)
	return out, m
}

func TestRealAmes(t *testing.T) {
	_, m := trainReal(t, 0, 0.125, real(t, "ames/train.csv"), "--target", "SalePrice", "--key", "Id", "--metric", "rmsle")
	if c := m.Interval.Coverage; c < 0.88 || c > 0.93 {
		t.Errorf("intervals of 90 %% hold %.4f", c)
	}
}

// TestRealAdult trains on one file, without a header, and evaluates on another,
// whose labels end in a full stop.
func TestRealAdult(t *testing.T) {
	dir, _ := trainReal(t, 0.92, 1, real(t, "tabular/adult_train.csv"), "--no-header", "--target", "c15", "--metric", "auc")
	out := filepath.Join(t.TempDir(), "held")
	done(t, "evaluate", real(t, "tabular/adult_test.csv"), "--no-header", "--model", filepath.Join(dir, "model"), "--out", out)
	var m metricsFile
	readJSON(t, &m, out, "metrics.json")
	if m.Mean < 0.92 || m.Holdout.Rows != 16281 {
		t.Errorf("auc %.4f on %d records", m.Mean, m.Holdout.Rows)
	}
	t.Logf("auc %.4f ± %.4f on the test file", m.Mean, m.SD)
}

// TestRealWine is of a table in which more than a thousand records are there twice. With
// these in several folds the error is 0.62, which no new wine would show.
func TestRealWine(t *testing.T) {
	trainReal(t, 0, 0.69, real(t, "tabular/winequality-red.csv"), real(t, "tabular/winequality-white.csv"), "--no-header", "--target", "c12")
}

func TestRealPenguins(t *testing.T) {
	trainReal(t, 0.97, 1, real(t, "tabular/penguins.csv"), "--target", "species", "--metric", "accuracy")
}

func TestRealCredit(t *testing.T) {
	trainReal(t, 0.77, 1, real(t, "tabular/german_credit.csv"), "--no-header", "--target", "c21", "--metric", "auc")
}

func TestRealSpam(t *testing.T) {
	trainReal(t, 0.94, 1, real(t, "text/sms.tsv"), "--no-header", "--target", "c1", "--metric", "f1")
}

// TestRealCleanTables cleans tables that are right: at most one cell in two
// thousand changes, tokens in columns of numbers and dates aside.
func TestRealCleanTables(t *testing.T) {
	for _, c := range []struct{ name, flag string }{
		{"tabular/penguins.csv", ""}, {"tabular/diamonds.csv", ""}, {"tabular/titanic_train.csv", ""}, {"tabular/winequality-red.csv", "--no-header"},
		{"tabular/german_credit.csv", "--no-header"}, {"tabular/adult_train.csv", "--no-header"}, {"tabular/adult_test.csv", "--no-header"},
		{"ames/train.csv", ""}, {"ames/test.csv", ""}, {"geo/nyc_taxi.csv", ""}, {"stream/elec.csv", ""}, {"tfdv/chicago_taxi/data.csv", ""},
		{"dirty/hospital/clean.csv", ""}, {"dirty/beers/clean.csv", ""}, {"dirty/flights/clean.csv", ""}, {"dirty/movies/clean.csv", ""},
	} {
		out := filepath.Join(t.TempDir(), "out")
		args := []string{"clean", real(t, c.name), "--out", out}
		if c.flag != "" {
			args = append(args, c.flag)
		}
		done(t, args...)
		run := readRun(t, out)
		var changed int64
		for rule, n := range run.Repaired {
			if rule != "missing_token" {
				changed += n
			}
		}
		cells := run.Rows.Read * int64(len(columnsOf(t, out)))
		if float64(changed) > 0.0005*float64(cells) {
			t.Errorf("%s: %d of %d cells changed: %v", c.name, changed, cells, run.Repaired)
		}
	}
}

// columnsOf reads the columns of the schema that a command wrote.
func columnsOf(t *testing.T, out string) []table.Column {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(out, "schema.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := table.UnmarshalSchema(text)
	if err != nil {
		t.Fatal(err)
	}
	return s.Columns
}
