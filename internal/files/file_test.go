package files

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/format"
	"github.com/beamline-go/beamline/internal/sink"
	"github.com/beamline-go/beamline/internal/sink/sinktest"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/internal/source/sourcetest"
	"github.com/beamline-go/beamline/internal/vector"
	"github.com/beamline-go/beamline/table"
)

// delimited is a table of several blocks, with line ends in quotes and records that
// are refused.
func delimited() []byte {
	var b bytes.Buffer
	b.WriteString("id,note\n")
	for i := range 9000 {
		note := strings.Repeat("x", i%50)
		switch {
		case i%97 == 5:
			fmt.Fprintf(&b, "%d\n", i)
		case i%3 == 0:
			fmt.Fprintf(&b, "%d,\"%s\nline, \"\"two\"\"\"\n", i, note)
		default:
			fmt.Fprintf(&b, "%d,%s\n", i, note)
		}
	}
	return b.Bytes()
}

// objects are records in JSON, one a line or as an array.
func objects(lines bool) []byte {
	var b bytes.Buffer
	for i := range 4000 {
		if i > 0 && !lines {
			b.WriteString(",\n")
		}
		fmt.Fprintf(&b, `{"id": %d, "note": "%s"}`, i, strings.Repeat("é", i%60))
		if lines {
			b.WriteString("\n")
		}
	}
	if lines {
		return b.Bytes()
	}
	return []byte("[" + b.String() + "]")
}

// stored writes a table of several batches in a format.
func stored(t *testing.T, name string) []byte {
	var batches []table.Batch
	for b := range 5 {
		rows := make([][]string, 40000)
		for i := range rows {
			rows[i] = []string{fmt.Sprint(b, "-", i), strings.Repeat("n", i%9)}
		}
		batches = append(batches, table.Batch{Position: table.Position{Sequence: int64(b)}, Record: vector.Record([]string{"id", "note"}, rows...)})
	}
	_, made := sinktest.Write(t, &sink.Table{Dir: t.TempDir(), File: "a." + name, Format: name}, batches...)
	body, err := os.ReadFile(made[0].Path)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestFilesAreSources(t *testing.T) {
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	z.Write(delimited())
	z.Close()
	tables := map[string][]byte{"a.csv": delimited(), "a.csv.gz": zipped.Bytes(), "a.jsonl": objects(true), "a.json": objects(false),
		"month=11/a.csv": delimited(),
		"quote.csv":      bytes.Replace(delimited(), []byte("\n1000"), []byte("\n\"1000"), 1)} // it is not closed where it should be
	for _, f := range format.Written {
		if f.NewWriter != nil {
			tables["a."+f.Name] = stored(t, f.Name)
		}
	}
	for name, body := range tables {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, body, 0o644); err != nil {
				t.Fatal(err)
			}
			found, err := Find(t.Context(), []string{path}, csv.Settings{})
			if err != nil {
				t.Fatal(err)
			}
			sourcetest.Run(t, found[0], "")
		})
	}
}

// TestAFileThatChangesBeforeItIsPlanned is another once its format is found.
func TestAFileThatChangesBeforeItIsPlanned(t *testing.T) {
	name := filepath.Join(t.TempDir(), "t.csv")
	if err := os.WriteFile(name, []byte("id,size\n1,2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	found, err := Find(t.Context(), []string{name}, csv.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte("id,colour\n1,red\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := found[0].Plan(t.Context()); err == nil || !strings.Contains(err.Error(), name+": the file changed while it was read") {
		t.Errorf("it is planned: %v", err)
	}
}

// TestAFileThatChanges is opened with the plan of what it was.
func TestAFileThatChanges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.csv")
	if err := os.WriteFile(path, []byte("a,b\n1,2\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	found, err := Find(t.Context(), []string{path}, csv.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := found[0].Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("a,b\n1,2\n3,4\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := found[0].Open(t.Context(), plan, source.Wanted{Columns: found[0].Columns()}); err == nil || !strings.Contains(err.Error(), "changed") {
		t.Errorf("the error is %v", err)
	}
}
