// Package clean repairs what a table itself proves wrong, and says so.
//
// A Rule looks at a Table, a sample of rows or all of them, and learns Steps:
// what it has to do there, as settings that travel as data in the artifact. A
// Cleaner applies the steps of a Plan to one row at a time, in order, so that a
// table, a stream and a single row are cleaned alike. Each rule learns from what
// the rules before it have made of the table. A rule leaves alone what it can't
// prove, and never sees the target.
//
// To add a rule: write one file with a value made by cellRule or rowRule, and cases of
// it in testdata/rules; add it to Rules, and to Forms where it only says in another way what
// a cell says, so that profile reads by it too.
package clean

import (
	"slices"

	"github.com/beamline-go/beamline/internal/fault"
)

// Rules lists every rule, in the order in which they are learned and applied:
// the spelling of cells first, then what cells say of each other.
var Rules = []Rule{
	whitespace, encoding, textMarks, affixes, missingToken, degrees, numbers, units, dateLayout, clockLayout, durations, booleans, spreadsheets,
	digitTemplate, leadingZeros, synonyms, letterCase, variants, orders, frames,
	totals, scales, shifted, swapped, zerosByGroup, coordinates, sources, misspellings, dependencies,
}

// Forms are the rules that say in another way what a cell says, as far as it alone and
// its column tell.
var Forms = []string{whitespace.Name, encoding.Name, textMarks.Name, affixes.Name, missingToken.Name, degrees.Name, numbers.Name, units.Name, dateLayout.Name,
	clockLayout.Name, durations.Name, booleans.Name}

// rounds is how often the rules of rows are learned: a repair of one can be the
// proof of another.
const rounds = 3

// Names lists the names of the rules.
func Names() []string {
	var names []string
	for _, r := range Rules {
		names = append(names, r.Name)
	}
	return append(names, outliers.Name)
}

func byName(name string) (Rule, bool) {
	switch name {
	case Map:
		return mapping, true
	case Shown:
		return examples, true
	case Listed:
		return listedValues, true
	case endMarks.Name:
		return endMarks, true
	case outliers.Name:
		return outliers, true
	}
	i := slices.IndexFunc(Rules, func(r Rule) bool { return r.Name == name })
	if i < 0 {
		return Rule{}, false
	}
	return Rules[i], true
}

// Plan is all that was learned, in the order in which it is applied.
type Plan struct {
	Steps []Step `json:"steps"`
	// Rejected are changes that a person refused.
	Rejected []Label `json:"rejected,omitempty"`
	// Proposed are steps whose changes are told of and not made.
	Proposed []Step `json:"proposed,omitempty"`
}

// Options choose the rules.
type Options struct {
	Off   bool
	Rules []string                     // names of the rules to use; all when empty
	Maps  map[string]map[string]string // values that the user maps, by column
	// Labels are corrected cells, Rejected changes that a person refused, and
	// Accepted proposals that a person took, by value.
	Labels, Rejected, Accepted []Label
	// Precision, in (0,1), is how sure the judge must be of a change; 0 leaves it to
	// the thresholds that were measured.
	Precision   float64
	Constraints Constraints
}

// Validate reports the first rule that does not exist.
func (o Options) Validate() error {
	for _, name := range o.Rules {
		if _, ok := byName(name); !ok {
			return fault.Usagef("clean: unknown rule %q%s", name, fault.Hint(name, Names(), ""))
		}
	}
	if o.Precision < 0 || o.Precision >= 1 {
		return fault.Usagef("clean: precision is between 0 and 1, not %v", o.Precision)
	}
	return nil
}

// Learn returns the plan for a table, which is changed as the plan says.
func Learn(t *Table, o Options) (Plan, error) {
	l := learner{table: t}
	if o.Off {
		return l.plan, nil
	}
	if err := o.Constraints.check(t.names()); err != nil {
		return l.plan, err
	}
	t.Required = o.Constraints.Determines
	t.need = needed(o.Precision)
	l.plan.Rejected = o.rejected()
	l.rejected = newRejections(l.plan.Rejected)
	for _, c := range t.Columns {
		if m := o.Maps[c.Name]; m != nil {
			if _, err := l.take(newStep(Map, c.Name, mapped{m})); err != nil {
				return l.plan, err
			}
		}
	}
	for _, s := range append(o.accepted(t), o.taught(t)...) {
		if _, err := l.take(s); err != nil {
			return l.plan, err
		}
	}
	var rows []Rule
	for _, r := range Rules {
		switch {
		case !o.uses(r):
		case r.cells != nil && !r.late:
			if _, err := l.learn(r); err != nil {
				return l.plan, err
			}
		default:
			rows = append(rows, r)
		}
	}
	for range rounds {
		changed := 0
		for _, r := range rows {
			n, err := l.learn(r)
			if err != nil {
				return l.plan, err
			}
			changed += n
		}
		if changed == 0 {
			break
		}
	}
	for _, c := range t.Columns {
		if s := t.Proposals[c.Name]; s != nil && len(s.Values)+len(s.Words) > 0 {
			l.plan.Proposed = append(l.plan.Proposed, newStep(misspellings.Name, c.Name, s))
		}
	}
	if o.uses(outliers) {
		l.plan.Proposed = append(l.plan.Proposed, outliers.learn(t)...)
	}
	return l.plan, nil
}

func (o Options) uses(r Rule) bool { return len(o.Rules) == 0 || slices.Contains(o.Rules, r.Name) }

// rejected are the changes that were refused, and the cells that were called
// right.
func (o Options) rejected() []Label {
	out := slices.Clone(o.Rejected)
	for _, l := range o.Labels {
		if l.Old == l.New {
			out = append(out, l)
		}
	}
	return out
}

// accepted are the steps of values that a person took. What contradicts its group is
// right in one row and wrong in another, and is not taken by value.
func (o Options) accepted(t *Table) (steps []Step) {
	values := map[string]map[string]string{}
	for _, l := range o.Accepted {
		if l.Rule == dependencies.Name || l.Old == "" {
			continue
		}
		if values[l.Column] == nil {
			values[l.Column] = map[string]string{}
		}
		values[l.Column][l.Old] = l.New
	}
	for _, c := range t.Columns {
		if m := values[c.Name]; m != nil {
			steps = append(steps, newStep(Map, c.Name, mapped{m}))
		}
	}
	return steps
}

// taught are the steps of labels and of lists of values.
func (o Options) taught(t *Table) (steps []Step) {
	for _, c := range t.Columns {
		var labels []Label
		for _, l := range o.Labels {
			if l.Column == c.Name {
				labels = append(labels, l)
			}
		}
		steps = append(steps, teach(c.Name, labels)...)
		for _, v := range o.Constraints.Values {
			if v.Column == c.Name {
				steps = append(steps, newStep(Listed, c.Name, v))
			}
		}
	}
	return steps
}

type learner struct {
	table    *Table
	plan     Plan
	rejected rejections
}

// learn lets a rule learn from the table, and applies what it learned.
func (l *learner) learn(r Rule) (changed int, err error) {
	for _, s := range r.learn(l.table) {
		n, err := l.take(s)
		if err != nil {
			return changed, err
		}
		changed += n
	}
	return changed, nil
}

// take adds a step to the plan, and takes it.
func (l *learner) take(s Step) (changed int, err error) {
	l.plan.Steps = append(l.plan.Steps, s)
	r, _ := byName(s.Rule)
	if r.cells != nil {
		repair, err := r.cells(s)
		if err != nil {
			return 0, err
		}
		return l.table.Columns[l.table.index(s.Column)].applyCells(l.rejected.spare(s.Column, repair)), nil
	}
	repair, err := r.rows(s, l.table.names())
	if err != nil {
		return 0, err
	}
	return l.table.applyRows(repair, l.rejected), nil
}
