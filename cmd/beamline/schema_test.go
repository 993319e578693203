package main

import (
	"os"
	"strings"
	"testing"
)

// TestASchemaOfAPerson gives commands a schema that lists a part of the columns, and that of
// training for a table without the target.
func TestASchemaOfAPerson(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "flats.csv", flats(120))
	write(t, "new.csv", strings.Join(lines(flats(40), 3), "\n")+"\n")
	write(t, "part.yaml", "columns:\n- {name: area, role: categorical}\n- {name: price, presence: required, severity: {missing: error}}\n")
	done(t, "profile", "flats.csv", "--schema", "part.yaml")
	text, err := os.ReadFile("out/schema.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"name: id", "name: colour", "name: area\n    type: categorical\n    role: categorical\n    presence: required"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the schema lacks %q:\n%s", want, text)
		}
	}
	if s := beamline(t, "clean", "flats.csv", "--schema", "part.yaml", "--fail-on", "error"); s.code != 5 || !strings.Contains(s.stdout, "error: price missing") {
		t.Errorf("exit %d: %s%s", s.code, s.stdout, s.stderr)
	}
	done(t, "clean", "flats.csv", "--schema", "part.yaml")
	done(t, "train", "flats.csv", "--target", "price", "--models", "ridge", "--schema", "part.yaml", "--out", "m")
	for _, command := range []string{"profile", "clean"} {
		done(t, command, "new.csv", "--schema", "m/schema.yaml", "--out", command)
	}
	if s := beamline(t, "train", "new.csv", "--schema", "m/schema.yaml", "--out", "n"); s.code != 2 || !strings.Contains(s.stderr, `the target "price" is not a column`) {
		t.Errorf("exit %d: %s", s.code, s.stderr)
	}
	write(t, "gone.yaml", "columns:\n- {name: rooms, role: numeric}\n")
	if s := beamline(t, "profile", "flats.csv", "--schema", "gone.yaml"); s.code != 2 || !strings.Contains(s.stderr, `gone.yaml: schema: the table has no column "rooms"`) {
		t.Errorf("exit %d: %s", s.code, s.stderr)
	}
}

// lines are the lines of a table without one of its columns.
func lines(table string, without int) (out []string) {
	for line := range strings.SplitSeq(strings.TrimSpace(table), "\n") {
		cells := strings.Split(line, ",")
		out = append(out, strings.Join(append(cells[:without:without], cells[without+1:]...), ","))
	}
	return out
}
