package systems

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/sink"
	"github.com/beamline-go/beamline/internal/sink/sinktest"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/internal/source/sourcetest"
)

// TestAllTravel describes each system that is listed, and opens it again.
func TestAllTravel(t *testing.T) {
	for kind, make := range sources {
		if kind == "mapped" { // which is one of another source: TestMappedLaws
			continue
		}
		s, err := Describe(make())
		if err != nil || s.Kind != kind {
			t.Fatalf("%s is described as %v, %v", kind, s, err)
		}
		if back, err := s.Source(); err != nil || !reflect.DeepEqual(back, make()) {
			t.Errorf("%s became %v, %v", kind, back, err)
		}
	}
	for kind, make := range sinks {
		s, err := Describe(make())
		if err != nil || s.Kind != kind {
			t.Fatalf("%s is described as %v, %v", kind, s, err)
		}
		if back, err := s.Sink(); err != nil || !reflect.DeepEqual(back, make()) {
			t.Errorf("%s became %v, %v", kind, back, err)
		}
	}
	if _, err := Describe(t); err == nil {
		t.Error("what is in no list was described")
	}
	if _, err := (Spec{Kind: "nosuch"}).Source(); err == nil {
		t.Error("a source of no kind was opened")
	}
}

// TestLoad holds the sink of a table of a database to the laws of sinks.
func TestLoad(t *testing.T) {
	open := func(t *testing.T) sink.Sink {
		return NewLoad("sqlite:"+filepath.Join(t.TempDir(), "x.db")+"?table=t", t.TempDir())
	}
	sinktest.Run(t, open, func(t *testing.T, made []sink.Made) []byte {
		found, err := Find(t.Context(), []string{made[0].Path}, csv.Settings{})
		if err != nil {
			t.Fatal(err)
		}
		plan, err := found[0].Plan(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		rows := sourcetest.Rows(t, found[0], plan, source.Wanted{Columns: []string{"name", "note", "none"}})
		if len(rows) != 46 {
			t.Errorf("%d rows", len(rows))
		}
		return []byte(strings.Join(rows, "\n"))
	})
	if _, err := Target("mysql://h/d?table=t"); err == nil {
		t.Error("a system that is not there is a target")
	}
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	var names []string
	for _, name := range []string{"b.csv", "a.csv"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("x,y\n1,2\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		names = append(names, path)
	}
	found, err := Find(t.Context(), names, csv.Settings{})
	if err != nil || len(found) != 2 || found[0].Name() != names[0] || found[1].Name() != names[1] {
		t.Errorf("%v, %v", found, err)
	}
	if _, err := Find(t.Context(), nil, csv.Settings{}); err == nil {
		t.Error("no data was found")
	}
}
