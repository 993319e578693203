package sink_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/parquet/file"

	"github.com/beamline-go/beamline/internal/format"
	"github.com/beamline-go/beamline/internal/ledger"
	"github.com/beamline-go/beamline/internal/outdir"
	"github.com/beamline-go/beamline/internal/sink"
	"github.com/beamline-go/beamline/internal/sink/sinktest"
	"github.com/beamline-go/beamline/table"
)

// files is the content of files that were made, one behind the other.
func files(t *testing.T, made []sink.Made) []byte {
	var all []byte
	for _, m := range made {
		body, err := os.ReadFile(m.Path)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, body...)
	}
	return all
}

// rows are the cells of staged rows.
func rows(t *testing.T, made []sink.Made) []byte {
	var all bytes.Buffer
	for _, m := range made {
		err := m.Rows.Each(t.Context(), func(b table.Batch) error {
			fmt.Fprintln(&all, b.Position, b.Source, b.First, b.Record, len(b.Changes))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all.Bytes()
}

func TestSinks(t *testing.T) {
	all := map[string]func(dir string) sink.Sink{
		"rejects":   func(dir string) sink.Sink { return &sink.Lines{Dir: dir, File: "rejects.jsonl", Of: sink.Rejects} },
		"changes":   func(dir string) sink.Sink { return &sink.Lines{Dir: dir, File: "changes.csv", Of: sink.Changes} },
		"proposals": func(dir string) sink.Sink { return &sink.Lines{Dir: dir, File: "proposals.csv", Of: sink.Proposals} },
		"csv": func(dir string) sink.Sink {
			return &sink.Lines{Dir: dir, File: "a.csv", Of: "csv", Settings: format.Settings{Refused: true}}
		},
		"csv in parts": func(dir string) sink.Sink { return &sink.Lines{Dir: dir, File: "a.csv", Of: "csv", Shards: 4} },
		"jsonl":        func(dir string) sink.Sink { return &sink.Lines{Dir: dir, File: "a.jsonl", Of: "jsonl"} },
		"jsonl table": func(dir string) sink.Sink {
			return &sink.Table{Dir: dir, File: "a.jsonl", Format: "jsonl", Numbered: true}
		},
		"parquet": func(dir string) sink.Sink {
			return &sink.Table{Dir: dir, File: "a.parquet", Format: "parquet", Numbered: true}
		},
		"parquet in parts": func(dir string) sink.Sink {
			return &sink.Table{Dir: dir, File: "a.parquet", Format: "parquet", Shards: 30}
		},
		"stage": func(dir string) sink.Sink { return &sink.Stage{Dir: dir} },
	}
	for _, f := range format.Written {
		all["file of "+f.Name] = func(dir string) sink.Sink { return sink.File(dir, "a."+f.Name, f, 1) }
	}
	for name, of := range all {
		t.Run(name, func(t *testing.T) {
			content := files
			if name == "stage" {
				content = rows
			}
			sinktest.Run(t, func(t *testing.T) sink.Sink { return of(t.TempDir()) }, content)
		})
	}
}

// TestWhatIsWritten looks at the bytes themselves.
func TestWhatIsWritten(t *testing.T) {
	batches := sinktest.Batches(4)
	for name, c := range map[string]struct {
		of   string
		want string
	}{
		"rejects.jsonl": {sink.Rejects, `{"stage":"read","rule":"ragged","reason":"","source":"source 0","row":2,"line":0,"offset":0,"input":"c"}` + "\n"},
		"changes.csv":   {sink.Changes, ledger.Header + "source 0,0,,name,A,a,case,0.9,\nsource 0,100,"},
		"proposals.csv": {sink.Proposals, ledger.ProposalsHeader + "source 0,1,,note,won,one,spelling,,,\n"},
		"a.csv":         {"csv", "name,note\na0,\"one, two\"\nb0,\"say \"\"so\"\"\"\na1,"},
		"a.jsonl":       {"jsonl", `{"name":"a0","note":"one, two"}` + "\n"},
	} {
		dir := t.TempDir()
		if got := write(t, &sink.Lines{Dir: dir, File: name, Of: c.of}, batches); !strings.HasPrefix(string(got), c.want) {
			t.Errorf("%s begins with %.200q, not %q", name, got, c.want)
		}
	}
	whole := write(t, &sink.Lines{Dir: t.TempDir(), File: "a.csv", Of: "csv"}, batches)
	for _, shards := range []int{1, 3, 40} {
		dir := t.TempDir()
		cut := write(t, &sink.Lines{Dir: dir, File: "a.csv", Of: "csv", Shards: shards}, batches)
		if n := bytes.Count(cut, []byte("name,note\n")); n != shards {
			t.Errorf("%d of %d files have a header", n, shards)
		}
		if rest := bytes.ReplaceAll(cut, []byte("name,note\n"), nil); string(rest) != strings.TrimPrefix(string(whole), "name,note\n") {
			t.Errorf("in %d files it is %q", shards, rest)
		}
		if _, err := os.Stat(filepath.Join(dir, outdir.Part("a.csv", shards-1, shards))); err != nil {
			t.Error(err)
		}
	}
	keep := write(t, &sink.Lines{Dir: t.TempDir(), File: "a.csv", Of: "csv", Settings: format.Settings{NoHeader: true, Refused: true}}, batches)
	if want := "a0,\"one, two\"\nb0,\"say \"\"so\"\"\"\nc\na1,"; !strings.HasPrefix(string(keep), want) {
		t.Errorf("with what was refused it begins with %.80q", keep)
	}
}

func write(t *testing.T, s sink.Sink, batches []table.Batch) []byte {
	t.Helper()
	_, made := sinktest.Write(t, s, batches...)
	return files(t, made)
}

// TestParquetHasTheRows counts the rows of a file, and of one that names its sources.
func TestParquetHasTheRows(t *testing.T) {
	batches := sinktest.Batches(6)
	body := write(t, &sink.Table{Dir: t.TempDir(), File: "a.parquet", Format: "parquet", Numbered: true}, batches)
	r, err := file.NewParquetReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if names := fmt.Sprint(r.MetaData().Schema.Column(0).Name(), r.MetaData().Schema.Column(1).Name()); r.NumRows() != 12 || names != format.RowColumn+sink.SourceColumn {
		t.Errorf("%d rows, the first columns are %s", r.NumRows(), names)
	}
}

// TestAFailedAttemptLeavesNothing commits a part that is not there.
func TestAFailedAttemptLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out.csv")
	if err := os.WriteFile(path, []byte("before"), 0o644); err != nil {
		t.Fatal(err)
	}
	gone := []sink.Written{{Part: filepath.Join(dir, "nosuch"), Pieces: []sink.Piece{{Length: 1}}}}
	for _, s := range []sink.Sink{&sink.Lines{Dir: dir, File: "out.csv", Of: "csv"}, &sink.Table{Dir: dir, File: "out.csv", Format: "csv"}} {
		if _, err := s.Commit(t.Context(), gone); err == nil {
			t.Error("a part that is not there was committed")
		}
		body, err := os.ReadFile(path)
		entries, _ := os.ReadDir(dir)
		if err != nil || string(body) != "before" || len(entries) != 1 {
			t.Errorf("%q, %v, %v", body, err, entries)
		}
	}
}

// TestStagedRowsAreWhole cuts a staged part short.
func TestStagedRowsAreWhole(t *testing.T) {
	w, made := sinktest.Write(t, &sink.Stage{Dir: t.TempDir()}, sinktest.Batches(1)[0])
	records, err := made[0].Rows.Records(t.Context())
	if err != nil || len(records) != 1 || records[0].Column(0).(*array.String).Value(1) != "b0" {
		t.Errorf("%v, %v", records, err)
	}
	if err := os.Truncate(w.Part, 100); err != nil {
		t.Fatal(err)
	}
	if _, err := made[0].Rows.Records(t.Context()); err == nil {
		t.Error("a part that is cut short was read")
	}
}
