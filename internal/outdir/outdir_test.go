package outdir

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/beamline-go/beamline/internal/fault"
)

type run struct {
	Wrote map[string]string `json:"wrote"`
}

// work opens the folder and publishes one file.
func work(t *testing.T, dir, name, stamp string, force bool) error {
	t.Helper()
	f, err := Open(t.Context(), dir, force, []string{name}, func() (string, error) { return stamp, nil })
	if err != nil {
		return err
	}
	defer f.Close(t.Context())
	if err := os.WriteFile(filepath.Join(f.Work, name), []byte(stamp), 0o644); err != nil {
		t.Fatal(err)
	}
	r := Results{name: filepath.Join(f.Work, name)}
	wrote, err := f.Wrote(t.Context(), r, stamp)
	if err != nil {
		return err
	}
	return f.Publish(t.Context(), r, run{wrote})
}

func TestOnlyItsOwnFilesAreReplaced(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	for _, c := range []struct {
		name, stamp string
		force       bool
		want        fault.Code
	}{
		{"a", "one", false, fault.Done},
		{"a", "one", false, fault.Done},  // the same command on the same inputs
		{"a", "two", false, fault.Usage}, // another
		{"b", "two", false, fault.Done},
		{"a", "one", false, fault.Done}, // still known after another run
		{"b", "one", true, fault.Done},
		{"rejects.jsonl", "one", false, fault.Done},
		{"rejects.jsonl", "two", false, fault.Done}, // a log
	} {
		if got := fault.CodeOf(work(t, dir, c.name, c.stamp, c.force)); got != c.want {
			t.Errorf("%+v: exit %d", c, got)
		}
	}
}

func TestSomeoneElsesFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "letter.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := work(t, dir, "a", "one", false); fault.CodeOf(err) != fault.Usage {
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
			f, err := Open(t.Context(), dir, true, []string{"a"}, nil)
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
	if err := work(t, dir, "a", "one", false); err != nil {
		t.Error(err)
	}
}

func TestNothingIsLeftOfNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	f, err := Open(t.Context(), dir, false, nil, nil)
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
	stamp := func() (string, error) { return "", nil }
	alive, err := Open(t.Context(), dir, false, nil, stamp)
	if err != nil {
		t.Fatal(err)
	}
	dead, err := Open(t.Context(), dir, false, nil, stamp)
	if err != nil {
		t.Fatal(err)
	}
	dead.lock.Close() // as the end of its process does
	next, err := Open(t.Context(), dir, false, nil, stamp)
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
		f, err := Open(t.Context(), dir, false, nil, nil)
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
