package clean

import (
	"encoding/json"
	"fmt"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/table"
)

// Rule is one way in which cells are wrong. Make one with cellRule or rowRule.
type Rule struct {
	// Name is the rule's name in the ledger and in specs.
	Name  string
	learn func(*Table) []Step
	cells func(Step) (Repair, error)
	rows  func(Step, []string) (RowRepair, error)
	late  bool // cells are judged by others of their row, to learn
	// why, if not nil, says what speaks for the changes of a step of cells.
	why func(Step) func(old, mended string) string
	// read gives the settings of a step of cells back; nil where they can't be read.
	// Settings may be a keeper, a doubter or a describer.
	read func(Step) any
}

// A keeper leaves values of its column as they are, though others are alike.
type keeper interface{ keptValues() []string }

// A doubter finds what its rule leaves alone in a column that was cleaned, since nothing
// proves it.
type doubter interface{ doubts(c *Column) []doubt }

// A describer has a part in what the schema says of its column.
type describer interface{ describe(c *table.Column) }

// eachSettings calls use with the settings of each step of cells, and its column.
func (p Plan) eachSettings(use func(column string, settings any)) {
	for _, s := range p.Steps {
		if r, ok := byName(s.Rule); ok && r.read != nil {
			use(s.Column, r.read(s))
		}
	}
}

// nothing is the settings of a rule that needs none.
type nothing struct{}

// Step is a rule at work.
type Step struct {
	Rule     string          `json:"rule"`
	Column   string          `json:"column,omitempty"` // of a rule of cells
	Settings json.RawMessage `json:"settings,omitempty"`
}

// Repair returns the mended cell and how sure that is, in (0,1]; ok is false
// where the cell stays as it is.
type Repair func(cell string) (mended string, confidence float64, ok bool)

// RowRepair mends cells of a row, in place, and tells each that it mends before
// it does. Columns that the row does not have are never touched.
type RowRepair func(r *Row)

// Row is a row under repair.
type Row struct {
	Cells   []string
	changed func(column int, e Edit)
	propose func(column int, e Edit) // may be nil
	rule    string
	names   []string
	refused rejections
	refusal Refusal
}

// Refusal is why a row is no record; the rule is empty where it is one.
type Refusal struct{ Rule, Reason string }

// Refuse says that the row is no record.
func (r *Row) Refuse(reason string) { r.refusal = Refusal{r.rule, reason} }

func (r *Row) none() bool { return r.refusal.Reason != "" }

// Set mends a cell, unless a person refused that change.
func (r *Row) Set(column int, mended string, confidence float64) {
	r.SetBecause(column, mended, confidence, "")
}

// SetBecause is Set, with what speaks for it.
func (r *Row) SetBecause(column int, mended string, confidence float64, because string) {
	if old := r.Cells[column]; r.may(column, mended) {
		r.changed(column, Edit{old, mended, r.rule, confidence, because})
		r.Cells[column] = mended
	}
}

// Propose tells of a change that is likely and not proven.
func (r *Row) Propose(column int, mended string, confidence float64, because string) {
	if r.propose != nil && r.may(column, mended) {
		r.propose(column, Edit{r.Cells[column], mended, r.rule, confidence, because})
	}
}

func (r *Row) may(column int, mended string) bool {
	old := r.Cells[column]
	return old != mended && !csv.Activates(old, mended) && (len(r.refused) == 0 || !r.refused.refused(r.names[column], old, mended))
}

// Edit is a change of a cell.
type Edit struct {
	Old, New, Rule string
	Confidence     float64
	Because        string
}

// cellRule makes a rule that judges each cell by itself. learn returns what has
// to be known to repair the column, or nil if there is nothing to do; compile
// makes that ready for use. Settings are written as JSON.
func cellRule[S any](name string, learn func(*Column) *S, compile func(S) (Repair, error)) Rule {
	return Rule{
		Name: name,
		learn: func(t *Table) (steps []Step) {
			for _, c := range t.Columns {
				if c.Fixed {
					continue
				}
				if s := learn(c); s != nil {
					steps = append(steps, newStep(name, c.Name, *s))
				}
			}
			return steps
		},
		cells: func(s Step) (Repair, error) {
			var settings S
			if err := json.Unmarshal(s.Settings, &settings); err != nil {
				return nil, fmt.Errorf("clean: settings of rule %s, column %q: %w", name, s.Column, err)
			}
			return compile(settings)
		},
		read: func(s Step) any {
			var settings S
			if json.Unmarshal(s.Settings, &settings) != nil {
				return nil
			}
			return settings
		},
	}
}

// rowRule makes a rule that judges cells by others of their row. compile is told
// the names of the columns of the rows.
func rowRule[S any](name string, learn func(*Table) []S, compile func(S, []string) (RowRepair, error)) Rule {
	return Rule{
		Name: name,
		learn: func(t *Table) (steps []Step) {
			for _, s := range learn(t) {
				steps = append(steps, newStep(name, "", s))
			}
			return steps
		},
		rows: func(s Step, columns []string) (RowRepair, error) {
			var settings S
			if err := json.Unmarshal(s.Settings, &settings); err != nil {
				return nil, fmt.Errorf("clean: settings of rule %s: %w", name, err)
			}
			return compile(settings, columns)
		},
	}
}

// newStep panics where settings can't be written as JSON, which is a bug of the
// rule.
func newStep(rule, column string, settings any) Step {
	raw, err := json.Marshal(settings)
	if err != nil {
		panic(fmt.Sprintf("clean: settings of rule %s: %v", rule, err))
	}
	return Step{Rule: rule, Column: column, Settings: raw}
}
