package files

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"golang.org/x/text/encoding/unicode"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
)

func write(t *testing.T, name, original string) string {
	t.Helper()
	if err := os.WriteFile(name, []byte(original), 0o644); err != nil {
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

func TestPartitions(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"year=2026/month=11", "year=2026/month=__HIVE_DEFAULT_PARTITION__", "year=2025/month=1%2F2", "other"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name, "a.csv"), "x\n1\n")
	}
	files, err := Expand(t.Context(), []string{dir})
	if err != nil || len(files) != 3 {
		t.Fatalf("%q, %v", files, err)
	}
	for i, want := range [][]Cell{{{"year", "2025"}, {"month", "1/2"}}, {{"year", "2026"}, {"month", "11"}}, {{"year", "2026"}, {"month", ""}}} {
		if got := files[i].Partition(); !slices.Equal(got, want) {
			t.Errorf("%s: %q", files[i], got)
		}
	}
	if got := Path("a=1.csv").Partition(); got != nil {
		t.Errorf("the name of a file is no partition: %q", got)
	}
}

func TestExpandRefuses(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "notes.md"), "")
	for arg, want := range map[string]string{
		filepath.Join(dir, "notes.mt"): "did you mean",
		dir:                            "holds no data files",
		filepath.Join(dir, "*.csv"):    "no file matches",
		"https://u:secret@host/x.csv":  "https://host/x.csv: a user or password",
	} {
		_, err := Expand(t.Context(), []string{arg})
		if fault.CodeOf(err) != fault.Usage || !strings.Contains(err.Error(), want) {
			t.Errorf("Expand(t.Context(), %q): %v, want %q", arg, err, want)
		}
	}
}

// original is what the compressed files of these tests hold.
const original = "a,b\n1,é\n"

// pack compresses the original.
func pack(t *testing.T, how string) []byte {
	t.Helper()
	var b bytes.Buffer
	var w io.WriteCloser
	switch how {
	case "gzip":
		w = gzip.NewWriter(&b)
	case "zstd":
		w, _ = zstd.NewWriter(&b)
	case "lz4":
		w = lz4.NewWriter(&b)
	case "snappy":
		w = snappy.NewBufferedWriter(&b)
	case "bzip2": // the library has no writer; this is what the program bzip2 makes of it
		packed, err := base64.StdEncoding.DecodeString(bzipped)
		if err != nil {
			t.Fatal(err)
		}
		return packed
	case "UTF-16 little", "UTF-16 big", "UTF-16 little, no mark", "UTF-16 big, no mark":
		order, mark := unicode.LittleEndian, unicode.UseBOM
		if strings.HasPrefix(how, "UTF-16 big") {
			order = unicode.BigEndian
		}
		if strings.HasSuffix(how, "no mark") {
			mark = unicode.IgnoreBOM
		}
		body, err := unicode.UTF16(order, mark).NewEncoder().String(original)
		if err != nil {
			t.Fatal(err)
		}
		return []byte(body)
	case "zip":
		z := zip.NewWriter(&b)
		for name, body := range map[string]string{"folder/a.csv": original, "readme.md": "no data"} {
			m, err := z.Create(name)
			if err != nil {
				t.Fatal(err)
			}
			io.WriteString(m, body)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	if _, err := io.WriteString(w, original); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestCompressed(t *testing.T) {
	for _, how := range []string{"gzip", "zstd", "bzip2", "lz4", "snappy", "zip", "UTF-16 little", "UTF-16 big", "UTF-16 little, no mark", "UTF-16 big, no mark"} {
		t.Run(how, func(t *testing.T) {
			data := pack(t, how)
			name := Path(write(t, filepath.Join(t.TempDir(), "a.csv.x"), string(data)))
			got, err := name.Sample(t.Context(), 100)
			if err != nil || !got.Whole || !got.Packed || string(got.Text) != original {
				t.Errorf("Sample = %+v, %v", got, err)
			}
			if strings.HasPrefix(how, "UTF-16") {
				return // any part of it is text
			}
			for _, n := range []int{5, len(data) / 2, len(data) - 3} { // cut short
				cut := Path(write(t, filepath.Join(t.TempDir(), "cut"), string(data[:n])))
				text, err := cut.Text(t.Context())
				var got []byte
				if err == nil {
					got, err = io.ReadAll(text)
				}
				if (fault.CodeOf(err) != fault.Data || !strings.Contains(err.Error(), "damaged")) && !strings.HasPrefix(string(got), string(data[:4])) {
					t.Errorf("%d of %d bytes: %q, %v", n, len(data), got, err)
				}
			}
		})
	}
}

func TestZipOfSeveral(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range []string{"a.csv", "b.csv"} {
		if _, err := z.Create(name); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	name := Path(write(t, filepath.Join(t.TempDir(), "a.zip"), b.String()))
	if _, err := name.Sample(t.Context(), 100); fault.CodeOf(err) != fault.Usage || !strings.Contains(err.Error(), "2 data files") {
		t.Errorf("%v", err)
	}
}

const bzipped = "QlpoOTFBWSZTWfGy/mQAAALZFAAQAAQgADAAACAIACAAMQwBDTNTQCYeqLuSKcKEh42X8yA="

// TestPages reads tables of pages, and no page that nobody named one.
func TestPages(t *testing.T) {
	const text = "<html><table id=a><tr><th>x<th>y<tr><td>1<td>2<tr><td>3<td>4</table><table><tr><td>p<tr><td>q</table>"
	dir := t.TempDir()
	for _, name := range []string{"page.html", "fake.xls"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{"page.html#a": "x,y", "page.html#1": "x,y", "fake.xls#1": "x,y",
		"page.html": "name one: ", "fake.xls": "the file is HTML", "page.html#3": "no table 3"} {
		found, err := Find(t.Context(), []string{filepath.Join(dir, name)}, csv.Settings{})
		if err != nil {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if got := strings.Join(found[0].Columns(), ","); got != want || found[0].String() != "table of a page" {
			t.Errorf("%s: %s, %s", name, got, found[0])
		}
		plan, err := found[0].Plan(t.Context())
		if err != nil || plan.Grid.Records != 2 {
			t.Errorf("%s: %d records, %v", name, plan.Grid.Records, err)
		}
	}
}
