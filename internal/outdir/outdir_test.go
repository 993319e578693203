package outdir

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/beamline-go/beamline/internal/fault"
)

type run struct {
	Wrote []Origin `json:"wrote"`
}

// as is what a command that reads such inputs wants with a folder.
func as(command string, inputs []string, files ...string) Use {
	return Use{Command: command, Files: files, Inputs: func() ([]string, error) { return inputs, nil }}
}

// work opens the folder and publishes files, each of which holds what it says.
func work(t *testing.T, dir string, use Use, says string) error {
	t.Helper()
	f, err := Open(t.Context(), dir, use)
	if err != nil {
		return err
	}
	defer f.Close(t.Context())
	r := Results{}
	for _, name := range use.Files {
		r[name] = filepath.Join(f.Work, name)
		if err := os.WriteFile(r[name], []byte(says+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	inputs, _ := use.Inputs()
	wrote, err := f.Wrote(t.Context(), r, Origin{Command: use.Command, At: fmt.Sprintf("2026-11-30T03:00:%2sZ", says), From: []string{"t.csv"}, Inputs: inputs})
	if err != nil {
		return err
	}
	return f.Publish(t.Context(), r, run{wrote})
}

// TestCommandsShareAFolder lets commands write one folder, each on its own inputs.
func TestCommandsShareAFolder(t *testing.T) {
	one, two, both := []string{"one"}, []string{"two"}, []string{"one", "two"}
	forced, nightly := as("profile", two, Schema), as("score", two, "predictions.csv", Rejects)
	forced.Force, nightly.Nightly, nightly.Keep = true, true, 1
	again := nightly
	again.Inputs = func() ([]string, error) { return []string{"three"}, nil }
	dir := filepath.Join(t.TempDir(), "out")
	for i, c := range []struct {
		use  Use
		want fault.Code
		left string // what is there then, beside run.json
	}{
		{as("profile", one, Schema, Report), fault.Done, "report.html:0 schema.yaml:0"},
		{as("profile", one, Schema, Report), fault.Done, "report.html:1 schema.yaml:1"},
		{as("profile", two, Schema, Report), fault.Usage, "report.html:1 schema.yaml:1"},
		{as("clean", one, Schema, Report, Changes), fault.Done, "changes.csv:3 report-profile.html:1 report.html:3 schema.yaml:3"},
		{as("train", both, Schema, Report), fault.Done, "changes.csv:3 report-clean.html:3 report-profile.html:1 report.html:4 schema.yaml:4"},
		{as("evaluate", two, Report), fault.Done, "changes.csv:3 report-clean.html:3 report-profile.html:1 report-train.html:4 report.html:5 schema.yaml:4"},
		{as("train", both, Report), fault.Done, "changes.csv:3 report-clean.html:3 report-evaluate.html:5 report-profile.html:1 report.html:6 schema.yaml:4"},
		{as("evaluate", two, Report), fault.Done, "changes.csv:3 report-clean.html:3 report-profile.html:1 report-train.html:6 report.html:7 schema.yaml:4"},
		{as("clean", two, Schema), fault.Done, "changes.csv:3 report-clean.html:3 report-profile.html:1 report-train.html:6 report.html:7 schema.yaml:8"},
		{as("train", one, Schema), fault.Usage, "changes.csv:3 report-clean.html:3 report-profile.html:1 report-train.html:6 report.html:7 schema.yaml:8"},
		{forced, fault.Done, "changes.csv:3 report-clean.html:3 report-profile.html:1 report-train.html:6 report.html:7 schema.yaml:10"},
		{nightly, fault.Done, "changes.csv:3 predictions.csv:11 rejects.jsonl:11 report-clean.html:3 report-profile.html:1 report-train.html:6 report.html:7 schema.yaml:10"},
	} {
		if err := work(t, dir, c.use, fmt.Sprint(i)); fault.CodeOf(err) != c.want {
			t.Errorf("%d: %v", i, err)
		} else if err != nil && !strings.Contains(err.Error(), " wrote it on 2026-11-30") {
			t.Errorf("%d: %v does not say who wrote it, when and from what", i, err)
		}
		if got := held(t, dir); got != c.left {
			t.Errorf("%d: there are %s", i, got)
		}
	}
	for i, says := range []string{"xa", "xb", "xc"} {
		use := again
		if i == 1 {
			use = nightly
		}
		if err := work(t, dir, use, says); err != nil {
			t.Fatal(err)
		}
		if got := held(t, dir); !strings.Contains(got, "predictions.csv:"+says+" rejects.jsonl:"+says) {
			t.Errorf("night %d: there are %s", i, got)
		}
		nights, _ := filepath.Glob(filepath.Join(dir, before, "*"))
		if len(nights) != 1 {
			t.Fatalf("night %d: %v are kept", i, nights)
		}
		if was := []string{"11", "xa", "xb"}[i]; held(t, nights[0]) != "predictions.csv:"+was+" rejects.jsonl:"+was {
			t.Errorf("night %d: %s holds %s", i, nights[0], held(t, nights[0]))
		}
	}
}

// TestOtherParts writes a table in other parts than before: those that were there are no
// parts of it any more.
func TestOtherParts(t *testing.T) {
	one, two := []string{"one"}, []string{"two"}
	forced := as("clean", two, "clean-00000-of-00002.csv", "clean-00001-of-00002.csv")
	forced.Force = true
	dir := filepath.Join(t.TempDir(), "out")
	for i, c := range []struct {
		use  Use
		want fault.Code
		left string
	}{
		{as("clean", one, "clean-00000-of-00003.csv", "clean-00001-of-00003.csv", "clean-00002-of-00003.csv", "clean.parquet"), fault.Done,
			"clean-00000-of-00003.csv:0 clean-00001-of-00003.csv:0 clean-00002-of-00003.csv:0 clean.parquet:0"},
		{as("score", two, "predictions.csv"), fault.Done, "clean-00000-of-00003.csv:0 clean-00001-of-00003.csv:0 clean-00002-of-00003.csv:0 clean.parquet:0 predictions.csv:1"},
		{as("clean", one, "clean.csv"), fault.Done, "clean.csv:2 clean.parquet:0 predictions.csv:1"},
		{as("clean", two, "clean-00000-of-00002.csv", "clean-00001-of-00002.csv"), fault.Usage, "clean.csv:2 clean.parquet:0 predictions.csv:1"},
		{forced, fault.Done, "clean-00000-of-00002.csv:4 clean-00001-of-00002.csv:4 clean.parquet:0 predictions.csv:1"},
		{as("score", two, "predictions-00000-of-00001.csv"), fault.Done, "clean-00000-of-00002.csv:4 clean-00001-of-00002.csv:4 clean.parquet:0 predictions-00000-of-00001.csv:5"},
	} {
		if err := work(t, dir, c.use, fmt.Sprint(i)); fault.CodeOf(err) != c.want {
			t.Errorf("%d: %v", i, err)
		}
		if got := held(t, dir); got != c.left {
			t.Errorf("%d leaves\n%s, want\n%s", i, got, c.left)
		}
	}
}

// TestNightsOfADatabase keeps the night before where the input has the same name each night.
func TestNightsOfADatabase(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	use := as("score", []string{Live + "postgres://db?table=t"}, "predictions.csv")
	use.Nightly, use.Keep = true, 2
	for _, says := range []string{"11", "12", "13", "14"} {
		if err := work(t, dir, use, says); err != nil {
			t.Fatal(err)
		}
	}
	nights, _ := filepath.Glob(filepath.Join(dir, before, "*"))
	if len(nights) != 2 || held(t, nights[0]) != "predictions.csv:12" || held(t, nights[1]) != "predictions.csv:13" || held(t, dir) != "predictions.csv:14" {
		t.Errorf("%v are kept", nights)
	}
	train := as("train", []string{Live + "postgres://db?table=t"}, Schema)
	for range 2 {
		if err := work(t, filepath.Join(dir, "t"), train, "1"); err != nil {
			t.Error(err)
		}
	}
}

// held lists the files of a folder, with what each of them says.
func held(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		if body, err := os.ReadFile(filepath.Join(dir, e.Name())); err == nil && e.Name() != Run {
			out = append(out, e.Name()+":"+strings.TrimSpace(string(body)))
		}
	}
	return strings.Join(out, " ")
}

// TestWhatWasEditedStays has somebody edit what a command wrote, which writes it again.
func TestWhatWasEditedStays(t *testing.T) {
	for _, force := range []bool{false, true} {
		dir := filepath.Join(t.TempDir(), "out")
		use := as("clean", nil, Schema, Proposals, Changes)
		use.Force = force
		if err := work(t, dir, use, "1"); err != nil {
			t.Fatal(err)
		}
		for _, name := range use.Files {
			if err := os.WriteFile(filepath.Join(dir, name), []byte("mine"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if err := work(t, dir, use, "2"); err != nil {
			t.Fatal(err)
		}
		if got := held(t, dir); got != "changes.csv:2 proposals-edited.csv:mine proposals.csv:2 schema-edited.yaml:mine schema.yaml:2" {
			t.Errorf("with force %v there are %s", force, got)
		}
	}
}

func TestSomeoneElsesFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "letter.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := work(t, dir, as("clean", nil, "a"), "1"); fault.CodeOf(err) != fault.Usage {
		t.Error(err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("%v", entries)
	}
}

// TestOneOfTwoRunsWins lets two runs work on a folder at a time, on an empty one
// and on one with a complete run.
func TestOneOfTwoRunsWins(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	for range 2 {
		var both [2]*Folder
		for i := range both {
			f, err := Open(t.Context(), dir, Use{Files: []string{"a"}, Force: true})
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close(t.Context())
			if err := os.WriteFile(filepath.Join(f.Work, "a"), []byte{byte('0' + i)}, 0o644); err != nil {
				t.Fatal(err)
			}
			both[i] = f
		}
		if err := both[1].Publish(t.Context(), Results{"a": filepath.Join(both[1].Work, "a")}, run{}); err != nil {
			t.Fatal(err)
		}
		err := both[0].Publish(t.Context(), Results{"a": filepath.Join(both[0].Work, "a")}, run{})
		if fault.CodeOf(err) != fault.Usage || !strings.Contains(err.Error(), "another run") {
			t.Errorf("the second: %v", err)
		}
		if body, err := os.ReadFile(filepath.Join(dir, "a")); err != nil || string(body) != "1" {
			t.Errorf("the folder has %q, %v", body, err)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, claimFile)); len(left) > 0 {
			t.Error("the claim is left")
		}
	}
}

// TestAClaimOfADeadRunIsTakenOver publishes where a run died while it did.
func TestAClaimOfADeadRunIsTakenOver(t *testing.T) {
	dir := t.TempDir()
	claim := filepath.Join(dir, claimFile)
	if err := os.WriteFile(claim, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-2 * claimTime)
	if err := os.Chtimes(claim, old, old); err != nil {
		t.Fatal(err)
	}
	if err := work(t, dir, as("clean", nil, "a"), "1"); err != nil {
		t.Error(err)
	}
}

func TestNothingIsLeftOfNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	f, err := Open(t.Context(), dir, Use{})
	if err != nil {
		t.Fatal(err)
	}
	f.Close(t.Context())
	if _, err := os.Stat(dir); err == nil {
		t.Error("the folder is still there")
	}
}

func TestWhatADeadRunLeftIsRemoved(t *testing.T) {
	dir := t.TempDir()
	alive, err := Open(t.Context(), dir, Use{})
	if err != nil {
		t.Fatal(err)
	}
	dead, err := Open(t.Context(), dir, Use{})
	if err != nil {
		t.Fatal(err)
	}
	dead.lock.Close() // as the end of its process does
	next, err := Open(t.Context(), dir, Use{})
	if err != nil {
		t.Fatal(err)
	}
	for f, want := range map[*Folder]bool{alive: true, dead: runtime.GOOS == "windows", next: true} {
		if _, err := os.Stat(f.Work); (err == nil) != want {
			t.Errorf("%s: there is %v", f.Work, err == nil)
		}
	}
}

// TestFitsOutliveAnInterruptedRun keeps fits for the run after one that was interrupted or
// killed, and for none else.
func TestFitsOutliveAnInterruptedRun(t *testing.T) {
	dir := t.TempDir()
	stopped, stop := context.WithCancel(t.Context())
	stop()
	for _, c := range []struct {
		run   context.Context
		found bool // that there was a fit
	}{{stopped, false}, {t.Context(), true}, {t.Context(), false}} {
		f, err := Open(t.Context(), dir, Use{})
		if err != nil {
			t.Fatal(err)
		}
		fits, err := f.Fits()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(fits, 0o755); err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(fits, "fit.1")
		if _, err := os.Stat(name); (err == nil) != c.found {
			t.Errorf("a fit is there: %v", err == nil)
		}
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		f.Close(c.run)
	}
}

// TestKilledWhilePublishing kills a run after each of its steps, and once between them and
// run.json: the next that opens the folder finds the results whole.
func TestKilledWhilePublishing(t *testing.T) {
	publish := func(dir, content string, dead int) (steps int) {
		t.Helper()
		f, err := Open(t.Context(), dir, as("clean", nil, "a", "model"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(f.Work, "stage", "model"), 0o755); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"a", "stage/model/m", "stage/model/" + content} {
			if err := os.WriteFile(filepath.Join(f.Work, name), []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		r := Results{"a": filepath.Join(f.Work, "a"), "model": filepath.Join(f.Work, "stage/model")}
		if dead < 0 {
			defer f.Close(t.Context())
			wrote, err := f.Wrote(t.Context(), r, Origin{Command: "clean", At: content})
			if err == nil {
				err = f.Publish(t.Context(), r, run{Wrote: wrote})
			}
			if err != nil {
				t.Fatal(err)
			}
			return 0
		}
		all, err := f.plan(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := json.Marshal(journal{all, []byte("{}\n")})
		if err := os.WriteFile(filepath.Join(dir, journalFile), body, 0o644); err != nil {
			t.Fatal(err)
		}
		for _, s := range all[:min(dead, len(all))] {
			if err := s.do(t.Context(), dir); err != nil {
				t.Fatal(err)
			}
		}
		f.lock.Close()
		return len(all)
	}
	for dead, steps := 0, 1; dead <= steps; dead++ {
		dir := t.TempDir()
		publish(dir, "old", -1)
		steps = publish(dir, "new", dead)
		next, err := Open(t.Context(), dir, Use{Command: "score"})
		if err != nil {
			t.Fatalf("after %d steps: %v", dead, err)
		}
		for _, name := range []string{"a", "model/m"} {
			if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != "new" {
				t.Errorf("after %d steps %s has %q, %v", dead, name, got, err)
			}
		}
		if _, err := os.Stat(filepath.Join(dir, "model/old")); err == nil {
			t.Errorf("after %d steps a part of the old model is left", dead)
		}
		if got, err := os.ReadFile(filepath.Join(dir, Run)); err != nil || string(got) != "{}\n" {
			t.Errorf("after %d steps %s has %q, %v", dead, Run, got, err)
		}
		next.Close(t.Context())
		if left, _ := filepath.Glob(filepath.Join(dir, prefix+"*")); len(left) > 0 {
			t.Errorf("after %d steps %v is left", dead, left)
		}
	}
}

// TestAJournalStaysInItsFolder has one that names files elsewhere.
func TestAJournalStaysInItsFolder(t *testing.T) {
	for _, s := range []step{{From: "../x", To: "a"}, {From: "a", To: "/etc/x"}, {To: "..", Drop: true}, {To: ".", Drop: true}, {From: "a"},
		{To: "away/run.json", Write: []byte("x")}, {From: "a", To: "away/b"}, {To: "b", Write: []byte("x")}} {
		dir := t.TempDir()
		if err := os.Symlink(t.TempDir(), filepath.Join(dir, "away")); err != nil {
			t.Skip(err)
		}
		body, _ := json.Marshal(journal{Steps: []step{s}})
		if err := os.WriteFile(filepath.Join(dir, journalFile), body, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), dir, Use{}); err == nil {
			t.Errorf("%+v is done", s)
		}
		if _, err := os.Stat(dir); err != nil {
			t.Errorf("%+v: %v", s, err)
		}
	}
}
