package rejects

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/internal/source/sourcetest"
	"github.com/beamline-go/beamline/table"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// refused writes rejects as a run leaves them.
func refused(t *testing.T, all ...table.Reject) string {
	t.Helper()
	var text []byte
	for _, r := range all {
		var err error
		if text, err = r.AppendJSON(text); err != nil {
			t.Fatal(err)
		}
	}
	return write(t, "rejects.jsonl", string(text))
}

func found(t *testing.T, name string) []source.Source {
	t.Helper()
	ctx, release := source.Holding(t.Context())
	t.Cleanup(func() {
		release()
		if left, err := os.ReadDir(filepath.Dir(name)); err != nil || len(left) != 1 {
			t.Errorf("it leaves %v, %v", left, err)
		}
	})
	all, err := Find(ctx, []string{name}, csv.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// rows are those of all sources, with the names of those.
func rows(t *testing.T, all []source.Source) (lines []string) {
	t.Helper()
	for _, x := range all {
		plan, err := x.Plan(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		blocks, err := x.Open(t.Context(), plan, source.Wanted{Columns: x.Columns()})
		if err != nil {
			t.Fatal(err)
		}
		for b := range plan.Grid.Blocks {
			batch, err := blocks.Read(t.Context(), b)
			if err != nil {
				t.Fatal(err)
			}
			for i := range batch.Len() {
				var cells []string
				for c := range x.Columns() {
					cells = append(cells, batch.Text(c).Value(i))
				}
				lines = append(lines, fmt.Sprintf("%s %d: %s", filepath.Base(batch.Source), batch.Row(i), strings.Join(cells, "|")))
			}
			for _, r := range batch.Rejects {
				lines = append(lines, fmt.Sprintf("%s %d refused: %q", filepath.Base(r.Source), r.Row, r.Input))
			}
		}
		blocks.Close()
	}
	return lines
}

// TestAsTheyWereRead reads records back as their sources are read.
func TestAsTheyWereRead(t *testing.T) {
	semicolons := write(t, "a.csv", "id;name;note\n1;x;\"a;b\"\n2;y\n3;z;caf\xe9\n")
	objects := write(t, "b.json", `[{"id": 1, "name": "x"}, {"id": 2, "name": "y", "id": 3}]`)
	log := write(t, "c.log", "127.0.0.1 - - [10/Oct/2026:13:55:36 +0000] \"GET / HTTP/1.1\" 200 2326\nnothing\n127.0.0.1 - - [10/Oct/2026:13:55:37 +0000] \"GET /a HTTP/1.1\" 200 1\n")
	got := rows(t, found(t, refused(t,
		table.Reject{Stage: "read", Rule: "ragged", Reason: "r", Source: semicolons, Row: 2, Input: "2;y;\"mended; now\""},
		table.Reject{Stage: "read", Rule: "bad_json", Reason: "r", Source: objects, Row: 2, Input: "{\"id\": 2,\n \"name\": \"y\"}"},
		table.Reject{Stage: "read", Rule: "ragged", Reason: "r", Source: semicolons, Row: 9, Input: "9"},
		table.Reject{Stage: "read", Rule: "ragged", Reason: "r", Source: semicolons, Row: 12, Input: "3;z;\xff\xfe"},
		table.Reject{Stage: "conform", Rule: "required", Reason: "r", Source: semicolons, Row: 7, Columns: []string{"id", "note"}, Input: "7,\"a\nb\""},
		table.Reject{Stage: "read", Rule: "line", Reason: "r", Source: log, Row: 2, Input: "10.0.0.1 - - [10/Oct/2026:13:55:38 +0000] \"GET /b HTTP/1.1\" 404 9"},
	)))
	slices.Sort(got)
	want := []string{
		"a.csv 12 refused: \"3;z;\\xff\\xfe\"", "a.csv 2: 2|y|mended; now", "a.csv 7: 7|a\nb", "a.csv 9 refused: \"9\"", "b.json 2: 2|y",
	}
	if len(got) != 6 || !slices.Equal(got[:5], want) || !strings.HasPrefix(got[5], "c.log 2: 10.0.0.1|") {
		t.Errorf("%q", got)
	}
}

// TestLaws holds records that were refused to the laws of sources.
func TestLaws(t *testing.T) {
	var all []table.Reject
	for i := range 30000 {
		r := table.Reject{Stage: "conform", Rule: "required", Reason: "r", Source: "x.csv", Row: int64(i + 1), Columns: []string{"id", "name"}, Input: fmt.Sprintf("%d,name %d", i, i*i)}
		if i%1000 == 7 {
			r.Input = "alone"
		}
		all = append(all, r)
	}
	x := found(t, refused(t, all...))
	sourcetest.Run(t, x[0], "")
	if s, ok := source.As[source.Stepped](x[0]); !ok || !s.Stepped() {
		t.Error("steps would be done to them again")
	}
}

// TestOwn reads a file of that name that is somebody's own.
func TestOwn(t *testing.T) {
	all, err := Find(t.Context(), []string{write(t, "my_rejects.jsonl", "{\"a\": 1}\n{\"a\": 2}\n")}, csv.Settings{})
	if err != nil || len(all) != 1 || !slices.Equal(all[0].Columns(), []string{"a"}) {
		t.Error(all, err)
	}
}

func TestFaults(t *testing.T) {
	long := table.Reject{Stage: "read", Rule: "r", Reason: "r", Source: "gone.csv", Row: 4, Input: strings.Repeat("x", table.MaxRejectInput)}
	gone := table.Reject{Stage: "read", Rule: "r", Reason: "r", Source: "gone.csv", Row: 4, Input: "1,2"}
	first := `{"stage":"conform","rule":"r","reason":"r","source":"x.csv","row":1,"input":"1","columns":["a"]}` + "\n"
	for name, want := range map[string]string{
		refused(t, long): "the record has more than was kept of it; take it from row 4 of gone.csv",
		refused(t, gone): "gone.csv, of which records were refused, says how they are read",
		write(t, "rejects.jsonl", first+"{\"stage\"\n"): "line 2: it is no record that was refused",
		filepath.Join(t.TempDir(), "rejects.jsonl"):     "no such file",
	} {
		ctx, release := source.Holding(t.Context())
		_, err := Find(ctx, []string{name}, csv.Settings{})
		release()
		if err == nil || !strings.Contains(err.Error(), want) || fault.CodeOf(err) == fault.Unexpected {
			t.Errorf("%s: %v", name, err)
		}
	}
}
