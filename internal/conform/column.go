package conform

import (
	"fmt"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/beamline-go/beamline/internal/clean"
	"github.com/beamline-go/beamline/internal/dates"
	"github.com/beamline-go/beamline/internal/labels"
	"github.com/beamline-go/beamline/internal/number"
	"github.com/beamline-go/beamline/table"
)

// column reads the cells of one column.
type column struct {
	table.Column
	from        int // the incoming column, or -1
	missing     map[string]bool
	keeps       bool // texts that mean no value stay what they are
	domain      map[string]bool
	labels      map[string]string // folded spellings of a target's classes
	layouts     []dates.Layout
	first, last time.Time // beyond which dates are far from all that were seen
	needTarget  bool
	truth       bool // a column of 0 and 1, which true and false say too
	kind        arrow.DataType
	parse       func(c *column, cell string) Value // null where it can't be read
}

func newColumn(c table.Column, from int, needTarget bool) (column, error) {
	out := column{Column: c, from: from, needTarget: needTarget && c.Role == table.RoleTarget}
	// Nothing is emptied that is not in the ledger: among words, NA or a question
	// mark stays, and it is the schema that says what it means.
	out.keeps = c.Type.Textual() && c.Role != table.RoleTarget
	if len(c.Missing) > 0 {
		out.missing = map[string]bool{}
		for _, t := range c.Missing {
			out.missing[t] = true
		}
	}
	if len(c.Domain) > 0 {
		out.domain = map[string]bool{}
		for _, v := range c.Domain {
			out.domain[v] = true
		}
	}
	switch {
	case c.Role == table.RoleTarget && c.Type == table.Categorical:
		out.labels = labels.Of(c.Domain)
	case c.Type == table.Categorical || c.Type == table.Bool:
		out.labels = labels.Levels(c.Domain)
	}
	out.truth = c.Type.Numeric() && c.Range != nil && c.Range.Min == 0 && c.Range.Max == 1
	out.first, out.last = reach(c.Period)
	var err error
	if out.kind, err = c.Arrow(); err != nil {
		return out, err
	}
	if out.parse = parsers[out.kind.ID()]; out.parse == nil {
		return out, fmt.Errorf("conform: nothing reads %s in column %q", out.kind, c.Name)
	}
	if out.layouts, err = dates.NamedAll(c.Layouts); err != nil {
		return out, fmt.Errorf("conform: column %q: %w", c.Name, err)
	}
	return out, nil
}

// array returns the typed cells of the column.
func (c *column) array(p *pass) arrow.Array {
	b := array.NewBuilder(memory.DefaultAllocator, c.kind)
	b.Reserve(p.n)
	c.read(p, appender(b))
	return b.NewArray()
}

// read gives the cells of the column, each as a value of its type, or null.
func (c *column) read(p *pass, put func(Value)) {
	if c.from < 0 {
		for range p.n {
			put(null)
		}
		return
	}
	text := p.texts[c.from]
	mended := p.cells[c.from]
	for i := range p.n {
		if p.refused[i].none {
			put(null)
			continue
		}
		cell := text.Value(i)
		for len(mended) > 0 && mended[0].row < i {
			mended = mended[1:]
		}
		if len(mended) > 0 && mended[0].row == i {
			cell, mended = mended[0].text, mended[1:]
		}
		if len(c.labels) > 0 {
			cell = c.label(p, i, cell)
		}
		if cell == "" || c.missing[cell] {
			c.absent(p, i)
			if cell != "" && c.keeps {
				put(c.parse(c, cell))
			} else {
				put(null)
			}
			continue
		}
		v := c.parse(c, cell)
		put(v)
		if v.Null {
			c.unreadable(p, i, cell)
			continue
		}
		c.judge(p, i, cell)
	}
}

// leastReach is how far beyond a period dates are not surprising, at least.
const leastReach = 31 * 24 * time.Hour

// reach is the times beyond which dates are further from a period than it is long.
// Dates a little behind it are those of every day.
func reach(p *table.Period) (first, last time.Time) {
	if p == nil {
		return first, last
	}
	from, err := time.Parse(time.DateOnly, p.From)
	to, err2 := time.Parse(time.DateOnly, p.To)
	if err != nil || err2 != nil {
		return time.Time{}, time.Time{}
	}
	margin := max(to.Sub(from), leastReach)
	return from.Add(-margin), to.Add(margin)
}

// label finds the class or the level that a cell means.
func (c *column) label(p *pass, i int, cell string) string {
	if c.domain[cell] || cell == "" {
		return cell
	}
	if class, ok := c.labels[labels.Key(cell)]; ok {
		p.changed(i, c.from, c.Name, clean.Edit{Old: cell, New: class, Rule: RuleLabel, Confidence: 1})
		return class
	}
	return cell
}

func (c *column) absent(p *pass, i int) {
	switch {
	case c.needTarget:
		p.find(c, i, RuleMissingTarget, "")
	case c.Presence == table.Required:
		p.find(c, i, RuleMissing, "")
	}
}

func (c *column) unreadable(p *pass, i int, cell string) {
	rule := RuleType
	if c.Type.Numeric() && c.bound(cell) {
		rule = RuleCensored
	}
	p.find(c, i, rule, cell)
}

// bound reports whether a cell says only what a number is below or above.
func (c *column) bound(cell string) bool {
	bare := strings.TrimLeft(cell, "<>≤≥=")
	if bare == cell {
		return false
	}
	_, ok := c.number(strings.TrimSpace(bare))
	return ok
}

// judge holds a value against the domain and the range.
func (c *column) judge(p *pass, i int, cell string) {
	if c.domain != nil && !c.domain[cell] {
		p.find(c, i, RuleDomain, cell)
		if c.Closed || c.needTarget {
			p.reject(i, RuleDomain, fmt.Sprintf("%q is not a known value of %q", cell, c.Name))
		}
	}
	if !c.last.IsZero() {
		if t, ok := dates.Read(cell, c.layouts, c.Since); ok && (t.Before(c.first) || t.After(c.last)) {
			p.find(c, i, RuleRange, cell)
		}
	}
	if c.Range == nil {
		return
	}
	if x, ok := c.number(cell); ok && (x < c.Range.Min || x > c.Range.Max) {
		p.find(c, i, RuleRange, cell)
		if c.Closed {
			p.reject(i, RuleRange, fmt.Sprintf("%s is outside of %v to %v in %q", cell, c.Range.Min, c.Range.Max, c.Name))
		}
	}
}

// number reads a number, with the unit of the column or without it.
func (c *column) number(cell string) (float64, bool) {
	if x, ok := number.Parse(cell); ok {
		return x, true
	}
	if x, ok := number.Loose(cell); ok {
		return x, true
	}
	if c.truth {
		switch strings.ToLower(cell) {
		case "true":
			return 1, true
		case "false":
			return 0, true
		}
	}
	if c.Unit == "" {
		return 0, false
	}
	bare, ok := strings.CutSuffix(cell, c.Unit)
	if !ok {
		bare, ok = strings.CutPrefix(cell, c.Unit)
	}
	if !ok {
		return 0, false
	}
	if bare = strings.TrimSpace(bare); number.Padded(bare) {
		return 0, false
	}
	if x, ok := number.Parse(bare); ok {
		return x, true
	}
	return number.Loose(bare)
}
