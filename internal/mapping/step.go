// Package mapping maps the columns of a table to others, by steps that a person writes:
// renamed, computed, looked up, joined. A table of texts goes in and comes out; a row that
// a step can't do is refused, with the name of the step.
package mapping

import (
	"fmt"
	"slices"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/table"
)

// Step is one mapping, and does one thing.
type Step struct {
	Name       string   `yaml:"name" json:"name,omitempty" doc:"what it is called where it refuses a row; its number and what it does when left out"`
	Rename     Pairs    `yaml:"rename" json:"rename,omitempty" doc:"{OLD: NEW}: columns get other names"`
	Select     []string `yaml:"select" json:"select,omitempty" doc:"the columns that stay, in their order"`
	Drop       []string `yaml:"drop" json:"drop,omitempty" doc:"the columns that go"`
	Cast       Pairs    `yaml:"cast" json:"cast,omitempty" doc:"{COLUMN: TYPE}: cells are of that type (int64, float64, bool, date, timestamp), as expressions after it see them; a row with another one is refused"`
	Constant   Pairs    `yaml:"constant" json:"constant,omitempty" doc:"{COLUMN: TEXT}: a column of one value"`
	Expression Pairs    `yaml:"expression" json:"expression,omitempty" doc:"{COLUMN: EXPRESSION}: a column that is computed, in CEL"`
	Filter     string   `yaml:"filter" json:"filter,omitempty" doc:"a condition in CEL; rows for which it is not true are left out"`
	Lookup     *Lookup  `yaml:"lookup" json:"lookup,omitempty" doc:"a column of the values that stand for those of another"`
	Split      *Split   `yaml:"split" json:"split,omitempty" doc:"columns of the parts of another"`
	Merge      *Merge   `yaml:"merge" json:"merge,omitempty" doc:"a column of the cells of others"`
	Convert    *Convert `yaml:"convert" json:"convert,omitempty" doc:"numbers in another unit"`
	Join       *Join    `yaml:"join" json:"join,omitempty" doc:"columns of another table, by a key"`
}

// Pairs are texts by names, in their order.
type Pairs [][2]string

// Lookup replaces values.
type Lookup struct {
	Column    string  `yaml:"column" json:"column" doc:"whose cells are looked up"`
	Values    Pairs   `yaml:"values" json:"values" doc:"{CELL: VALUE}"`
	Into      string  `yaml:"into" json:"into,omitempty" doc:"the column of the values; the same when left out"`
	Otherwise *string `yaml:"otherwise" json:"otherwise,omitempty" doc:"the value of cells that are none of them; the row is refused when left out"`
}

// Split cuts cells.
type Split struct {
	Column string   `yaml:"column" json:"column" doc:"whose cells are cut; it stays"`
	By     string   `yaml:"by" json:"by" doc:"the text between the parts"`
	Into   []string `yaml:"into" json:"into" doc:"the columns of the parts; the last one has all that is left"`
}

// Merge puts cells together.
type Merge struct {
	Columns []string `yaml:"columns" json:"columns" doc:"whose cells are put together; they stay"`
	By      string   `yaml:"by" json:"by,omitempty" doc:"the text between them; empty cells are passed over"`
	Into    string   `yaml:"into" json:"into" doc:"the column of the result"`
}

// Convert turns quantities into those of another unit.
type Convert struct {
	Column string `yaml:"column" json:"column" doc:"whose numbers are converted"`
	From   string `yaml:"from" json:"from" doc:"their unit"`
	To     string `yaml:"to" json:"to" doc:"the other unit"`
	Into   string `yaml:"into" json:"into,omitempty" doc:"the column of the result; the same when left out"`
}

// Join brings columns of another table.
type Join struct {
	With    string   `yaml:"with" json:"with" doc:"the other table: a file, a table of a database"`
	On      string   `yaml:"on" json:"on" doc:"the column of the key"`
	Key     string   `yaml:"key" json:"key,omitempty" doc:"what the key is called in the other table; the same when left out"`
	Columns []string `yaml:"columns" json:"columns,omitempty" doc:"those that are brought; all but the key when left out"`
	Missing string   `yaml:"missing" json:"missing,omitempty" doc:"what becomes of a row whose key is not in the other table: its cells are empty, or it is refused" one:"empty,refuse"`
}

// Types are the types that a cast may name.
var Types = []table.Type{table.Int64, table.Float64, table.Bool, table.Date, table.Timestamp, table.String}

// kinds are what a step may do, and whether it does.
func (s Step) kinds() (all []string) {
	for kind, is := range map[string]bool{"rename": s.Rename != nil, "select": s.Select != nil, "drop": s.Drop != nil, "cast": s.Cast != nil,
		"constant": s.Constant != nil, "expression": s.Expression != nil, "filter": s.Filter != "", "lookup": s.Lookup != nil, "split": s.Split != nil,
		"merge": s.Merge != nil, "convert": s.Convert != nil, "join": s.Join != nil} {
		if is {
			all = append(all, kind)
		}
	}
	slices.Sort(all)
	return all
}

// Check says what is wrong with the step in itself.
func (s Step) Check() error {
	switch kinds := s.kinds(); {
	case len(kinds) == 0:
		return fault.Usagef("a step does one of rename, select, drop, cast, constant, expression, filter, lookup, split, merge, convert and join")
	case len(kinds) > 1:
		return fault.Usagef("a step does one thing, and this one %s and %s", kinds[0], kinds[1])
	}
	for _, p := range s.Cast {
		if !slices.Contains(Types, table.Type(p[1])) {
			return fault.Usagef("cast.%s: %q is none of %s", p[0], p[1], fault.Few(Types))
		}
	}
	missing := func(step string, keys ...string) error {
		for i := 0; i < len(keys); i += 2 {
			if keys[i+1] == "" {
				return fault.Usagef("%s needs %s", step, keys[i])
			}
		}
		return nil
	}
	switch {
	case s.Lookup != nil && len(s.Lookup.Values) == 0:
		return fault.Usagef("lookup needs values")
	case s.Lookup != nil:
		return missing("lookup", "column", s.Lookup.Column)
	case s.Split != nil && len(s.Split.Into) < 2:
		return fault.Usagef("split needs into, with two columns or more")
	case s.Split != nil:
		return missing("split", "column", s.Split.Column, "by", s.Split.By)
	case s.Merge != nil && len(s.Merge.Columns) == 0:
		return fault.Usagef("merge needs columns")
	case s.Merge != nil:
		return missing("merge", "into", s.Merge.Into)
	case s.Convert != nil:
		if err := missing("convert", "column", s.Convert.Column, "from", s.Convert.From, "to", s.Convert.To); err != nil {
			return err
		}
		_, err := conversion(s.Convert.From, s.Convert.To)
		return err
	case s.Join != nil && s.Join.Missing != "" && s.Join.Missing != "empty" && s.Join.Missing != "refuse":
		return fault.Usagef("join.missing %q is none of empty, refuse", s.Join.Missing)
	case s.Join != nil:
		return missing("join", "with", s.Join.With, "on", s.Join.On)
	}
	return nil
}

// Rule is the name under which step i refuses rows.
func (s Step) Rule(i int) string {
	if s.Name != "" {
		return s.Name
	}
	return fmt.Sprintf("step_%d_%s", i+1, s.kinds()[0])
}

// Filters are the rules of the steps that leave rows out on purpose.
func Filters(steps []Step) (rules []string) {
	for i, s := range steps {
		if s.Filter != "" {
			rules = append(rules, s.Rule(i))
		}
	}
	return rules
}

// Joined are the names of the tables that steps join.
func Joined(steps []Step) (names []*string) {
	for _, s := range steps {
		if s.Join != nil {
			names = append(names, &s.Join.With)
		}
	}
	return names
}
