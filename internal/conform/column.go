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
	"github.com/beamline-go/beamline/internal/profile"
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
	if out.layouts, err = dates.NamedAll(c.Layouts); err != nil {
		return out, fmt.Errorf("conform: column %q: %w", c.Name, err)
	}
	return out, nil
}

// read returns the typed cells of the column.
func (c *column) read(p *pass, n int) arrow.Array {
	kind, err := c.Arrow()
	if err != nil {
		panic(err) // New has asked the schema already
	}
	b := array.NewBuilder(memory.DefaultAllocator, kind)
	b.Reserve(n)
	if c.from < 0 {
		b.AppendNulls(n)
		return b.NewArray()
	}
	text := p.in.Text(c.from)
	parse := c.parser(b)
	mended := p.cells[c.from]
	for i := range n {
		if p.refused[i].none {
			b.AppendNull()
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
			if cell == "" || !c.keeps || !parse(cell) {
				b.AppendNull()
			}
			continue
		}
		if !parse(cell) {
			b.AppendNull()
			c.unreadable(p, i, cell)
			continue
		}
		c.judge(p, i, cell)
	}
	return b.NewArray()
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

// parser returns a function that appends a cell to b, or reports that it can't
// be read.
func (c *column) parser(b array.Builder) func(string) bool {
	switch b := b.(type) {
	case *array.Int64Builder:
		return func(s string) bool { return c.appendInt(b, s) }
	case *array.Float64Builder:
		return func(s string) bool {
			x, ok := c.number(s)
			if ok && c.Range != nil && (x < c.Range.Min || x > c.Range.Max) && strings.Contains(s, ",") {
				return false // 2,955 may be 2.955, which the column's numbers are nearer to
			}
			if c.needTarget && x != number.Bounded(x) {
				return false // errors of it have no squares
			}
			if ok {
				b.UnsafeAppend(x)
			}
			return ok
		}
	case *array.BooleanBuilder:
		return func(s string) bool {
			if !profile.IsBool(s) {
				return false
			}
			b.UnsafeAppend(strings.EqualFold(s, "true"))
			return true
		}
	case *array.Date32Builder:
		return func(s string) bool {
			t, ok := dates.Read(s, c.layouts, c.Since)
			if ok {
				b.UnsafeAppend(arrow.Date32FromTime(t))
			}
			return ok
		}
	case *array.TimestampBuilder:
		return func(s string) bool {
			t, ok := dates.Read(s, c.layouts, c.Since)
			if ok {
				b.UnsafeAppend(arrow.Timestamp(t.UnixMicro()))
			}
			return ok
		}
	case *array.StringBuilder:
		return func(s string) bool { b.Append(s); return true }
	}
	panic("conform: no parser for " + string(c.Type))
}

func (c *column) appendInt(b *array.Int64Builder, s string) bool {
	if v, ok := number.Int(s); ok {
		b.UnsafeAppend(v)
		return true
	}
	x, ok := c.number(s)
	if !ok || x != float64(int64(x)) || x < -1<<53 || x > 1<<53 {
		return false
	}
	b.UnsafeAppend(int64(x))
	return true
}
