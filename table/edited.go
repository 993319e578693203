package table

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/goccy/go-yaml"

	"github.com/beamline-go/beamline/internal/yamltext"
)

// UnmarshalSchema reads what MarshalSchema wrote, or what a person made of it. Unknown keys
// are errors. What the person left out, a type, a role or a presence, is empty: Over fills it
// in.
func UnmarshalSchema(data []byte) (Schema, error) {
	var s Schema
	if err := yamltext.Check(data); err != nil {
		return Schema{}, fmt.Errorf("schema: %w", err)
	}
	dec := yaml.NewDecoder(bytes.NewReader(data), yaml.DisallowUnknownField())
	if err := dec.Decode(&s); err != nil {
		return Schema{}, err
	}
	return s, s.validate(true)
}

// Over lays a schema that a person wrote over the one that was inferred of a table. Columns
// that the person did not list, and what is left out of those that are, stay as inferred. Of
// a column that the table lacks type, role and presence must be there.
func (s Schema) Over(inferred Schema) (Schema, error) {
	out := inferred.Clone()
	for _, c := range s.Columns {
		i := out.Index(c.Name)
		if i < 0 && !c.whole() {
			return out, fmt.Errorf("schema: the table has no column %q; say its type, role and presence, or leave it out", c.Name)
		}
		if i < 0 {
			out.Columns = append(out.Columns, c)
			continue
		}
		out.Columns[i] = c.over(out.Columns[i])
	}
	return out, out.Validate()
}

// whole reports whether a person said all that a column must have.
func (c Column) whole() bool { return c.Type != "" && c.Role != "" && c.Presence != "" }

// over is the column with what was inferred of it where nothing is said.
func (c Column) over(inferred Column) Column {
	if c.whole() {
		return c
	}
	out := c
	if out.Type == "" {
		out.Type = typeFor(c.Role, inferred.Type)
	}
	if out.Role == "" {
		out.Role = roleFor(out.Type, inferred)
	}
	if out.Presence == "" {
		out.Presence = inferred.Presence
	}
	if out.Type != inferred.Type { // what was inferred is of other values
		return out
	}
	if out.Domain == nil {
		out.Domain, out.Ordered = inferred.Domain, c.Ordered || inferred.Ordered
	}
	if out.Range == nil {
		out.Range = inferred.Range
	}
	if out.Period == nil {
		out.Period = inferred.Period
	}
	if out.Layouts == nil {
		out.Layouts = inferred.Layouts
	}
	if out.Missing == nil {
		out.Missing = inferred.Missing
	}
	if out.Unit == "" {
		out.Unit = inferred.Unit
	}
	if out.Since == 0 {
		out.Since = inferred.Since
	}
	return out
}

// typeFor is the type of a column of that role.
func typeFor(r Role, inferred Type) Type {
	switch {
	case r == RoleCategorical && !inferred.Textual() && inferred != Bool:
		return Categorical
	case r == RoleNumeric && !inferred.Numeric():
		return Float64
	case r == RoleText && inferred != String:
		return String
	case r == RoleDate && !inferred.Temporal():
		return Date
	}
	return inferred
}

// roleFor is the role of a column of that type.
func roleFor(t Type, inferred Column) Role {
	switch {
	case t == inferred.Type, inferred.Role == RoleKey, inferred.Role == RoleTarget, inferred.Role == RoleIgnore:
		return inferred.Role
	case t.Numeric():
		return RoleNumeric
	case t.Temporal():
		return RoleDate
	case t == String:
		return RoleText
	}
	return RoleCategorical
}

// rules are those whose severity a column may set.
var rules = []string{"missing", "type", "range", "domain"}

// validSeverities reports a rule or a severity that does not exist.
func (c Column) validSeverities() error {
	for rule, s := range c.Severity {
		if !slices.Contains(rules, rule) || !slices.Contains([]Severity{Info, Warning, Error}, s) {
			return fmt.Errorf("schema: column %q has severity {%s: %s}; a rule (%s) and info, warning or error", c.Name, rule, s, listed(rules))
		}
	}
	return nil
}

// listed are names with commas between them.
func listed[T ~string](names []T) string {
	out := ""
	for i, n := range names {
		if i > 0 {
			out += ", "
		}
		out += string(n)
	}
	return out
}
