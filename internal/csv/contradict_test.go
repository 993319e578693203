package csv

import (
	"strings"
	"testing"

	"github.com/beamline-go/beamline/internal/fault"
)

// TestSettingsThatAFileContradicts refuses what the text speaks against, and takes what it
// leaves open.
func TestSettingsThatAFileContradicts(t *testing.T) {
	rows := func(line string) string { return "id,name,price\n" + strings.Repeat(line+"\n", 30) }
	plain, quoted := rows("1,Oslo,3.5"), rows(`1,"Oslo, Norway",3.5`)
	for _, c := range []struct {
		name, text string
		s          Settings
		says       string // of the refusal; empty where it is taken
		columns    int
	}{
		{"another delimiter", plain, Settings{Delimiter: ";"}, "which is ','", 0},
		{"a delimiter within its cells", strings.ReplaceAll(plain, ".", ";"), Settings{Delimiter: ";"}, "which is ','", 0},
		{"its own", plain, Settings{Delimiter: ","}, "", 3},
		{"one column", plain, Settings{Delimiter: "none"}, "", 1},
		{"one column of sentences", "text\nWell, it rained\nNo\nBut then, later, it snowed\n", Settings{Delimiter: "|"}, "", 1},
		{"a comma in decimals", "a;b\n" + strings.Repeat("1,5;2,5\n", 30), Settings{Delimiter: ";"}, "", 2},
		{"one of two that may be", "a;b,c\n" + strings.Repeat("1;2,3\n", 30), Settings{Delimiter: ";"}, "", 2},
		{"another quote", quoted, Settings{Quote: "'"}, "which is \"", 0},
		{"its own quote", quoted, Settings{Quote: `"`}, "", 3},
		{"a quote that it does not use", plain, Settings{Quote: "'"}, "", 3},
		{"windows-1252 for UTF-8", rows("1,Tromsø i nød,3"), Settings{Encoding: Windows1252}, "which is utf-8", 0},
		{"utf-8 for windows-1252", rows("1,Troms\xf8 i n\xf8d,3"), Settings{Encoding: UTF8}, "looks like windows-1252", 0},
		{"windows-1252 for ASCII", plain, Settings{Encoding: Windows1252}, "", 3},
		{"its own encoding", rows("1,Troms\xf8 i n\xf8d,3"), Settings{Encoding: "cp1252"}, "", 3},
	} {
		f, err := Detect([]byte(c.text), true, "f.csv", c.s)
		switch {
		case c.says == "" && (err != nil || len(f.Names) != c.columns):
			t.Errorf("%s: %d columns, %v", c.name, len(f.Names), err)
		case c.says != "" && (fault.CodeOf(err) != fault.Usage || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "f.csv: ")):
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
