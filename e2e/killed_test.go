package e2e

import (
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/beamline-go/beamline/e2e/program"
)

// TestKilledTraining kills training at random moments and starts it again: what comes out
// is what a run leaves that was not killed, to the byte, and what was fitted once is not
// fitted again.
func TestKilledTraining(t *testing.T) {
	table := filepath.Join(t.TempDir(), "train.csv")
	if err := os.WriteFile(table, program.Data(t, "train.csv"), 0o644); err != nil {
		t.Fatal(err)
	}
	args := func(out string) []string {
		return []string{"train", table, "--target", "SalePrice", "--key", "Id", "--models", "ridge,lasso,forest,gbdt,gbdt_wide", "--quiet", "--out", out}
	}
	clean := filepath.Join(t.TempDir(), "out")
	begun := time.Now()
	program.Done(t, nil, args(clean)...)
	took := time.Since(begun)
	want := program.Outputs(t, clean)
	rng := rand.New(rand.NewPCG(20, 1))
	times := 20
	if testing.Short() {
		times = 5
	}
	kills, found := 0, 0
	for kills < times {
		out := filepath.Join(t.TempDir(), "out")
		fits := map[string]time.Time{}
		for {
			after := time.Duration((0.2 + 0.5*rng.Float64()) * float64(took))
			killed := program.Killed(t, after, args(out)...)
			now := fitsIn(t, out)
			if !killed {
				if len(now) > 0 {
					t.Errorf("fits are left: %v", now)
				}
				break
			}
			if _, err := os.Stat(filepath.Join(out, "run.json")); err == nil { // it was done, and tidied up
				fits = nil
			}
			for name, at := range fits {
				if !now[name].Equal(at) {
					t.Errorf("%s was fitted at %v, and now at %v", name, at, now[name])
				}
			}
			kills, found, fits = kills+1, found+len(fits), now
		}
		if got := program.Outputs(t, out); !maps.Equal(got, want) {
			for name := range want {
				if got[name] != want[name] {
					t.Errorf("%s is another one", name)
				}
			}
			t.Fatalf("%d files, not %d", len(got), len(want))
		}
	}
	if found == 0 {
		t.Error("no run found a fit")
	}
	t.Logf("%d kills; %d fits were found again", kills, found)
}

// fitsIn are the fits that are kept in a folder of results, and when they were made.
func fitsIn(t *testing.T, out string) map[string]time.Time {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(out, ".beamline-fits", "fit.*"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]time.Time{}
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Base(name)] = info.ModTime()
	}
	return all
}
