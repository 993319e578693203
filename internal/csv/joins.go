package csv

import (
	"fmt"
	"io"
	"slices"

	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/internal/vector"
	"github.com/beamline-go/beamline/table"
)

// Bounds of what a plan notes for mending.
const (
	maxJoins   = 10000 // records that stand in two lines
	otherTable = 20    // so many records in a row of one other width are no slips
)

// PlanRepairs adds to a plan what can't be told from one record: which lines are
// halves of one record, broken where a text without quotes holds a line end, and
// where another table begins, the records of which are not mended. It reads the
// source once more.
func PlanRepairs(plan grid.Plan, f Format, src io.ReaderAt) (grid.Plan, error) {
	fields := make([]int, len(f.Names))
	r := Reader{Dialect: f.Dialect, Plan: plan, Schema: vector.Schema(nil), Width: len(fields), KeyCol: -1, Places: true}
	p := repairPlanner{f: f, plan: plan, parser: parser{d: f.Dialect}}
	p.plan.Blocks = slices.Repeat([]grid.Block{{First: -1}}, len(plan.Blocks))
	for b := range plan.Blocks {
		batch, err := r.Block(src, b)
		if err != nil {
			return plan, fmt.Errorf("csv: %w", err)
		}
		p.block(batch, r.Where)
	}
	p.flush()
	p.run(0, grid.Span{})
	p.plan.Records -= int64(len(p.plan.Marks.Joined))
	return p.plan, nil
}

type repairPlanner struct {
	f      Format
	plan   grid.Plan
	parser parser
	half   *half // a short record that may go on in the next line
	width  int   // of the run of records of another width
	many   int   // how many they are
	span   grid.Span
}

// half is a short record.
type half struct {
	place Place
	row   int64
	text  string
	cells []cell
}

// block goes through the records of a block in their order.
func (p *repairPlanner) block(b table.Batch, where []Place) {
	rejects := b.Rejects
	for i, place := range where {
		for len(rejects) > 0 && rejects[0].Offset < place.Offset {
			p.reject(rejects[0])
			rejects = rejects[1:]
		}
		p.flush()
		p.run(0, grid.Span{})
		p.note(place, b.Row(i))
	}
	for _, r := range rejects {
		p.reject(r)
	}
}

// note keeps where a record is, if it is the first of its block.
func (p *repairPlanner) note(at Place, row int64) {
	b := &p.plan.Blocks[(at.Offset-p.plan.Start)/p.plan.BlockSize]
	if b.First < 0 {
		*b = grid.Block{First: at.Offset, Row: row - int64(len(p.plan.Marks.Joined)), Line: at.Line}
	}
}

// flush gives up a short record that does not go on.
func (p *repairPlanner) flush() {
	if p.half != nil {
		p.note(p.half.place, p.half.row)
		p.half = nil
	}
}

// reject looks at a record that is refused.
func (p *repairPlanner) reject(r table.Reject) {
	h := &half{place: Place{r.Offset, r.Line}, row: r.Row, text: r.Input}
	if r.Rule == RuleRagged && len(r.Input) <= maxMend {
		h.cells, _ = p.parser.cells([]byte(r.Input))
	}
	p.run(len(h.cells), grid.Span{From: r.Offset, To: r.Offset + 1})
	if p.joins(h) {
		p.plan.Marks.Joined = append(p.plan.Marks.Joined, p.half.place.Offset)
		p.note(p.half.place, p.half.row+1) // the joined record is in the count already
		p.half = nil
		return
	}
	p.flush()
	p.half = h
}

// joins reports whether the next line is the rest of the record at hand: together
// they have as many fields as a record, and cells like those of the others.
func (p *repairPlanner) joins(next *half) bool {
	m := p.f.Mender
	h := p.half
	if m == nil || h == nil || len(p.plan.Marks.Joined) == maxJoins || len(h.cells) == 0 || len(next.cells) == 0 ||
		len(h.cells)+len(next.cells)-1 != len(p.f.Names) || next.row != h.row+1 || next.place.Line != h.place.Line+1 ||
		h.cells[len(h.cells)-1].quoted || next.cells[0].quoted {
		return false
	}
	cost := 0.0
	for i, c := range joinCells(h.cells, next.cells, p.f.Dialect) {
		cost += m.Columns[i].cost(c.content, c.quoted)
	}
	return cost <= m.Typical+4*m.Spread+6
}

// joinCells is the cells of two lines as those of one record.
func joinCells(a, b []cell, d Dialect) []cell {
	all := slices.Clone(a)
	last := &all[len(all)-1]
	last.content = slices.Concat(last.content, []byte{d.end()}, b[0].content)
	return append(all, b[1:]...)
}

// run counts records of one other width in a row. A width of 0 ends it.
func (p *repairPlanner) run(width int, at grid.Span) {
	if width != p.width {
		if p.width > 0 && p.many >= otherTable {
			p.plan.Marks.Other = append(p.plan.Marks.Other, p.span)
		}
		p.width, p.many, p.span = width, 0, at
	}
	p.many++
	p.span.To = at.To
}
