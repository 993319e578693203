package csv

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/beamline-go/beamline/internal/fault"
)

func TestDetect(t *testing.T) {
	no := false
	for name, c := range map[string]struct {
		in     string
		s      Settings
		d      Dialect
		header bool
		names  string
		start  int64
	}{
		"plain":       {in: "a,b\n1,x\n2,y\n", d: Default, header: true, names: "a|b", start: 4},
		"mark":        {in: "\ufeffa,b\n1,x\n2,y\n", d: Default, header: true, names: "a|b", start: 7},
		"semicolon":   {in: "a;b\n1,5;2,5\n3,5;4,5\n", d: Dialect{Delimiter: ';', Quote: '"'}, header: true, names: "a|b", start: 4},
		"no header":   {in: "1,x\n2,y\n3,x\n", d: Default, names: "c1|c2"},
		"words again": {in: "ham\tI say\nspam\tyou say\nham\tthey\n", d: Dialect{Delimiter: '\t', Quote: '"'}, names: "c1|c2"},
		"plain quote": {in: strings.Repeat("ham\t\"Hi\" he said, ok\nspam\tno\n", 5) + "x\t\"open\n", d: Dialect{Delimiter: '\t'}, names: "c1|c2"},
		"quoted":      {in: "\"a\",\"b\"\n\"x, y\",\"1\"\n\"z\",\"2\"\n", d: Default, header: true, names: "a|b", start: 8},
		"spaced":      {in: "39, State-gov, 7\n50, Self, 8\n39, Self, 9\n", d: Dialect{Delimiter: ',', Quote: '"', Space: true}, names: "c1|c2|c3"},
		"one column":  {in: "name\nBolt, big\nNut\nNail\n", d: Dialect{Delimiter: ',', Quote: '"', Blank: true}, header: true, names: "name", start: 5},
		"named":       {in: "1,x\n2,y\n", s: Settings{Header: &no, Columns: []string{"n", "s"}}, d: Default, names: "n|s"},
		"stray quote": {in: "a,b\n1,x\n2,\"y\n3,z\n", d: Default, header: true, names: "a|b", start: 4},
		"comments":    {in: "# made today\na,b\n1,x\n# more\n2,y\n", d: Dialect{Delimiter: ',', Quote: '"', Comment: '#'}, header: true, names: "a|b", start: 17},
		"backslash":   {in: "a,b\n1,\"x \\\"y\\\", z\"\n2,\"\\\"w\\\"\"\n", d: Dialect{Delimiter: ',', Quote: '"', Escape: '\\'}, header: true, names: "a|b", start: 4},
		"leading":     {in: "Report of May\n\na,b,c\n1,2,x\n3,4,y\n", d: Default, header: true, names: "a|b|c", start: 21},
		"old Mac":     {in: "a,b\r1,x\r2,y\r", d: Dialect{Delimiter: ',', Quote: '"', CR: true}, header: true, names: "a|b", start: 4},
		"latin":       {in: "a,b\n1,Z\xfcrich\n2,Gen\xe8ve\n", d: Dialect{Delimiter: ',', Quote: '"', Encoding: Windows1252}, header: true, names: "a|b", start: 4},
		"no name":     {in: ",b\n1,x\n2,y\n", d: Default, header: true, names: "c1|b", start: 3},
	} {
		f, err := Detect([]byte(c.in), true, name, c.s)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if f.Dialect != c.d || f.Header != c.header || strings.Join(f.Names, "|") != c.names || f.Start != c.start {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func TestDetectRefuses(t *testing.T) {
	for in, want := range map[string]string{
		"":                       "the file is empty",
		"\n\r\n  ":               "the file is empty",
		"a,b\n":                  "a header but no records",
		"\x00\x01\x02\x03junk\n": "binary",
		"\xff\xfea\x00":          "UTF-16",
	} {
		_, err := Detect([]byte(in), true, "f.csv", Settings{})
		if fault.CodeOf(err) != fault.Data || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "f.csv:") {
			t.Errorf("%q: %v, want %q", in, err, want)
		}
	}
}

// TestDetectRealFiles holds what a person sees when the files are opened.
func TestDetectRealFiles(t *testing.T) {
	dir := os.Getenv("BEAMLINE_DATA")
	if dir == "" {
		t.Skip("BEAMLINE_DATA is not set")
	}
	for name, c := range map[string]struct {
		d      Dialect
		header bool
		width  int
	}{
		"ames/train.csv":                {Default, true, 81},
		"tabular/penguins.csv":          {Default, true, 7},
		"tabular/titanic_train.csv":     {Default, true, 12},
		"tabular/diamonds.csv":          {Default, true, 10},
		"tabular/winequality-red.csv":   {Default, false, 12},
		"tabular/winequality-white.csv": {Default, false, 12},
		"tabular/adult_train.csv":       {Dialect{Delimiter: ',', Quote: '"', Space: true}, false, 15},
		"tabular/adult_test.csv":        {Dialect{Delimiter: ',', Quote: '"', Space: true}, false, 15},
		"tabular/german_credit.csv":     {Default, false, 21},
		"text/sms.tsv":                  {Dialect{Delimiter: '\t'}, false, 2},
		"geo/nyc_taxi.csv":              {Default, true, 14},
		"dirty/hospital/dirty.csv":      {Default, true, 20},
		"dirty/movies/dirty.csv":        {Default, true, 17},
		"entities/dataset1.csv":         {Dialect{Delimiter: ',', Quote: '"', Space: true}, true, 11},
	} {
		sample, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		whole := len(sample) <= SampleSize
		f, err := Detect(sample[:min(len(sample), SampleSize)], whole, name, Settings{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if f.Dialect != c.d || f.Header != c.header || len(f.Names) != c.width {
			t.Errorf("%s: %v space %v, header %v, %d columns %q", name, f.Dialect, f.Dialect.Space, f.Header, len(f.Names), f.Names)
		}
	}
}

// TestDetectLooksBehindTheSample has what tells the encoding and the custom of quotes
// only in the later parts of a file.
func TestDetectLooksBehindTheSample(t *testing.T) {
	begin := []byte(strings.Repeat("a,b\n1,plain\n2,words\n", 20))
	later := []byte("rest\n7,Z\xfcrich\n8,Gen\xe8ve\n9,the \"old\" one\n10,a \"new\" one\n11,some \"other\" one\n")
	f, err := Detect(begin, false, "f.csv", Settings{Later: later})
	if err != nil || f.Dialect.Encoding != Windows1252 || !f.Dialect.Loose {
		t.Errorf("%+v, %v", f.Dialect, err)
	}
	if f, err = Detect(begin, false, "f.csv", Settings{}); err != nil || f.Dialect != Default {
		t.Errorf("%+v, %v", f.Dialect, err)
	}
}
