package csv

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/beamline-go/beamline/internal/vector"
)

// spelledAs are ways to write one table.
var spelledAs = []struct {
	delimiter, quote byte
	all              bool // every field is quoted
	end              string
	mark             bool
}{
	{',', '"', false, "\n", false}, {',', '"', true, "\n", false}, {';', '"', false, "\n", false}, {'\t', '"', false, "\r\n", false}, {'|', '"', false, "\n", false},
	{';', '"', true, "\r\n", true}, {',', '"', false, "\r", false}, {'\t', '"', true, "\n", false}, {'|', '"', true, "\r\n", false}, {',', '"', false, "\r\n", true},
	{';', '\'', true, "\n", false}, {'^', '"', false, "\n", false},
}

// TestRealRespelled writes published tables in a dozen dialects, with a header and
// without, and finds delimiter, quote and header again.
func TestRealRespelled(t *testing.T) {
	data := os.Getenv("BEAMLINE_DATA")
	if data == "" || testing.Short() {
		t.Skip("BEAMLINE_DATA is not set, or the test is to be short")
	}
	paths, err := filepath.Glob(filepath.Join(data, "dgov", "right", "*.csv"))
	if err != nil {
		t.Fatal(err)
	}
	tried, right := 0, 0
	for i, p := range paths {
		text, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		b, err := ReadBytes(text[:min(len(text), 200_000)], p, Settings{})
		if err != nil || b.Len() < 5 {
			continue
		}
		names, rows := vector.Rows(b.Record)
		if len(names) < 2 {
			continue
		}
		rows = rows[:min(len(rows), 500)]
		for k, s := range spelledAs {
			header := (i+k)%2 == 0
			var out strings.Builder
			if s.mark {
				out.Write(Mark)
			}
			if header {
				writeAs(&out, names, s.delimiter, s.quote, s.all, s.end)
			}
			for _, r := range rows {
				writeAs(&out, r, s.delimiter, s.quote, s.all, s.end)
			}
			f, err := Detect([]byte(out.String()), true, "t.csv", Settings{})
			tried++
			if err == nil && f.Dialect.Delimiter == s.delimiter && f.Header == header && len(f.Names) == len(names) && f.Skipped == 0 {
				right++
			} else if testing.Verbose() {
				t.Logf("%s as %q %q, header %v: %v %v %d columns, %d before, %v", filepath.Base(p), s.delimiter, s.quote, header, f.Dialect, f.Header, len(f.Names), f.Skipped, err)
			}
		}
	}
	share := float64(right) / float64(max(1, tried))
	t.Logf("%d of %d are found again (%.4f)", right, tried, share)
	if share < 0.9 {
		t.Errorf("%d of %d are found again", right, tried)
	}
}

// writeAs writes a record; line ends inside of fields become spaces.
func writeAs(out *strings.Builder, cells []string, delimiter, quote byte, all bool, end string) {
	for i, c := range cells {
		if i > 0 {
			out.WriteByte(delimiter)
		}
		c = strings.NewReplacer("\r", " ", "\n", " ").Replace(c)
		if all || strings.IndexByte(c, delimiter) >= 0 || strings.IndexByte(c, quote) >= 0 {
			c = string(quote) + strings.ReplaceAll(c, string(quote), string(quote)+string(quote)) + string(quote)
		}
		out.WriteString(c)
	}
	out.WriteString(end)
}
