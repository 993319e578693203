package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/houses"
)

// small is a table that can be trained on in no time.
func small(rows int) string {
	var b strings.Builder
	b.WriteString("id,x,y\n")
	for i := range rows {
		fmt.Fprintf(&b, "%d,%d,%d\n", i+1, i*7%50, i*7%50*3+i%4)
	}
	return b.String()
}

// TestBadInput goes through the exit codes: what is wrong, what is said of it,
// and that nothing is half-written.
func TestBadInput(t *testing.T) {
	good := file(t, "good.csv", small(60))
	model := filepath.Join(t.TempDir(), "trained")
	done(t, "train", good, "--target", "y", "--models", "ridge", "--out", model)
	empty := t.TempDir()
	theirs := t.TempDir()
	if err := os.WriteFile(filepath.Join(theirs, "letter.txt"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		args []string
		code fault.Code
		says string
	}{
		{"no such file", []string{"profile", "nosuch.csv"}, 2, "nosuch.csv: no such file"},
		{"nearly a file", []string{"profile", strings.TrimSuffix(good, "d.csv") + "b.csv"}, 2, "did you mean"},
		{"no data", []string{"profile"}, 2, "no data is named"},
		{"a folder with no data", []string{"profile", empty}, 2, "holds no data files"},
		{"an unknown command", []string{"profil", good}, 2, `did you mean "profile"?`},
		{"an unknown flag", []string{"profile", good, "--nosuch"}, 2, "--nosuch"},
		{"a runner that is not there", []string{"profile", good, "--runner", "spark"}, 2, `unknown runner "spark"`},
		{"an empty file", []string{"profile", file(t, "e.csv", "")}, 3, "e.csv: the file is empty"},
		{"a header only", []string{"profile", file(t, "h.csv", "id,x,y\n")}, 3, "h.csv: "},
		{"binary junk", []string{"profile", file(t, "b.csv", strings.Repeat("\x00\x01\x02\xff\xfe,", 500))}, 3, "binary"},
		{"invalid UTF-8", []string{"profile", file(t, "u.csv", "a,b\n1,\xff\xfe\n2,x\n")}, 0, "1 refused"},
		{"nothing but invalid UTF-8", []string{"profile", file(t, "u.csv", "a,b\n1,\xff\n2,\xfe\n")}, 3, "none of 2 records"},
		{"ragged rows", []string{"profile", file(t, "r.csv", small(60)+"1,2\n1,2,3,4\n")}, 0, "2 refused"},
		{"mostly ragged rows", []string{"profile", file(t, "r.csv", small(60)+strings.Repeat("1,2\n", 40))}, 3, "40 of 100 records were refused"},
		{"an unclosed quote at the end", []string{"profile", file(t, "q.csv", small(120000)+"9,\"9,9\n")}, 0, "1 refused"},
		{"two columns of one name", []string{"profile", file(t, "n.csv", "id,x,x\n1,2,3\n4,5,6\n")}, 0, "are called x_2"},
		{"no target", []string{"train", good}, 2, "--target"},
		{"a target that is missing", []string{"train", good, "--target", "yy"}, 2, `did you mean "y"?`},
		{"a constant target", []string{"train", file(t, "c.csv", "x,y\n"+strings.Repeat("1,5\n2,5\n", 30)), "--target", "y"}, 3, "the same in every record"},
		{"a target without values", []string{"train", file(t, "c.csv", "x,y\n"+strings.Repeat("1,\n2,NA\n", 30)), "--target", "y"}, 3, "has no values"},
		{"a key of two records", []string{"train", file(t, "k.csv", small(60)+"7,8,9\n"), "--target", "y", "--key", "id"}, 3, "the same key"},
		{"a key that is not there", []string{"train", good, "--target", "y", "--key", "idd"}, 2, `did you mean "id"?`},
		{"a metric of another task", []string{"train", good, "--target", "y", "--metric", "auc"}, 2, "for classification"},
		{"an unknown learner", []string{"train", good, "--target", "y", "--models", "ridg"}, 2, `did you mean "ridge"?`},
		{"too few records", []string{"train", file(t, "f.csv", small(6)), "--target", "y"}, 3, "too few"},
		{"an unknown key in the spec", []string{"run", file(t, "s.yaml", "goal:\n  target: y\n  metrik: rmse\n")}, 2, `s.yaml:3:3: unknown key "metrik", did you mean "metric"?`},
		{"a wrong type in the spec", []string{"run", file(t, "s.yaml", "split: {folds: many}\n")}, 2, "s.yaml:1:"},
		{"no YAML", []string{"run", file(t, "s.yaml", "goal: [unclosed\n")}, 2, "s.yaml:"},
		{"a spec that is not there", []string{"run", "nosuch.yaml"}, 2, "nosuch.yaml: no such file"},
		{"a folder of other files", []string{"profile", good, "--out", theirs}, 2, "not beamline's"},
		{"files of other inputs", []string{"profile", file(t, "o.csv", small(50)), "--out", model}, 2, "--force"},
		{"no model", []string{"score", good, "--model", empty}, 2, "no model is there"},
		{"a later model", []string{"score", good, "--model", changed(t, model, "manifest.json", `"format": 1`, `"format": 9`)}, 2, "format 9"},
		{"a model with a changed byte", []string{"score", good, "--model", changed(t, model, "model.json", `"rows": 60`, `"rows": 61`)}, 2, "changed"},
		{"a required column is missing", []string{"score", file(t, "m.csv", "id,z\n1,2\n"), "--model", filepath.Join(model, "model")}, 3, `required column "x" is missing`},
		{"nothing to measure by", []string{"evaluate", file(t, "m.csv", "id,x\n1,2\n"), "--model", filepath.Join(model, "model")}, 3, `"y"`},
		{"a goal that is not met", []string{"train", good, "--target", "y", "--models", "ridge", "--require", "<= 0.0001"}, 4, "does not meet"},
		{"a goal that says nothing", []string{"train", good, "--target", "y", "--require", "small"}, 2, "comparison"},
		{"a command to come", []string{"serve", good}, 2, "not there yet"},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := c.args
			out := filepath.Join(t.TempDir(), "out")
			if !strings.Contains(strings.Join(args, " "), "--out") {
				args = append(args, "--out", out)
			}
			s := beamline(t, args...)
			if said := s.stdout + s.stderr; s.code != c.code || !strings.Contains(said, c.says) {
				t.Fatalf("exit %d, want %d and %q:\n%s", s.code, c.code, c.says, said)
			}
			// Learners that were measured before may have told how they did.
			if c.code != fault.Done && !strings.HasPrefix(s.stderr, "beamline: ") && !strings.Contains(s.stderr, " folds\nbeamline: ") {
				t.Errorf("stderr is %q", s.stderr)
			}
			if message := strings.TrimSpace(s.stderr); c.code == 3 && strings.Contains(message, "\n") {
				t.Errorf("the error has several lines: %q", message)
			}
			checkLeft(t, c.code, out)
			if entries, _ := os.ReadDir(theirs); len(entries) != 1 {
				t.Errorf("someone else's folder was written to")
			}
		})
	}
}

// checkLeft looks at what a command left: nothing where the user has to mend the
// command line, the refused records and run.json where the data can't be used.
func checkLeft(t *testing.T, code fault.Code, out string) {
	t.Helper()
	entries, err := os.ReadDir(out)
	switch code {
	case fault.Usage:
		if err == nil {
			t.Errorf("the folder was written: %v", entries)
		}
	case fault.Data:
		if len(entries) != 2 {
			t.Errorf("the folder holds %v", entries)
		}
		if r := readRun(t, out); r.Error == "" {
			t.Errorf("run.json does not say why it failed")
		}
	case fault.Unmet:
		var m struct {
			Released bool `json:"released"`
		}
		readJSON(t, &m, out, "model", "model.json")
		if m.Released {
			t.Errorf("the model is released")
		}
	}
}

// changed copies a model and changes a file of it.
func changed(t *testing.T, dir, name, from, to string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "model")
	if err := os.CopyFS(out, os.DirFS(filepath.Join(dir, "model"))); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(out, name)
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	after := strings.Replace(string(body), from, to, 1)
	if after == string(body) {
		t.Fatalf("%s holds no %q", name, from)
	}
	if err := os.WriteFile(path, []byte(after), 0o644); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestJSONSummary(t *testing.T) {
	good := file(t, "good.csv", small(60))
	out := filepath.Join(t.TempDir(), "out")
	var got struct {
		OK      bool
		Exit    int
		Summary string
		Files   map[string]string
		Metric  string
		Rows    rowCounts
	}
	s := done(t, "train", good, "--target", "y", "--models", "ridge", "--json", "--out", out)
	if err := json.Unmarshal([]byte(s.stdout), &got); err != nil {
		t.Fatal(err)
	}
	if !got.OK || got.Metric != "rmse" || got.Rows.Trained != 60 || got.Files["model"] != filepath.Join(out, "model") {
		t.Errorf("%+v", got)
	}
	s = beamline(t, "train", good, "--target", "nosuch", "--json", "--out", out)
	if err := json.Unmarshal([]byte(s.stdout), &got); err != nil {
		t.Fatal(err)
	}
	if got.OK || got.Exit != 2 || !strings.Contains(got.Summary, "nosuch") {
		t.Errorf("%+v", got)
	}
	if s := done(t, "profile", good, "--quiet", "--out", filepath.Join(t.TempDir(), "q")); s.stdout+s.stderr != "" {
		t.Errorf("quiet, but it says %q", s.stdout+s.stderr)
	}
}

func TestInterrupted(t *testing.T) {
	data := filepath.Join(t.TempDir(), "houses.csv")
	if err := os.WriteFile(data, houses.Make(3000, 1, 1, true).CSV(), 0o644); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	ctx, cancel := context.WithCancel(context.Background())
	timer := time.AfterFunc(2*time.Second, cancel)
	defer timer.Stop()
	s := beamlineIn(ctx, t, "train", data, "--target", "SalePrice", "--out", out)
	if s.code != fault.Interrupted || !strings.Contains(s.stderr, "interrupted") {
		t.Errorf("exit %d: %s", s.code, s.stderr)
	}
	entries, err := os.ReadDir(out) // fits may be left, for the next run
	if err == nil && (len(entries) != 1 || !strings.HasSuffix(entries[0].Name(), "-fits")) {
		t.Errorf("the folder holds %v", entries)
	}
}

// TestFullDisk writes to a file system that is too small.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := exec.Command("mount", "-t", "tmpfs", "-o", "size=96k", "tmpfs", dir).Run(); err != nil {
		t.Skip("a small file system can't be mounted here")
	}
	defer exec.Command("umount", dir).Run()
	out := filepath.Join(dir, "out")
	s := beamline(t, "clean", "testdata/houses/train.csv", "--format", "csv", "--out", out)
	if s.code != fault.Internal || !strings.Contains(s.stderr, "no space left") {
		t.Errorf("exit %d: %s", s.code, s.stderr)
	}
	if entries, err := os.ReadDir(out); err == nil {
		t.Errorf("the folder holds %v", entries)
	}
}

// TestCleanCSV asks for the cells that the ledger does not name exactly as they
// were.
func TestCleanCSV(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	done(t, "clean", "testdata/houses/train.csv", "--format", "csv", "--keep-refused", "--out", out)
	was, is := readCSV(t, "testdata/houses/train.csv"), readCSV(t, out, "clean.csv")
	if len(was) != len(is) {
		t.Fatalf("%d records of %d", len(is), len(was))
	}
	for _, c := range readCSV(t, out, "changes.csv")[1:] {
		var row int
		fmt.Sscan(c[1], &row)
		for k, name := range was[0] {
			if name == c[3] {
				if was[row][k] != c[4] && c[6] == "whitespace" || is[row][k] == was[row][k] {
					t.Errorf("%q, but the cell was %q and is %q", c, was[row][k], is[row][k])
				}
				was[row][k] = is[row][k]
			}
		}
	}
	for i := range was {
		if strings.Join(was[i], "|") != strings.Join(is[i], "|") {
			t.Errorf("record %d was %q and is %q", i, was[i], is[i])
		}
	}
	usable := filepath.Join(t.TempDir(), "usable")
	done(t, "clean", "testdata/houses/train.csv", "--format", "csv", "--key", "Id", "--out", usable)
	run, records := readRun(t, usable), readCSV(t, usable, "clean.csv")
	if int64(len(records)) != 1+run.Rows.Used || run.Rows.Refused == 0 || run.Rows.Duplicate == 0 {
		t.Errorf("%d records with the names, of %+v", len(records), run.Rows)
	}
	whole := map[string]bool{}
	for _, r := range is {
		whole[strings.Join(r, "|")] = true
	}
	for i, r := range records {
		if len(r) != len(records[0]) || !whole[strings.Join(r, "|")] {
			t.Errorf("record %d is %q", i, r)
		}
	}
}
