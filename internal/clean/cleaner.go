package clean

import (
	"fmt"
	"strings"

	"github.com/beamline-go/beamline/internal/csv"
)

// Cleaner applies a plan to rows of the same columns. It is not safe for use by
// several goroutines at once.
type Cleaner struct {
	stages    []stage
	proposals []proposal
	refused   rejections
	row       Row // under repair
}

// Idle reports whether there is nothing to do.
func (c *Cleaner) Idle() bool { return len(c.stages)+len(c.proposals) == 0 }

// stage is some steps: those of cells by column, or one of rows.
type stage struct {
	cells map[int]*chain
	order []int // the columns of cells
	row   RowRepair
	rule  string
}

// Changed is told of each cell that a rule mends.
type Changed func(column int, e Edit)

// Cleaner compiles the plan for rows of the named columns. Steps of columns that
// are not there are left out.
func (p Plan) Cleaner(columns []string) (*Cleaner, error) {
	c := &Cleaner{refused: newRejections(p.Rejected)}
	c.row.names, c.row.refused = columns, c.refused
	places := make(map[string]int, len(columns))
	for i, name := range columns {
		places[name] = i
	}
	for _, s := range p.Steps {
		r, ok := byName(s.Rule)
		if !ok {
			return nil, fmt.Errorf("clean: unknown rule %q", s.Rule)
		}
		if r.cells != nil {
			at, ok := places[s.Column]
			if !ok {
				at = -1
			}
			if err := c.addCells(r, s, at); err != nil {
				return nil, err
			}
			continue
		}
		repair, err := r.rows(s, columns)
		if err != nil {
			return nil, err
		}
		c.stages = append(c.stages, stage{row: repair, rule: r.Name})
	}
	for _, s := range p.Proposed {
		if at, ok := places[s.Column]; ok {
			r, ok := byName(s.Rule)
			if !ok || r.cells == nil {
				return nil, fmt.Errorf("clean: unknown rule of cells %q", s.Rule)
			}
			repair, err := r.cells(s)
			if err != nil {
				return nil, err
			}
			c.proposals = append(c.proposals, proposal{r.Name, at, c.refused.spare(s.Column, repair), r.why(s)})
		}
	}
	return c, nil
}

// proposal is what is proposed for the cells of a column.
type proposal struct {
	rule   string
	column int
	repair Repair
	why    func(old, mended string) string
}

// tell tells of the changes of a row that are proposed.
func (c *Cleaner) tell() {
	if c.row.propose == nil {
		return
	}
	for _, p := range c.proposals {
		c.row.rule = p.rule
		cell := c.row.Cells[p.column]
		if to, confidence, ok := p.repair(cell); ok {
			c.row.Propose(p.column, to, confidence, p.why(cell, to))
		}
	}
}

func (c *Cleaner) addCells(r Rule, s Step, column int) error {
	repair, err := r.cells(s)
	if err != nil || column < 0 {
		return err
	}
	if len(c.stages) == 0 || c.stages[len(c.stages)-1].cells == nil {
		c.stages = append(c.stages, stage{cells: map[int]*chain{}})
	}
	last := &c.stages[len(c.stages)-1]
	if last.cells[column] == nil {
		last.cells[column] = &chain{known: map[string]outcome{}}
		last.order = append(last.order, column)
	}
	var why func(old, mended string) string
	if r.why != nil {
		why = r.why(s)
	}
	last.cells[column].add(r.Name, c.refused.spare(s.Column, repair), why)
	return nil
}

// Propose lets f know of changes that are likely and not proven, and not made.
func (c *Cleaner) Propose(f Changed) { c.row.propose = f }

// Row repairs the cells of a row in place and tells of each change, until a rule
// refuses the row.
func (c *Cleaner) Row(cells []string, changed Changed) Refusal {
	c.row.Cells, c.row.changed, c.row.refusal = cells, changed, Refusal{}
	for i := range c.stages {
		s := &c.stages[i]
		for _, column := range s.order {
			s.cells[column].clean(cells, column, changed)
		}
		if s.row != nil {
			c.row.rule = s.rule
			if s.row(&c.row); c.row.none() {
				break
			}
		}
	}
	if !c.row.none() {
		c.tell()
	}
	return c.row.refusal
}

// chain is the rules of cells of one column, and what they made of cells.
type chain struct {
	rules   []string
	repairs []Repair
	whys    []func(old, mended string) string // nil where nothing is said
	known   map[string]outcome                // nil where cells hardly repeat
	hits    int                               // since known was cleared
}

// outcome is what becomes of a cell; it has no edits where it stays.
type outcome []Edit

// maxKnown bounds the cells whose outcome is remembered, so that they stay close to the
// processor, and maxKnownCell how long they are. They are remembered as long as each comes
// again manyHits times: to find a cell among many takes as long as most rules do.
const (
	maxKnown     = 1 << 11
	maxKnownCell = 64
	manyHits     = 8
)

func (c *chain) add(rule string, repair Repair, why func(old, mended string) string) {
	c.rules, c.repairs, c.whys = append(c.rules, rule), append(c.repairs, repair), append(c.whys, why)
}

func (c *chain) clean(cells []string, column int, changed Changed) {
	cell := cells[column]
	var edits outcome
	if c.known == nil || len(cell) > maxKnownCell {
		edits = c.work(cell)
	} else {
		var ok bool
		if edits, ok = c.known[cell]; ok {
			c.hits++
		} else {
			edits = c.work(cell)
			c.remember(cell, edits)
		}
	}
	for _, e := range edits {
		changed(column, e)
		cells[column] = e.New
	}
}

func (c *chain) work(cell string) (edits outcome) {
	for i, repair := range c.repairs {
		if mended, confidence, ok := repair(cell); ok && mended != cell && !csv.Activates(cell, mended) {
			e := Edit{Old: strings.Clone(cell), New: mended, Rule: c.rules[i], Confidence: confidence}
			if c.whys[i] != nil {
				e.Because = c.whys[i](cell, mended)
			}
			edits = append(edits, e)
			cell = mended
		}
	}
	return edits
}

// remember forgets all cells where there are too many, and remembers none any
// more where few were there twice: a column without repeats costs no memory.
func (c *chain) remember(cell string, edits outcome) {
	if len(c.known) >= maxKnown {
		if c.hits < manyHits*len(c.known) {
			c.known = nil
			return
		}
		clear(c.known)
		c.hits = 0
	}
	c.known[strings.Clone(cell)] = edits
}
