package spec

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beamline-go/beamline/internal/fault"
)

const full = `
name: house-prices
goal:
  question: What will this house sell for?
  target: SalePrice
  task: regression        # found when left out
  metric: rmsle
  require: "<= 0.13"
  confidence: 0.95
data:
  train: data/train.csv
  score: [data/a.csv, data/b.csv]
  key: Id
  header: true
  missing: [NA, "?"]
clean: [whitespace, {map: {column: Street, values: {Pav: Pave}}}]
features: auto
models: [ridge, {gbdt: {trees: 100, rate: 0.1}}]
split: {folds: 4, by: {group: Town}, seed: 3}
limits: {rejects: 0.05}
output: {dir: results, format: csv}
runner: {name: direct, options: {parallelism: 4}}
`

func TestParse(t *testing.T) {
	got, err := Parse("beamline.yaml", []byte(full))
	if err != nil {
		t.Fatal(err)
	}
	yes := true
	want := Spec{
		Name:   "house-prices",
		Goal:   Goal{Question: "What will this house sell for?", Target: "SalePrice", Task: "regression", Metric: "rmsle", Require: "<= 0.13", Confidence: 0.95},
		Data:   Data{Train: Paths{"data/train.csv"}, Score: Paths{"data/a.csv", "data/b.csv"}, Key: "Id", Header: &yes, Missing: []string{"NA", "?"}},
		Clean:  Clean{Rules: []string{"whitespace"}, Maps: map[string]map[string]string{"Street": {"Pav": "Pave"}}},
		Models: Models{{Name: "ridge"}, {Name: "gbdt", Settings: map[string]float64{"trees": 100, "rate": 0.1}}},
		Split:  Split{Folds: 4, By: By{Group: "Town"}, Seed: 3},
		Limits: Limits{Rejects: 0.05, Record: 16 << 20, Columns: 20_000, Expanded: 1e12}, Output: Output{Dir: "results", Format: "csv"},
		Runner: Runner{Name: "direct", Options: map[string]string{"parallelism": "4"}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if err := got.Validate(); err != nil {
		t.Error(err)
	}
}

func TestParseSaysWhere(t *testing.T) {
	for text, want := range map[string]string{
		"name: x\ngoal:\n  target: y\n  metrik: rmse\n": "s.yaml:4:3: unknown key \"metrik\", did you mean \"metric\"?\n  metrik: rmse",
		"goal:\n  confidence: high\n":                   "s.yaml:2:15: goal.confidence must be a number\n  confidence: high",
		"goal: house\n":                                 "s.yaml:1:7: goal must be a mapping",
		"split: {folds: many}\n":                        "split.folds must be a whole number",
		"split: {by: sometimes}\n":                      "split.by must be random",
		"clean: perhaps\n":                              "clean must be auto, off, {precision: P} or a list",
		"clean: [{map: {column: a}}]\n":                 "map needs a column and values",
		"models: gbdt\n":                                "models must be auto or a list",
		"models: [{gbdt: {trees: lots}}]\n":             "trees must be a number",
		"data: {train: {a: b}}\n":                       "unknown key \"a\"",
		"data: {train: {table: b}}\n":                   "at is missing",
		"data: {train: [[a]]}\n":                        "the data must be a path",
		"output: {to: [a]}\n":                           "a place must be",
		"output: {to: {at: b, password: hush}}\n":       "say where it is",
		"output: {to: {at: b, mode: upsrt}}\n":          "did you mean \"upsert\"",
		"data: {header: perhaps}\n":                     "data.header must be true or false",
		"name: [a\n":                                    "s.yaml:1:",
		"- a\n- b\n":                                    "the spec must be a mapping",
		"":                                              "the spec is empty",
		"features: none\n":                              "features must be auto",
	} {
		_, err := Parse("s.yaml", []byte(text))
		if fault.CodeOf(err) != fault.Usage || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func TestReadValidates(t *testing.T) {
	for text, want := range map[string]string{
		"goal: {task: guess}":       "neither regression nor classification",
		"goal: {confidence: 90}":    "does not lie between 0 and 1",
		"split: {folds: 1}":         "split.folds",
		"limits: {rejects: 2}":      "limits.rejects",
		"output: {format: xml}":     "is none of csv, parquet",
		"data: {malformed: mend}":   "neither refuse nor repair",
		"data: {skip_lines: -1}":    "does not lie between 0",
		"limits: {record_bytes: 0}": "does not lie between 1",
	} {
		if _, err := Read("s.yaml", []byte(text)); fault.CodeOf(err) != fault.Usage || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(full))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := Parse("s.yaml", data); err != nil && fault.CodeOf(err) != fault.Usage {
			t.Errorf("%v is no fault of the spec", err)
		}
	})
}
