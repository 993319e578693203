package anomaly

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/beamline-go/beamline/internal/conform"
	"github.com/beamline-go/beamline/internal/tally"
	"github.com/beamline-go/beamline/table"
)

func TestList(t *testing.T) {
	s := table.Schema{Columns: []table.Column{
		{Name: "area", Type: table.Float64, Range: &table.Range{Min: 1, Max: 9}},
		{Name: "town", Type: table.Categorical, Domain: []string{"A", "B"}},
		{Name: "gone", Type: table.Int64},
		{Name: "price", Type: table.Int64, Role: table.RoleTarget},
	}}
	var c tally.Tally
	c.Find(tally.Key{Column: "town", Rule: conform.RuleDomain}, 2, "Z")
	c.Find(tally.Key{Column: "area", Rule: conform.RuleType}, 1, "big")
	c.Find(tally.Key{Column: "area", Rule: conform.RuleRange}, 5, "11")
	for _, late := range []string{"p", "q", "r"} { // of no place among the columns
		c.Find(tally.Key{Column: late, Rule: tally.RuleLate}, 1, "")
	}
	first := List("x.csv", s, []string{"new", "town", "area"}, c, 10)
	for range 50 {
		if d := cmp.Diff(first, List("x.csv", s, []string{"new", "town", "area"}, c, 10)); d != "" {
			t.Fatal(d)
		}
	}
	var got [][4]any
	for _, a := range List("x.csv", s, []string{"new", "town", "area"}, c, 10) {
		got = append(got, [4]any{a.Column, a.Rule, a.Expected, a.Share})
	}
	want := [][4]any{
		{"area", "range", "1 to 9", 0.5},
		{"area", "type", "float64", 0.1},
		{"town", "domain", "one of A, B", 0.2},
		{"gone", "vanished_column", "the column", 1.0},
		{"p", "late_column", "the columns that the file begins with", 0.1},
		{"q", "late_column", "the columns that the file begins with", 0.1},
		{"r", "late_column", "the columns that the file begins with", 0.1},
		{"new", "new_column", "no such column", 1.0},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}
