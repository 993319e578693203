package train

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/beamline-go/beamline/internal/metrics"
	"github.com/beamline-go/beamline/models/learn"
	"github.com/beamline-go/beamline/models/training"
)

// TestFitsAreFoundAgain takes a fit that is there for the very same work, and for none
// that differs in a setting, a fold, a row or the goal; a damaged one is made again.
func TestFitsAreFoundAgain(t *testing.T) {
	dir := t.TempDir()
	work := func(change func(l *loaded)) *loaded {
		l := someWork(t, dir)
		change(l)
		var err error
		if l.kept, err = l.fingerprint(); err != nil {
			t.Fatal(err)
		}
		return l
	}
	it := training.Item{Candidate: 1, Held: []int{0}}
	first, found, err := work(func(*loaded) {}).fitted(t.Context(), it)
	if err != nil || found {
		t.Fatal(found, err)
	}
	path, err := work(func(*loaded) {}).fitPath(it)
	if err != nil {
		t.Fatal(err)
	}
	made := func() fs.FileInfo {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	was := made()
	// The same learner in another place of the list.
	again, found, err := work(func(l *loaded) { l.Candidates = l.Candidates[1:] }).fitted(t.Context(), training.Item{Held: []int{0}})
	first.Item.Candidate = 0
	if err != nil || !found || !reflect.DeepEqual(again, first) || !os.SameFile(was, made()) || !made().ModTime().Equal(was.ModTime()) {
		t.Errorf("%v: it was fitted again", err)
	}
	for name, l := range map[string]*loaded{
		"a setting": work(func(l *loaded) { l.Candidates[1].Settings = l.Candidates[1].Settings.With(learn.Settings{"leaves": 3}) }),
		"a target":  work(func(l *loaded) { l.data.Y[7]++ }),
		"the seed":  work(func(l *loaded) { l.Seed++ }),
		"the goal":  work(func(l *loaded) { l.Goal.Metric = metrics.RMSLE }),
		"the folds": work(func(l *loaded) { l.data.Folds.Of[3] = -1 }),
	} {
		if at, err := l.fitPath(it); err != nil || at == path {
			t.Errorf("%s differs, and %s is taken for it, %v", name, filepath.Base(path), err)
		}
	}
	if at, err := work(func(*loaded) {}).fitPath(training.Item{Candidate: 1, Held: []int{1}}); err != nil || at == path {
		t.Errorf("a fold differs: %v", err)
	}
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range [][]byte{nil, body[:20], body[:len(body)-1], append([]byte{body[0] ^ 1}, body[1:]...)} {
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readFit(t.Context(), path); !errors.Is(err, errDamaged) {
			t.Errorf("%d bytes: %v", len(bad), err)
		}
		if r, found, err := work(func(*loaded) {}).fitted(t.Context(), it); err != nil || found || !reflect.DeepEqual(r.Outputs, first.Outputs) {
			t.Error(err)
		}
		if _, err := readFit(t.Context(), path); err != nil {
			t.Error(err)
		}
	}
}
