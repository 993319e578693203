package table

import (
	"reflect"
	"strings"
	"testing"
)

// TestOver lays what a person wrote over what was inferred.
func TestOver(t *testing.T) {
	inferred := Schema{Columns: []Column{
		{Name: "code", Type: Int64, Role: RoleNumeric, Presence: Required, Range: &Range{1, 9}},
		{Name: "age", Type: Float64, Role: RoleNumeric, Presence: Optional, Range: &Range{1, 90}, Missing: []string{"?"}},
		{Name: "town", Type: Categorical, Role: RoleCategorical, Presence: Required, Domain: []string{"a", "b"}},
	}}
	for _, c := range []struct {
		name, given string
		column      int
		want        Column
	}{
		{"not listed", "- {name: age, role: ignore}", 0, inferred.Columns[0]},
		{"another type", "- {name: code, type: categorical}", 0, Column{Name: "code", Type: Categorical, Role: RoleCategorical, Presence: Required}},
		{"another role", "- {name: code, role: text}", 0, Column{Name: "code", Type: String, Role: RoleText, Presence: Required}},
		{"ignored", "- {name: code, role: ignore}", 0, Column{Name: "code", Type: Int64, Role: RoleIgnore, Presence: Required, Range: &Range{1, 9}}},
		{"another range", "- {name: age, range: {min: 0, max: 120}}", 1, Column{Name: "age", Type: Float64, Role: RoleNumeric, Presence: Optional, Range: &Range{0, 120}, Missing: []string{"?"}}},
		{"whole, without its domain", "- {name: town, type: categorical, role: categorical, presence: optional}", 2, Column{Name: "town", Type: Categorical, Role: RoleCategorical, Presence: Optional}},
		{"severity", "- {name: age, severity: {missing: error}, presence: required}", 1, Column{Name: "age", Type: Float64, Role: RoleNumeric, Presence: Required, Range: &Range{1, 90}, Missing: []string{"?"}, Severity: map[string]Severity{"missing": Error}}},
		{"not in the table", "- {name: new, type: string, role: text, presence: required}", 3, Column{Name: "new", Type: String, Role: RoleText, Presence: Required}},
	} {
		given, err := UnmarshalSchema([]byte("columns:\n" + c.given + "\n"))
		if err != nil {
			t.Fatal(c.name, err)
		}
		got, err := given.Over(inferred)
		if err != nil || !reflect.DeepEqual(got.Columns[c.column], c.want) {
			t.Errorf("%s: %+v, %v", c.name, got.Columns[c.column], err)
		}
	}
}

// TestEditedSchemasThatAreRefused reads schemas with what can't be.
func TestEditedSchemasThatAreRefused(t *testing.T) {
	for _, c := range []struct{ given, says string }{
		{"- {name: a, type: text}", `unknown type "text"; one of bool, int64`},
		{"- {name: a, role: feature}", `unknown role "feature"; one of key, target`},
		{"- {name: a, presence: never}", `presence "never"`},
		{"- {name: a, severity: {range: fatal}}", "info, warning or error"},
		{"- {name: a, severity: {size: error}}", "missing, type, range, domain"},
		{"- {role: text}", "has no name"},
	} {
		if _, err := UnmarshalSchema([]byte("columns:\n" + c.given + "\n")); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.given, err)
		}
	}
	given, err := UnmarshalSchema([]byte("columns:\n- {name: gone, role: text}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := given.Over(Schema{}); err == nil || !strings.Contains(err.Error(), `"gone"`) {
		t.Errorf("a column that is nowhere: %v", err)
	}
}
