package csv

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	stdcsv "encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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

var behindWord = regexp.MustCompile(`'[^A-Za-z0-9]`)

// wantCells adds the records with such a cell.
func wantCells(t *testing.T, p *polluted, want map[int64]bool, is func(cell string, line []byte) bool) {
	lines := bytes.Split(p.data, []byte("\n"))
	for i, r := range readClean(t, p)[1:] {
		if slices.ContainsFunc(r, func(c string) bool { return is(c, lines[i+1]) }) {
			want[int64(i+1)] = true
		}
	}
}

var pollutedRow = regexp.MustCompile(`^row_.*?(\d+)_`)

// TestRealPollockStrict asks that each file with a bad record refuses that record and
// no other, however it is found what dialect the file has.
func TestRealPollockStrict(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	wrong := 0
	for _, p := range pollock(t) {
		want := map[int64]bool{}
		header := false
		if m := pollutedRow.FindStringSubmatch(p.name); m != nil {
			n, _ := strconv.ParseInt(m[1], 10, 64)
			want[n] = true
			header = n == 0
		}
		s := Settings{}
		switch p.name {
		case "file_no_payload.csv", "file_header_only.csv":
			header = true
		case "file_escape_char_0x00.csv": // quotes that nothing marks
			wantCells(t, p, want, func(c string, _ []byte) bool { return strings.Contains(c, `"`) })
		case "file_quotation_char_0x27.csv": // apostrophes behind words, in quotes
			wantCells(t, p, want, func(c string, line []byte) bool {
				return behindWord.MatchString(c) && bytes.Contains(line, []byte(",'"+strings.ReplaceAll(c, `"`, `""`)+"'"))
			})
		case "file_field_delimiter_0x20.csv": // texts of several words without quotes
			s.Delimiter = " "
			wantCells(t, p, want, func(c string, line []byte) bool {
				return strings.Contains(c, " ") && !bytes.Contains(line, []byte(`"`+strings.ReplaceAll(c, `"`, `""`)+`"`))
			})
		case "file_multitable_less.csv", "file_multitable_more.csv":
			for n := int64(84); n <= 166; n++ {
				want[n] = true
			}
		case "file_multitable_same.csv": // it cuts a field of its second table in two
			want[105] = true
		}
		f, got, err := detected(t, p.data, s)
		if header != (err != nil) {
			wrong++
			t.Errorf("%s: %v, %s %q", p.name, err, f.Dialect, f.Names)
			continue
		}
		if err != nil {
			continue
		}
		var others []table.Reject
		for _, r := range got.Rejects {
			if !want[r.Row] {
				others = append(others, r)
			}
			delete(want, r.Row)
		}
		if len(others)+len(want) > 0 {
			wrong++
			if wrong < 30 {
				t.Errorf("%s (%s, %d columns): refuses %v, not %v", p.name, f.Dialect, len(f.Names), places(others), want)
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

// TestRealPollockRepair scores the suite as its authors do: for each file whether it is
// loaded, and precision, recall and F1 of the cells of the header, of the records
// and of their cells (as multisets), at most 10 in all; the weights say how often
// such a file was met on public portals.
func TestRealPollockRepair(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes some seconds")
	}
	var weights map[string]float64
	if err := json.Unmarshal(contents(t, suite(t, "pollock"), "pollock_weights.json"), &weights); err != nil {
		t.Fatal(err)
	}
	type class struct {
		files           int
		score, weighted float64
		worst           string
		least           float64
	}
	classes := map[string]*class{}
	sum, weighted, weight := 0.0, 0.0, 0.0
	files := pollock(t)
	for _, p := range files {
		score := scorePolluted(t, p)
		sum += score
		weighted += score * weights[p.name]
		weight += weights[p.name]
		name := digits.ReplaceAllString(p.name, "*")
		if strings.HasPrefix(p.name, "file_") {
			name = p.name
		}
		c := classes[name]
		if c == nil {
			c = &class{least: 11}
			classes[name] = c
		}
		c.files++
		c.score += score
		c.weighted += weights[p.name]
		if score < c.least {
			c.least, c.worst = score, p.name
		}
	}
	for _, name := range slices.Sorted(maps.Keys(classes)) {
		c := classes[name]
		t.Logf("%-34s %4d files, weight %6.1f: %.3f, least %.3f (%s)", name, c.files, c.weighted, c.score/float64(c.files), c.least, c.worst)
	}
	simple := sum / float64(len(files))
	t.Logf("simple %.4f, weighted %.4f", simple, weighted/weight)
	if simple < 9.97 || weighted/weight < 9.65 {
		t.Errorf("simple %.4f, want 9.97; weighted %.4f, want 9.65", simple, weighted/weight)
	}
}

var digits = regexp.MustCompile(`[0-9]+`)

// scorePolluted is the score of one file.
func scorePolluted(t *testing.T, p *polluted) float64 {
	clean := readClean(t, p)
	f, got, err := detected(t, p.data, Settings{Repair: true})
	if err != nil {
		return 0
	}
	var header []string
	if p.parameters.Header > 0 && len(clean) > 0 {
		header, clean = clean[0], clean[1:]
	}
	score := 1 + measure(header, f.Names)
	lines := func(rows [][]string) (records, cells []string) {
		for _, r := range rows {
			records = append(records, strings.Join(r, "\x1f"))
			cells = append(cells, r...)
		}
		return records, cells
	}
	records, cells := lines(clean)
	gotRecords, gotCells := lines(got.Rows)
	return score + measure(records, gotRecords) + measure(cells, gotCells)
}

// measure is precision, recall and F1, added up.
func measure(want, got []string) float64 {
	if len(want) == 0 {
		return 3
	}
	counts := map[string]int{}
	for _, w := range want {
		counts[strings.ToLower(w)]++
	}
	common := 0.0
	for _, g := range got {
		if g := strings.ToLower(g); counts[g] > 0 {
			counts[g]--
			common++
		}
	}
	if common == 0 {
		return 0
	}
	precision, recall := common/float64(len(want)), common/float64(len(got))
	return precision + recall + 2*precision*recall/(precision+recall)
}
