package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestShiftIsSaid scores tables that hold other things than that of training, and one that
// does not, and has --fail-on set the exit code.
func TestShiftIsSaid(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "flats.csv", flats(600))
	done(t, "train", "flats.csv", "--target", "price", "--models", "ridge")
	without := func(column int, value string) string {
		var out strings.Builder
		for i, line := range strings.Split(strings.TrimSpace(flats(400)), "\n") {
			cells := strings.Split(line, ",")
			if i > 0 {
				cells[column] = value
			}
			fmt.Fprintln(&out, strings.Join(cells, ","))
		}
		return out.String()
	}
	for _, c := range []struct {
		name, text, says string
	}{
		{"like", flats(400), ""},
		{"one_colour", without(2, "red"), `warning: colour shift (expected `},
		{"no_colour", without(2, ""), `warning: colour missing`},
		{"large", without(1, "129"), "warning: area shift (expected "},
	} {
		write(t, c.name+".csv", c.text)
		args := []string{"score", c.name + ".csv", "--model", "out/model", "--fail-on", "warning", "--to", "sqlite:db?table=" + c.name, "--out", c.name}
		s := beamline(t, args...)
		if want := 5; c.says == "" && s.code != 0 || c.says != "" && (int(s.code) != want || !strings.Contains(s.stdout, c.says) || !strings.Contains(s.stdout, "Nothing was written to ")) {
			t.Errorf("%s: exit %d\n%s%s", c.name, s.code, s.stdout, s.stderr)
		}
		page, err := os.ReadFile(c.name + "/report.html")
		if err != nil || !strings.Contains(string(page), "What is predicted") || c.says != "" && !strings.Contains(string(page), "missing_share (warning)") && !strings.Contains(string(page), "shift (warning)") {
			t.Errorf("%s: the page lacks what was found: %v", c.name, err)
		}
	}
	if s := done(t, "evaluate", "large.csv", "--model", "out/model", "--out", "e"); !strings.Contains(s.stdout, "warning: area shift (expected ") {
		t.Error(s.stdout)
	}
	if s := beamline(t, "score", "large.csv", "--model", "out/model", "--out", "l", "--json"); s.code != 0 || !strings.Contains(s.stdout, `"anomalies_by_rule": {`+"\n"+`    "shift": 1`) {
		t.Errorf("exit %d: %s", s.code, s.stdout)
	}
	if s := beamline(t, "score", "large.csv", "--fail-on", "everything"); s.code != 2 {
		t.Errorf("exit %d: %s", s.code, s.stderr)
	}
}
