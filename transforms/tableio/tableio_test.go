package tableio

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/passert"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/ptest"
	"github.com/klauspost/compress/gzip"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/table"
)

func TestMain(m *testing.M) { ptest.Main(m) }

func init() { register.Function2x0(rows) }

// rows emits each row, and each reject, with its number.
func rows(b table.Batch, emit func(string)) {
	for i := range b.Len() {
		cells := make([]string, b.Record.NumCols())
		for c := range cells {
			cells[c] = b.Text(c).Value(i)
		}
		emit(fmt.Sprintf("%s %d %q", filepath.Base(b.Source), b.Row(i), cells))
	}
	for _, r := range b.Rejects {
		emit(fmt.Sprintf("%s %d refused %s", filepath.Base(b.Source), r.Row, r.Rule))
	}
}

func init() { register.Emitter1[string]() }

// nasty is a table of several blocks, with quoted line ends and ragged records.
func nasty(n int) (text string, want []string) {
	var b strings.Builder
	b.WriteString("id,note\n")
	for i := range n {
		if i%97 == 5 {
			fmt.Fprintf(&b, "%d\n", i)
			want = append(want, fmt.Sprintf("%d refused ragged", i+1))
			continue
		}
		note := strings.Repeat("x", i%50)
		if i%3 == 0 {
			note += "\nline, \"two\""
		}
		fmt.Fprintf(&b, "%d,\"%s\"\n", i, strings.ReplaceAll(note, `"`, `""`))
		want = append(want, fmt.Sprintf("%d %q", i+1, []string{fmt.Sprint(i), note}))
	}
	return b.String(), want
}

func TestReadHoweverItIsCut(t *testing.T) {
	text, want := nasty(9000)
	dir := t.TempDir()
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	z.Write([]byte(text))
	z.Close()
	for name, body := range map[string][]byte{"a.csv": []byte(text), "a.csv.gz": zipped.Bytes()} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, body, 0o644); err != nil {
			t.Fatal(err)
		}
		table, err := Open(t.Context(), []string{path}, csv.Settings{}, nil, "")
		if err != nil {
			t.Fatal(err)
		}
		var expected []any
		for _, w := range want {
			expected = append(expected, name+" "+w)
		}
		for _, splits := range []int{1, 5} {
			if splits > 1 {
				table.ranges = []int{3}
			}
			p, s := beam.NewPipelineWithRoot()
			planned := Plan(s, table)
			var parts []beam.PCollection
			for k := range 3 {
				parts = append(parts, beam.ParDo(s, rows, ReadPlanned(s, planned, table, Cut{Splits: splits, Share: k, Of: 3})))
			}
			passert.Equals(s, beam.Flatten(s, parts...), expected...)
			ptest.RunAndValidate(t, p)
		}
	}
}

func TestColumnsOfSeveralFiles(t *testing.T) {
	dir := t.TempDir()
	var files []string
	for name, text := range map[string]string{"1.csv": "id,x\n1,a\n", "2.csv": "y,id\nb,2\n"} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		files = append(files, path)
	}
	if files[0] > files[1] {
		files[0], files[1] = files[1], files[0]
	}
	table, err := Open(t.Context(), files, csv.Settings{}, nil, "id")
	if err != nil {
		t.Fatal(err)
	}
	p, s := beam.NewPipelineWithRoot()
	read := beam.ParDo(s, rows, ReadPlanned(s, Plan(s, table), table, Cut{}))
	passert.Equals(s, read, `1.csv 1 ["1" "a" ""]`, `2.csv 1 ["2" "" "b"]`)
	ptest.RunAndValidate(t, p)

	if _, err := Open(t.Context(), files, csv.Settings{}, nil, "ids"); fault.CodeOf(err) != fault.Usage {
		t.Errorf("a key that is no column: %v", err)
	}
	if _, err := Open(t.Context(), []string{"nosuch.csv"}, csv.Settings{}, nil, ""); fault.CodeOf(err) != fault.Usage {
		t.Errorf("a file that is not there: %v", err)
	}
}

// TestPartitions reads a folder whose parts give columns to their records, one of
// which a file has itself.
func TestPartitions(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"day=1/a.csv": "id,x\n1,a\n2,b\n", "day=2/b.jsonl": `{"id": 3, "day": "own"}`, "day=3/_SUCCESS": ""} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	table, err := Open(t.Context(), []string{dir}, csv.Settings{}, nil, "id")
	if err != nil {
		t.Fatal(err)
	}
	p, s := beam.NewPipelineWithRoot()
	read := beam.ParDo(s, rows, ReadPlanned(s, Plan(s, table), table, Cut{}))
	passert.Equals(s, read, `a.csv 1 ["1" "a" "1"]`, `a.csv 2 ["2" "b" "1"]`, `b.jsonl 1 ["3" "" "own"]`)
	ptest.RunAndValidate(t, p)
}
