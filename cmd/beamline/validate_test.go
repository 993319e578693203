package main

import (
	"os"
	"strings"
	"testing"

	parquetfile "github.com/apache/arrow-go/v18/parquet/file"
)

// TestValidate parts a table by a schema that it breaks in several ways, with the same
// records however it is cut.
func TestValidate(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "s.yaml", `columns:
- {name: id, type: int64, role: key, presence: required}
- {name: area, type: int64, role: numeric, presence: required, range: {min: 30, max: 129}}
- {name: colour, type: categorical, role: categorical, presence: required, domain: [red, blue]}
- {name: price, type: int64, role: numeric, presence: optional, severity: {range: info}, range: {min: 0, max: 1}}
`)
	write(t, "good.csv", flats(200))
	if s := done(t, "validate", "good.csv", "--schema", "s.yaml", "-o", "g"); !strings.Contains(s.stdout, "200 records break no rule") {
		t.Error(s.stdout)
	}
	write(t, "t.csv", flats(200)+"201,30x,red,\n202,500,green,\n203,,blue,9\n204,50\nid,area,colour,price\n")
	for _, splits := range []string{"1", "7"} {
		s := beamline(t, "validate", "t.csv", "--schema", "s.yaml", "-o", "o"+splits, "--splits", splits)
		if s.code != 5 || !strings.Contains(s.stderr, "t.csv: 4 of 204 records break a rule of s.yaml") {
			t.Fatalf("exit %d: %s%s", s.code, s.stdout, s.stderr)
		}
		bad := readCSV(t, "o"+splits, "bad.csv")
		var rules []string
		for _, r := range bad[1:] {
			rules = append(rules, r[0]+": "+r[4])
		}
		if got := strings.Join(rules, ", "); bad[0][4] != "_rules" || got != "201: area type, 202: area range; colour domain, 203: area missing, id: header_row" {
			t.Errorf("bad: %s", got)
		}
		if got := readCSV(t, "o"+splits, "good.csv"); len(got) != 201 {
			t.Errorf("%d good records", len(got)-1)
		}
		if r := readRun(t, "o"+splits); r.Rows.Read != 205 || r.Rows.Used != 204 || r.Rows.Refused != 1 {
			t.Errorf("%+v", r.Rows)
		}
	}
	if s := beamline(t, "validate", "t.csv", "--schema", "s.yaml", "-o", "p", "--format", "parquet"); s.code != 5 {
		t.Fatalf("exit %d: %s", s.code, s.stderr)
	}
	f, err := parquetfile.OpenParquetFile("p/good.parquet", false)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.NumRows() != 200 || f.MetaData().Schema.Column(1).PhysicalType().String() != "INT64" {
		t.Errorf("%d rows of %v", f.NumRows(), f.MetaData().Schema)
	}
	page, err := os.ReadFile("p/report.html")
	if err != nil || !strings.Contains(string(page), "What in t.csv breaks its schema") {
		t.Error(err)
	}
	write(t, "less.csv", strings.Join(lines(flats(20), 3), "\n")+"\n")
	if s := beamline(t, "validate", "less.csv", "--schema", "s.yaml", "-o", "l"); s.code != 5 || !strings.Contains(s.stderr, `the column "price" of s.yaml is missing`) {
		t.Errorf("exit %d: %s", s.code, s.stderr)
	}
}
