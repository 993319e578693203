package systems

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/mapping"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/internal/source/sourcetest"
	"github.com/beamline-go/beamline/table"
)

func written(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestMappedLaws holds a source of which steps map the rows to the laws of sources.
func TestMappedLaws(t *testing.T) {
	var text strings.Builder
	text.WriteString("id,town,area\n")
	for i := range 30000 {
		fmt.Fprintf(&text, "%d,%s,%d\n", i+1, []string{"Oslo", "Bergen", "Bodø"}[i%3], 50+i%100)
	}
	found, err := Find(t.Context(), []string{written(t, "houses.csv", text.String())}, csv.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	regions := written(t, "regions.csv", "town,region\nOslo,east\nBergen,west\n")
	steps := []mapping.Step{{Cast: mapping.Pairs{{"area", "int64"}}}, {Join: &mapping.Join{With: regions, On: "town"}},
		{Name: "large", Filter: "area > 60"}, {Expression: mapping.Pairs{{"twice", "area * 2"}}}, {Drop: []string{"area"}}}
	sources, err := Map(t.Context(), found, found[0].Columns(), steps)
	if err != nil || !slices.Equal(sources[0].Columns(), []string{"id", "town", "region", "twice"}) {
		t.Fatal(sources, err)
	}
	sourcetest.Run(t, sources[0], "")
	x := sources[0]
	if d, ok := source.As[source.Declared](x); !ok {
		t.Error("it declares no type")
	} else if is, ok := d.Declared("twice"); !ok || is != table.Int64 {
		t.Errorf("twice is %v", is)
	}
	if _, ok := source.As[source.Ranged](x); !ok {
		t.Error("it is not planned in parts, as the file is")
	}
	plan, err := x.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rows := sourcetest.Rows(t, x, plan, source.Wanted{Columns: []string{"twice", "region", "id", "none"}})
	if len(rows) != 30000 || !strings.Contains(rows[0], `refused large "1,Oslo,50"`) || rows[12] != `13 ["124" "east" "13" ""]` || rows[14] != `15 ["128" "" "15" ""]` {
		t.Errorf("%q", rows[:15])
	}
	// As values.
	blocks, err := x.Open(t.Context(), plan, source.Wanted{Columns: []string{"twice"}, Typed: []table.Column{{Name: "twice", Type: table.Float64, Role: table.RoleNumeric}}})
	if err != nil {
		t.Fatal(err)
	}
	defer blocks.Close()
	b, err := blocks.Read(t.Context(), 0)
	if err != nil || b.Record.Column(0).DataType().Name() != "float64" || b.Record.Column(0).ValueStr(0) != "122" {
		t.Errorf("%v, %v", b.Record, err)
	}
}

// TestMappedFaults joins tables that can't be joined: that is known before a row is read.
func TestMappedFaults(t *testing.T) {
	found, err := Find(t.Context(), []string{written(t, "houses.csv", "id,town\n1,Oslo\n2,Bergen\n")}, csv.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"town,region\nOslo,a\nOslo,b\n":   `the key "Oslo" stands in`,
		"town,region\nOslo,a\nBergen\n":   "a table that is joined is read as a whole",
		"city,region\nOslo,a\nBergen,b\n": "has no column town",
	} {
		_, err := Map(t.Context(), found, found[0].Columns(), []mapping.Step{{Join: &mapping.Join{With: written(t, "r.csv", text), On: "town"}}})
		if err == nil || !strings.Contains(err.Error(), want) || fault.CodeOf(err) == fault.Unexpected {
			t.Errorf("%q: %v", text, err)
		}
	}
}
