package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/beamline-go/beamline/internal/fault"
)

// TestEffort tries as many learners, by as many folds, as an effort has.
func TestEffort(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "houses.csv", flats(200))
	names := func(dir string) (names []string, folds int) {
		var m metricsFile
		readJSON(t, &m, dir, "metrics.json")
		for _, c := range m.Candidates {
			names = append(names, c.Name)
		}
		slices.Sort(names)
		return names, len(m.Folds)
	}
	done(t, "train", "houses.csv", "--target", "price", "--effort", "quick", "--out", "quick")
	if got, folds := names("quick"); strings.Join(got, " ") != "gbdt_wide ridge tree" || folds != 3 {
		t.Errorf("quick tries %q by %d folds", got, folds)
	}
	done(t, "train", "houses.csv", "--target", "price", "--effort", "thorough", "--models", "ridge", "--out", "thorough")
	if got, folds := names("thorough"); strings.Join(got, " ") != "ridge" || folds != 10 {
		t.Errorf("thorough tries %q by %d folds", got, folds)
	}
	done(t, "train", "houses.csv", "--target", "price", "--effort", "quick", "--models", "ridge,tree", "--folds", "4", "--out", "named")
	if got, folds := names("named"); strings.Join(got, " ") != "ridge tree" || folds != 4 {
		t.Errorf("what is named is %q by %d folds", got, folds)
	}
	for flag, why := range map[string]string{"--effort=some": "none of quick, normal, thorough", "--deadline=-3s": "no time to come"} {
		if s := beamline(t, "train", "houses.csv", "--target", "price", flag); s.code != fault.Usage || !strings.Contains(s.stderr, why) {
			t.Errorf("%s: exit %d, %s", flag, s.code, s.stderr)
		}
	}
}

// TestDeadline keeps what is measured when the deadline passes, and says what is not.
func TestDeadline(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "houses.csv", flats(200))
	if s := beamline(t, "train", "houses.csv", "--target", "price", "--deadline", "1ms", "--out", "none"); s.code != fault.Usage || !strings.Contains(s.stderr, "before one learner was measured") {
		t.Errorf("exit %d, %s", s.code, s.stderr)
	}
	done(t, "train", "houses.csv", "--target", "price", "--models", "ridge,tree", "--deadline", "1h", "--out", "all")
	said := done(t, "train", "houses.csv", "--target", "price", "--models", "ridge,tree", "--deadline", "1h", "--out", "told").stderr
	if lines := strings.Split(strings.TrimSpace(said), "\n"); len(lines) != 2 || !strings.HasPrefix(lines[0], "ridge: rmse ") || !strings.HasPrefix(lines[1], "tree: rmse ") || !strings.HasSuffix(lines[1], " over 5 folds") {
		t.Errorf("of the learners it tells %q", said)
	}
	if said := done(t, "train", "houses.csv", "--target", "price", "--models", "ridge", "--quiet", "--out", "quiet").stderr; said != "" {
		t.Errorf("it is quiet, and tells %q", said)
	}
	if run := readRun(t, "all"); len(run.Late) > 0 {
		t.Errorf("%q are late", run.Late)
	}
}

// TestNoSkill says of a model of noise that it is none, and nothing of one that has learned
// something.
func TestNoSkill(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 2))
	noise, real := "a,b,y\n", "a,b,y\n"
	for range 300 {
		a, b, y := rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()
		noise += fmt.Sprintf("%.3f,%.3f,%.3f\n", a, b, y)
		real += fmt.Sprintf("%.3f,%.3f,%.3f\n", a, b, y+a)
	}
	for text, none := range map[string]bool{noise: true, real: false} {
		name := filepath.Join(t.TempDir(), "t.csv")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		said := done(t, "train", name, "--target", "y", "--effort", "quick", "--out", filepath.Join(t.TempDir(), "m")).stdout
		if strings.Contains(said, "a guess that looks at no column does as well") != none || strings.Contains(said, "y no_skill (expected") != none {
			t.Error(said)
		}
	}
}
