package table

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/goccy/go-yaml"
)

// Presence says whether a cell may be missing.
type Presence string

// The presences of a column.
const (
	Required Presence = "required" // every record had a value
	Optional Presence = "optional" // some records had none
)

// Range is the closed interval that the values of a numeric column lie in.
type Range struct {
	Min float64 `yaml:"min" json:"min"`
	Max float64 `yaml:"max" json:"max"`
}

// Period is the days from the first to the last date of a column, as 2006-01-02.
type Period struct {
	From string `yaml:"from" json:"from"`
	To   string `yaml:"to" json:"to"`
}

// Column describes one column of a table.
type Column struct {
	Name     string   `yaml:"name" json:"name"`         // as the header has it
	Type     Type     `yaml:"type" json:"type"`         // int64, float64, bool, date, timestamp, string or categorical
	Role     Role     `yaml:"role" json:"role"`         // key, target, numeric, categorical, text, date, constant or ignore
	Presence Presence `yaml:"presence" json:"presence"` // required, or optional where some cells have no value
	// Domain holds the known values of a categorical column; values outside
	// of it are reported, and refused where Closed is set.
	Domain []string `yaml:"domain,omitempty" json:"domain,omitempty"`
	// Closed says that a record with a value outside of Domain or Range is
	// refused.
	Closed bool `yaml:"closed,omitempty" json:"closed,omitempty"`
	// Ordered says that Domain is in ascending order of quality.
	Ordered bool   `yaml:"ordered,omitempty" json:"ordered,omitempty"`
	Range   *Range `yaml:"range,omitempty" json:"range,omitempty"` // the least and the largest value
	// Period is when the dates of the column are.
	Period *Period `yaml:"period,omitempty" json:"period,omitempty"`
	Unit   string  `yaml:"unit,omitempty" json:"unit,omitempty"` // of the numbers
	// Layouts are the layouts of a date or timestamp column, the most
	// frequent first, in the notation of internal/dates.
	Layouts []string `yaml:"layouts,omitempty" json:"layouts,omitempty"`
	// Since is the first of the hundred years in which years of two digits are; 0
	// reads 69 to 99 as those of the 1900s.
	Since int `yaml:"since,omitempty" json:"since,omitempty"`
	// Missing are the texts that mean "no value" in this column, beside the
	// empty cell. In a column of words they stay in the cleaned table, and features
	// have no value there.
	Missing []string `yaml:"missing,omitempty" json:"missing,omitempty"`
	// Severity says how much cells matter that break a rule: missing, type, range, domain.
	// A rule that is not there has warnings.
	Severity map[string]Severity `yaml:"severity,omitempty" json:"severity,omitempty"`
}

// Schema describes the columns of a table, in their order.
type Schema struct {
	Columns []Column `yaml:"columns" json:"columns"`
}

// Index returns the position of the column of that name, or -1.
func (s Schema) Index(name string) int {
	for i := range s.Columns { // columns are large: not copied to be looked at
		if s.Columns[i].Name == name {
			return i
		}
	}
	return -1
}

// Places returns the place of each column by its name, for those that ask for many: Index
// looks at one column after the other.
func (s Schema) Places() map[string]int {
	places := make(map[string]int, len(s.Columns))
	for i := len(s.Columns) - 1; i >= 0; i-- { // the first of a name is the one
		places[s.Columns[i].Name] = i
	}
	return places
}

// Column returns the column of that name and whether there is one.
func (s Schema) Column(name string) (Column, bool) {
	if i := s.Index(name); i >= 0 {
		return s.Columns[i], true
	}
	return Column{}, false
}

// Names returns the names of the columns, in their order.
func (s Schema) Names() []string {
	names := make([]string, len(s.Columns))
	for i, c := range s.Columns {
		names[i] = c.Name
	}
	return names
}

// ByRole returns the first column with that role and whether there is one.
func (s Schema) ByRole(r Role) (Column, bool) {
	for _, c := range s.Columns {
		if c.Role == r {
			return c, true
		}
	}
	return Column{}, false
}

// Clone returns a copy that shares nothing with s.
func (s Schema) Clone() Schema {
	out := Schema{Columns: slices.Clone(s.Columns)}
	for i := range out.Columns {
		c := &out.Columns[i]
		c.Domain = slices.Clone(c.Domain)
		c.Layouts = slices.Clone(c.Layouts)
		c.Missing = slices.Clone(c.Missing)
		c.Severity = maps.Clone(c.Severity)
		if c.Range != nil {
			r := *c.Range
			c.Range = &r
		}
		if c.Period != nil {
			p := *c.Period
			c.Period = &p
		}
	}
	return out
}

// Validate reports the first column that has no name, a name that another has,
// or a type, role or presence that does not exist.
func (s Schema) Validate() error { return s.validate(false) }

// validate lets a type, a role and a presence be left out where the schema may be partial.
func (s Schema) validate(partial bool) error {
	seen := map[string]bool{}
	for i, c := range s.Columns {
		switch {
		case c.Name == "":
			return fmt.Errorf("schema: column %d has no name", i+1)
		case seen[c.Name]:
			return fmt.Errorf("schema: two columns are named %q", c.Name)
		case partial && c.Type == "":
		case !slices.Contains(Types, c.Type):
			return fmt.Errorf("schema: column %q has unknown type %q; one of %s", c.Name, c.Type, listed(Types))
		}
		switch {
		case partial && c.Role == "":
		case !slices.Contains(Roles, c.Role):
			return fmt.Errorf("schema: column %q has unknown role %q; one of %s", c.Name, c.Role, listed(Roles))
		}
		if c.Presence != Required && c.Presence != Optional && (c.Presence != "" || !partial) {
			return fmt.Errorf("schema: column %q has presence %q; required or optional", c.Name, c.Presence)
		}
		if err := c.validSeverities(); err != nil {
			return err
		}
		seen[c.Name] = true
	}
	return nil
}

// Local reports whether the column has times of day without a zone: those that its layouts
// say are local stay so.
func (c Column) Local() bool {
	return c.Type == Timestamp && len(c.Layouts) > 0 && !slices.ContainsFunc(c.Layouts, func(layout string) bool {
		return strings.HasSuffix(layout, "Z") || strings.Contains(layout, "+hh:mm")
	})
}

// Arrow returns the Arrow type that holds the values of the column.
func (c Column) Arrow() (arrow.DataType, error) {
	if c.Local() {
		return &arrow.TimestampType{Unit: arrow.Microsecond}, nil
	}
	return c.Type.Arrow()
}

// Arrow returns the Arrow schema of batches that hold typed values.
func (s Schema) Arrow() (*arrow.Schema, error) {
	fields := make([]arrow.Field, len(s.Columns))
	for i, c := range s.Columns {
		t, err := c.Arrow()
		if err != nil {
			return nil, fmt.Errorf("%w in column %q", err, c.Name)
		}
		fields[i] = arrow.Field{Name: c.Name, Type: t, Nullable: true}
	}
	return arrow.NewSchema(fields, nil), nil
}

const schemaComment = `# What each column is. Beamline inferred this from the whole table; edit it and
# name it as data.schema in a spec, or with --schema, and it is enforced.
#   type:     bool, int64, float64, string, date, timestamp, categorical
#   role:     key, target, numeric, categorical, text, date, constant, ignore
#   presence: required or optional (some cells are missing)
#   domain:   the known values; with "closed: true" any other is refused
#   since:    years of two digits are of the hundred years from this one on
#   severity: how much it matters that a cell is missing, or of another type, range or
#             domain: {missing: error, range: info}; a warning when left out
# Columns that are not listed, and what is left out of one, stay as they are inferred.
`

// MarshalSchema writes s as YAML that a person can edit. Equal schemas give
// equal bytes.
func MarshalSchema(s Schema) ([]byte, error) {
	body, err := yaml.MarshalWithOptions(s, yaml.IndentSequence(true))
	if err != nil {
		return nil, fmt.Errorf("schema: %w", err)
	}
	return append([]byte(schemaComment), body...), nil
}
