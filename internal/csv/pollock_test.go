package csv

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	stdcsv "encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/beamline-go/beamline/table"
)

// polluted is a file of the Pollock suite.
type polluted struct {
	name        string
	data, clean []byte
	parameters  struct {
		Delimiter string `json:"delimiter"`
		Quote     string `json:"quotechar"`
		Escape    string `json:"escapechar"`
		Header    int    `json:"header_lines"`
		Preamble  int    `json:"preamble_lines"`
		Columns   int    `json:"n_columns"`
	}
}

// pollock returns the files of the suite, in the order of the archive.
func pollock(t *testing.T) []*polluted {
	t.Helper()
	f, err := os.Open(filepath.Join(suite(t, "pollock"), "polluted_files.tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]*polluted{}
	var files []*polluted
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		base := filepath.Base(h.Name)
		name := strings.TrimSuffix(base, "_parameters.json")
		if h.FileInfo().IsDir() || !strings.HasSuffix(name, ".csv") || strings.HasPrefix(base, "._") {
			continue
		}
		p := byName[name]
		if p == nil {
			p = &polluted{name: name}
			byName[name] = p
			files = append(files, p)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case name != base:
			if err := json.Unmarshal(data, &p.parameters); err != nil {
				t.Fatal(name, err)
			}
		case filepath.Base(filepath.Dir(h.Name)) == "clean":
			p.clean = data
		default:
			p.data = data
		}
	}
	if len(files) != 2290 {
		t.Fatalf("%d files", len(files))
	}
	return files
}

var pollutedRow = regexp.MustCompile(`^row_.*?(\d+)_`)

// TestPollockStrict asks that each file with a bad record refuses that record and
// no other, however it is found what dialect the file has.
func TestPollockStrict(t *testing.T) {
	wrong := 0
	for _, p := range pollock(t) {
		want := map[int64]bool{}
		header := false
		if m := pollutedRow.FindStringSubmatch(p.name); m != nil {
			n, _ := strconv.ParseInt(m[1], 10, 64)
			want[n] = true
			header = n == 0
		}
		switch p.name {
		case "file_no_payload.csv", "file_header_only.csv":
			header = true
		case "file_escape_char_0x00.csv": // quotes that nothing marks
			for i, r := range readClean(t, p)[1:] {
				if strings.Contains(strings.Join(r, ""), `"`) {
					want[int64(i+1)] = true
				}
			}
		case "file_multitable_less.csv", "file_multitable_more.csv":
			for n := int64(84); n <= 167; n++ {
				want[n] = true
			}
		}
		if p.name == "file_multitable_same.csv" { // it cuts a field of its second table in two
			want[106] = true
		}
		f, got, err := detected(t, p.data, Settings{})
		if header != (err != nil) {
			wrong++
			t.Errorf("%s: %v, %s %q", p.name, err, f.Dialect, f.Names)
			continue
		}
		if err != nil {
			continue
		}
		ok := len(got.Rejects) == len(want)
		for _, r := range got.Rejects {
			ok = ok && want[r.Row]
		}
		if !ok {
			wrong++
			if wrong < 30 {
				t.Errorf("%s (%s, %d columns): refuses %v, want %v", p.name, f.Dialect, len(f.Names), places(got.Rejects), want)
			}
		}
	}
	if wrong > 0 {
		t.Errorf("%d files", wrong)
	}
}

// places are the rows and rules of rejects.
func places(rejects []table.Reject) string {
	var b strings.Builder
	for _, r := range rejects[:min(len(rejects), 5)] {
		fmt.Fprintf(&b, " %d:%s %.200q", r.Row, r.Rule, r.Input)
	}
	return b.String()
}

// readClean returns the records that the suite says a file has, the header first.
func readClean(t *testing.T, p *polluted) [][]string {
	t.Helper()
	r := stdcsv.NewReader(bytes.NewReader(p.clean))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(p.name, err)
	}
	return rows
}
