package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/beamline-go/beamline/internal/fault"
)

// TestCompare compares runs of two nights: the same rows and model, other rows, another
// model; and tables of predictions.
func TestCompare(t *testing.T) {
	t.Chdir(t.TempDir())
	rows := strings.SplitAfter(strings.ReplaceAll(flats(200), ",\n", ",100000\n"), "\n")
	write(t, "train.csv", strings.Join(rows, ""))
	write(t, "one.csv", strings.Join(rows[:101], ""))
	write(t, "two.csv", strings.Join(rows[:91], "")+"300,50,red,1\n301,x\n302,9000,blue,1\n")
	for _, m := range []string{"ridge", "tree"} {
		done(t, "train", "train.csv", "--target", "price", "--key", "id", "--models", m, "--out", m, "--quiet")
	}
	done(t, "score", "one.csv", "--model", "ridge/model", "--out", "a", "--quiet")
	done(t, "score", "one.csv", "--model", "ridge/model", "--out", "b", "--quiet", "--format", "parquet")
	done(t, "score", "two.csv", "--model", "tree/model", "--out", "c", "--quiet")
	done(t, "score", "two.csv", "--model", "tree/model", "--out", "d", "--quiet", "--to", "sqlite:x.db?table=t")
	for line, want := range map[string][]string{
		"compare a b": {"A is a: beamline score, 100 records used.", "Both have the model", "100 read as before; 100 used as before", "100 rows are in both, 0 only in A, 0 only in B.", "No prediction of a row in both changed."},
		"compare a c": {"The model was", "93 read, 100 before (-7)", "92 used, 100 before (-8)", "1 refused, 0 before (+1)", "Refused by rule: 1 ragged, 0 before (+1)",
			"90 rows are in both, 10 only in A, 3 only in B.", "90 predictions of rows in both changed, 100.0 % of them.", "Rows in both changed by"},
		"compare ridge tree":                              {"The model was", "Drivers: "},
		"compare a/predictions.csv c":                     {"90 rows are in both"},
		"compare 'sqlite:x.db?table=t' c/predictions.csv": {"93 rows are in both, 0 only in A, 0 only in B", "No prediction of a row in both changed"},
	} {
		out, code := runHere(line)
		for _, w := range want {
			if code != 0 || !strings.Contains(out, w) {
				t.Errorf("%s: exit code %d: no %q in\n%s", line, code, w, out)
			}
		}
	}
	out, code := runHere("compare a c --json")
	var doc struct {
		OK          bool
		Predictions struct {
			Both  int64
			Shift struct{ Mean, Off float64 }
		}
		SameModel bool `json:"same_model"`
	}
	if err := json.Unmarshal([]byte(out), &doc); err != nil || code != 0 || !doc.OK || doc.Predictions.Both != 90 || doc.Predictions.Shift.Off <= 0 {
		t.Errorf("%s: %v", out, err)
	}
	for line, want := range map[string]string{
		"compare a":                          "takes two runs",
		"compare a nosuch":                   "no such file",
		"compare one.csv a":                  "there is no column prediction",
		"compare a d":                        "its predictions are in sqlite:x.db?table=t",
		"compare a c --key idd":              `there is no column idd, did you mean "id"`,
		"compare a c --out x":                "compare does not use --out",
		"compare 'sqlite:x.db?table=none' a": "there is no table none",
	} {
		if out, code := runHere(line); code != int(fault.Usage) || !strings.Contains(out, want) {
			t.Errorf("%s: exit code %d: %s", line, code, out)
		}
	}
}
