package clean

import (
	"github.com/beamline-go/beamline/table"
)

// targetForms are the rules by which a target is read as numbers. Nothing else of it is
// mended: what is learned from is what was there.
var targetForms = []string{whitespace.Name, missingToken.Name, numbers.Name, units.Name}

// LearnTarget finds out whether the cells of the target, that are texts as they are
// written, are numbers once their form is mended, and how. It describes the column as it
// is then.
func (t *Table) LearnTarget(name string) (steps []Step, as table.Column, ok bool, err error) {
	alone := &Table{Rows: t.Rows, Whole: t.Whole, Delimiter: t.Delimiter, need: t.need}
	c := &Column{table: alone}
	c.Name = name
	b := &builder{column: c, index: map[string]int32{}}
	for _, cell := range t.Target {
		b.add(cell)
	}
	b.done()
	c.Column = c.infer()
	alone.Columns = []*Column{c}
	if !c.Type.Textual() {
		return nil, as, false, nil
	}
	p, err := Learn(alone, Options{Rules: targetForms})
	if err != nil || len(p.Steps) == 0 {
		return nil, as, false, err
	}
	as = alone.Schema(table.Schema{Columns: []table.Column{c.Column}}, p).Columns[0]
	if as.Role = table.RoleTarget; !t.Whole {
		as.Range = nil
	}
	return p.Steps, as, as.Type.Numeric(), nil
}
