package source

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/beamline-go/beamline/internal/fault"
)

func write(t *testing.T, name, content string) string {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestExpand(t *testing.T) {
	dir := t.TempDir()
	a := write(t, filepath.Join(dir, "a.csv"), "x\n1\n")
	b := write(t, filepath.Join(dir, "b.tsv"), "x\n1\n")
	write(t, filepath.Join(dir, "notes.md"), "")
	for _, args := range [][]string{{dir}, {a, b}, {filepath.Join(dir, "*.?sv")}} {
		got, err := Expand(t.Context(), args)
		if err != nil || len(got) != 2 || string(got[0]) != a || string(got[1]) != b {
			t.Errorf("Expand(t.Context(), %q) = %v, %v", args, got, err)
		}
	}
}

func TestExpandRefuses(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "notes.md"), "")
	write(t, filepath.Join(dir, "train.parquet"), "")
	for arg, want := range map[string]string{
		filepath.Join(dir, "notes.mt"):      "did you mean",
		dir:                                 "holds no data files",
		filepath.Join(dir, "*.csv"):         "no file matches",
		filepath.Join(dir, "train.parquet"): "Parquet files are not read yet",
		"https://u:secret@host/x.csv":       "https://host/x.csv: https:// is not there yet",
	} {
		_, err := Expand(t.Context(), []string{arg})
		if fault.CodeOf(err) != fault.Usage || !strings.Contains(err.Error(), want) {
			t.Errorf("Expand(t.Context(), %q): %v, want %q", arg, err, want)
		}
	}
}

func TestGzip(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a.csv.gz")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(f)
	if _, err := z.Write([]byte("a,b\n1,2\n")); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	got, whole, err := File(name).Sample(t.Context(), 100)
	if err != nil || !whole || string(got) != "a,b\n1,2\n" {
		t.Errorf("Sample = %q, %v, %v", got, whole, err)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	cut := write(t, name+".cut.gz", string(data[:len(data)-6]))
	if _, _, err := File(cut).Sample(t.Context(), 100); fault.CodeOf(err) != fault.Data {
		t.Errorf("a cut gzip file: %v", err)
	}
}
