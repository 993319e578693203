package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestReadme runs the commands that the README shows, one after the other, where "make run"
// was run before.
func TestReadme(t *testing.T) {
	if testing.Short() {
		t.Skip("it trains, and runs the golden run, which short runs do once")
	}
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	data, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.Symlink(data, "testdata"); err != nil {
		t.Skip(err)
	}
	lines := []string{"run testdata/houses/beamline.yaml"}
	for line := range strings.Lines(string(text)) {
		if command, ok := strings.CutPrefix(line, "    bin/beamline "); ok {
			lines = append(lines, strings.TrimSpace(command))
		}
	}
	if len(lines) < 10 {
		t.Errorf("the README shows %d commands", len(lines))
	}
	for _, line := range lines {
		if s := beamline(t, strings.Fields(line)...); s.code != 0 && (s.code != 5 || !strings.HasPrefix(line, "validate ")) { // that finds something
			t.Errorf("beamline %s: exit %d: %s", line, s.code, s.stderr)
		}
	}
}

// TestCommandsShareAFolder runs commands on one table in the usual folder, as a new user
// does, and then each night on another.
func TestCommandsShareAFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "flats.csv", flats(120))
	write(t, "more.csv", flats(40))
	for _, line := range []string{"profile flats.csv", "clean flats.csv", "train flats.csv --target price --models ridge", "profile flats.csv",
		"evaluate more.csv", "score flats.csv", "score more.csv", "dedupe flats.csv", "init flats.csv --target price", "run beamline.yaml --models ridge"} {
		s := done(t, strings.Fields(line)...)
		if !strings.Contains(s.stdout, "out/") && !strings.Contains(s.stdout, "beamline.yaml") {
			t.Errorf("%s does not say where its results are:\n%s", line, s.stdout)
		}
	}
	nights, err := filepath.Glob("out/before/*/predictions.csv")
	if err != nil || len(nights) != 1 {
		t.Errorf("of the night before there are %v, %v", nights, err)
	}
	if s := beamline(t, "clean", "more.csv"); s.code != 2 || !strings.Contains(s.stderr, "run wrote it on ") || !strings.Contains(s.stderr, " from flats.csv; ") {
		t.Errorf("exit %d: %s", s.code, s.stderr)
	}
	if s := beamline(t, "train", "flats.csv", "--target", "price", "--out", "out/model"); s.code != 2 || !strings.Contains(s.stderr, "the folder is a model") {
		t.Errorf("exit %d: %s", s.code, s.stderr)
	}
	body, err := os.ReadFile("out/run.json")
	if err != nil {
		t.Fatal(err)
	}
	var run map[string]any
	if err := json.Unmarshal(body, &run); err != nil {
		t.Fatal(err)
	}
	if met, there := run["met"]; !there || met != nil {
		t.Errorf("without a goal run.json has met: %v", met)
	}
}

// TestWhatIsReadLaterIsLookedAtFirst has run find what is wrong with tables and files that it
// reads once a model is there, before it trains one; and keep the model where only their
// records show it.
func TestWhatIsReadLaterIsLookedAtFirst(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "flats.csv", flats(120))
	write(t, "short.csv", "id,colour\n1,red\n2,blue\n")
	write(t, "bad.csv", "id,area,colour\n"+strings.Repeat("3,4,red\n", 30)+strings.Repeat("1,2\n", 20))
	for _, c := range []struct {
		data, more string
		code       int
		says       []string
	}{
		{"score: short.csv", "", 3, []string{"short.csv", `"area"`}},
		{"score: gone.csv", "", 2, []string{"gone.csv"}},
		{"labelled: short.csv", "", 3, []string{"short.csv", `"area"`}},
		{"score: flats.csv", "clean: [{constraints: nope.yaml}]", 2, []string{"nope.yaml"}},
		{"score: flats.csv", "models: [ridg]", 2, []string{"b.yaml:4:10: ", `did you mean "ridge"`}},
		{"score: flats.csv", "output: {dir: flats.csv}", 2, []string{"b.yaml:4:15: output.dir: flats.csv is a file"}},
		{"score: bad.csv", "", 3, []string{"bad.csv: 20 of 50", "the model is kept in out/model"}},
	} {
		models := "models: [ridge]\n"
		if strings.HasPrefix(c.more, "models") {
			models = "\n"
		}
		write(t, "b.yaml", "goal: {target: price}\ndata: {train: flats.csv, "+c.data+"}\n"+models+c.more+"\n")
		s := beamline(t, "run", "b.yaml", "--force")
		for _, want := range c.says {
			if int(s.code) != c.code || !strings.Contains(s.stderr, want) {
				t.Errorf("%s: exit %d: %s", c.data, s.code, s.stderr)
			}
		}
		kept := len(c.says) > 1 && strings.Contains(c.says[1], "kept")
		if strings.Contains(s.stderr, "ridge:") != kept {
			t.Errorf("%s: a model was fitted: %s", c.data, s.stderr)
		}
		if _, err := os.Stat("out/model/manifest.json"); (err == nil) != kept {
			t.Errorf("%s: a model is there: %v", c.data, err)
		}
	}
	done(t, "score", "flats.csv")
}
