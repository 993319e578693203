package csv

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/table"
)

// mend reads a malformed record as those around it show, if they do, and appends its
// cells to the columns.
func (p *parser) mend(record []byte, v verdict, row, offset int64) bool {
	if p.mender == nil || v.rule == RuleTooLong || v.rule == RuleCut || p.check(record).rule != "" || p.otherTable(offset) {
		return false
	}
	text := p.d.withoutEnd(record)
	m, ok := p.mender.Mend(text, p.d)
	if ok {
		p.mended(m.Cells, text, row, cmp.Or(m.Rule, v.rule), m.Confidence)
	}
	return ok
}

// mended takes cells as those of a record that was text.
func (p *parser) mended(cells [][]byte, text []byte, row int64, rule string, confidence float64) {
	p.rollback()
	texts := make([]string, len(cells))
	for i, c := range cells {
		p.append(i, c)
		texts[i] = string(c)
	}
	line := AppendRecord(nil, texts, p.d)
	p.changes = append(p.changes, table.Change{Row: row, Rule: rule, Confidence: confidence, Field: -1,
		Old: string(p.decoded(text)), New: string(p.decoded(line[:len(line)-1]))})
}

func (d Dialect) withoutEnd(record []byte) []byte {
	text := bytes.TrimSuffix(record, []byte{d.end()})
	if !d.CR {
		text = bytes.TrimSuffix(text, cr)
	}
	return text
}

// otherTable reports whether the record at offset belongs to another table.
func (p *parser) otherTable(offset int64) bool {
	if p.plan == nil {
		return false
	}
	return slices.ContainsFunc(p.plan.Marks.Other, func(s grid.Span) bool { return s.From <= offset && offset < s.To })
}

// twoLines reports whether the record at offset stands in two lines.
func (p *parser) twoLines(offset int64) bool {
	if p.plan == nil || p.mender == nil {
		return false
	}
	_, found := slices.BinarySearch(p.plan.Marks.Joined, offset)
	return found
}

// both returns the bytes of two lines, the first of which has n, and whether the end
// of the second was seen.
func (p *parser) both(buf []byte, n int, more bool) (int, bool) {
	p.rollback()
	k, _, done := p.whole(buf[n:], more)
	return n + k, done || !more
}

// joinedConfidence is that of a record that was joined from two lines.
const joinedConfidence = 0.95

// join reads a record that stands in two lines.
func (p *parser) join(record []byte, row int64) bool {
	if p.check(record).rule != "" {
		return false
	}
	first, n := p.cells(record)
	second, _ := p.cells(record[n:])
	if len(first) == 0 || len(second) == 0 {
		return false
	}
	var cells [][]byte
	for _, c := range joinCells(first, second, p.d) {
		cells = append(cells, c.content)
	}
	p.mended(cells, p.d.withoutEnd(record), row, RuleJoined, joinedConfidence)
	return true
}
