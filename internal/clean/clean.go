// Package clean repairs what a column itself proves wrong, and says so.
//
// A Rule learns from a column's profile what it has to do there, as Settings
// that travel as data in the artifact; compiled, they repair one cell at a time,
// so that a table, a stream and a single row are cleaned alike. A rule leaves
// alone what it can't prove, and never sees the target.
//
// To add a rule: write one file with a type that implements Rule, and its test;
// add the type to Rules.
package clean

import (
	"fmt"
	"slices"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/profile"
	"github.com/beamline-go/beamline/table"
)

// Settings are what a rule learned of a column.
type Settings struct {
	Values  map[string]string `json:"values,omitempty"`  // what a value becomes
	Counts  map[string]int64  `json:"counts,omitempty"`  // how often it was seen
	Texts   []string          `json:"texts,omitempty"`   // texts that the rule knows
	Layouts []string          `json:"layouts,omitempty"` // layouts of dates
}

// Repair returns the mended cell and how sure that is, in (0,1]; ok is false
// where the cell stays as it is.
type Repair func(cell string) (mended string, confidence float64, ok bool)

// Rule is one way in which cells are wrong.
type Rule interface {
	// Name is the rule's name in the ledger and in specs.
	Name() string
	// Learn returns what the rule has to know to repair the column, or nil if
	// there is nothing for it to do.
	Learn(c *profile.Column, as table.Column) *Settings
	// Compile makes settings ready for use.
	Compile(s Settings) (Repair, error)
}

// Rules lists every rule, in the order in which they are applied to a cell.
var Rules = []Rule{whitespace{}, missingToken{}, letterCase{}, looseNumber{}, dateLayout{}}

// Names lists the names of the rules.
func Names() []string {
	names := make([]string, len(Rules))
	for i, r := range Rules {
		names[i] = r.Name()
	}
	return names
}

func byName(name string) (Rule, bool) {
	if name == Map {
		return mapping{}, true
	}
	i := slices.IndexFunc(Rules, func(r Rule) bool { return r.Name() == name })
	if i < 0 {
		return nil, false
	}
	return Rules[i], true
}

// Step is a rule at work on a column.
type Step struct {
	Column   string   `json:"column"`
	Rule     string   `json:"rule"`
	Settings Settings `json:"settings"`
}

// Plan is all that was learned, in the order in which it is applied.
type Plan struct {
	Steps []Step `json:"steps"`
}

// Options choose the rules.
type Options struct {
	Off   bool
	Rules []string                     // names of the rules to use; all when empty
	Maps  map[string]map[string]string // values that the user maps, by column
}

// Validate reports the first rule that does not exist.
func (o Options) Validate() error {
	for _, name := range o.Rules {
		if _, ok := byName(name); !ok {
			return fault.Usagef("clean: unknown rule %q%s", name, fault.Hint(name, Names(), ""))
		}
	}
	return nil
}

// Learn returns the plan for a table. Keys and the target are left alone.
func Learn(t profile.Table, s table.Schema, o Options) Plan {
	var p Plan
	if o.Off {
		return p
	}
	for i := range t.Columns {
		c := &t.Columns[i]
		as, ok := s.Column(c.Name)
		if !ok || as.Role == table.RoleTarget || as.Role == table.RoleKey {
			continue
		}
		if m := o.Maps[c.Name]; m != nil {
			p.Steps = append(p.Steps, Step{c.Name, Map, Settings{Values: m}})
		}
		for _, r := range Rules {
			if len(o.Rules) > 0 && !slices.Contains(o.Rules, r.Name()) {
				continue
			}
			if set := r.Learn(c, as); set != nil {
				p.Steps = append(p.Steps, Step{c.Name, r.Name(), *set})
			}
		}
	}
	return p
}

// Cleaner repairs the cells of one column.
type Cleaner struct {
	rules   []string
	repairs []Repair
}

// Cleaner compiles the steps of a column.
func (p Plan) Cleaner(column string) (Cleaner, error) {
	var c Cleaner
	for _, s := range p.Steps {
		if s.Column != column {
			continue
		}
		r, ok := byName(s.Rule)
		if !ok {
			return c, fmt.Errorf("clean: unknown rule %q", s.Rule)
		}
		repair, err := r.Compile(s.Settings)
		if err != nil {
			return c, fmt.Errorf("clean: rule %s of column %q: %w", s.Rule, column, err)
		}
		c.rules, c.repairs = append(c.rules, s.Rule), append(c.repairs, repair)
	}
	return c, nil
}

// Cell repairs a cell and calls changed for each rule that mended it.
func (c Cleaner) Cell(cell string, changed func(old, mended, rule string, confidence float64)) string {
	for i, repair := range c.repairs {
		if mended, confidence, ok := repair(cell); ok {
			changed(cell, mended, c.rules[i], confidence)
			cell = mended
		}
	}
	return cell
}
