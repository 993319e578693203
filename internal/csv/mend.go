package csv

import (
	"bytes"
	"cmp"
	"math"
	"slices"
)

// Mender reads malformed records as the well-formed ones of their file show.
//
// A reading assigns the text of a record to the columns. Besides what the grammar
// says, a delimiter may be missing or stand where none belongs, a quote may be
// text, a cell may be missing, and another delimiter may have been used. Each such
// slip has a cost, and each cell the cost of its shape in its column; the cheapest
// reading is taken if it is much cheaper than any that gives other cells, and its
// cells are as likely as those of good records.
type Mender struct {
	Columns []Shapes
	// Typical and Spread are mean and standard deviation of the cost of the
	// cells of a good record.
	Typical, Spread float64

	whole bool // cells end at delimiters and quotes only
}

// Costs of slips, as negative logarithms of their chance, and what proves a
// reading.
const (
	slipMissing   = 5   // a cell is missing
	slipExtra     = 5   // a delimiter too many
	slipInside    = 8   // a delimiter inside a text without quotes
	slipNone      = 7   // no delimiter between two cells
	slipBetween   = 4   // none before a quote that opens
	slipQuote     = 5   // a quote that is text
	slipDelimiter = 8   // another delimiter throughout
	margin        = 2.3 // ten times as likely as the next best
	maxSlips      = 24  // no reading with more is looked at
	maxTries      = 64  // ways to end a quoted cell
	maxInside     = 400 // bytes of a cell that is looked at for a missing delimiter
	maxMend       = 64 << 10
)

// learnMender learns from the well-formed records of a sample. It returns nil where
// they are too few to show anything.
func learnMender(body []byte, d Dialect, width int) *Mender {
	m := &Mender{Columns: make([]Shapes, width)}
	var rows [][]cell
	p := parser{d: d}
	for pos := 0; pos < len(body); {
		if n, _ := d.noRecord(body[pos:], false); n > 0 {
			pos += n
			continue
		}
		cells, n := p.cells(body[pos:])
		pos += n
		if len(cells) == width {
			rows = append(rows, cells)
		}
	}
	if len(rows) < 5 || width < 2 {
		return nil
	}
	for _, r := range rows {
		for i, c := range r {
			m.Columns[i].add(c.content, c.quoted)
		}
	}
	sum, squares := 0.0, 0.0
	for _, r := range rows {
		cost := 0.0
		for i, c := range r {
			cost += m.Columns[i].cost(c.content, c.quoted)
		}
		sum, squares = sum+cost, squares+cost*cost
	}
	n := float64(len(rows))
	m.Typical = sum / n
	m.Spread = math.Sqrt(max(squares/n-m.Typical*m.Typical, 0))
	return m
}

// cells parses one record; they are nil where it is malformed.
func (p *parser) cells(buf []byte) (cells []cell, n int) {
	bad := false
	for {
		c := p.field(buf, n)
		if c.open || c.stray > 0 {
			n, _ = p.d.line(buf)
			return nil, n
		}
		cells = append(cells, c)
		bad = bad || c.bad != ""
		n = c.next
		if c.last || !c.ended {
			break
		}
	}
	if bad {
		return nil, n
	}
	return cells, n
}

// reading is a way to read a part of a record.
type reading struct {
	cost    float64
	slips   float64
	content []byte // of the last cell
	before  *reading
	rule    string // of the first slip
}

// Mended is a record that could be read.
type Mended struct {
	Cells      [][]byte
	Rule       string
	Confidence float64
}

// Mend reads a record without its line end.
func (m *Mender) Mend(text []byte, d Dialect) (Mended, bool) {
	found := m.readings(text, d)
	if len(found) == 0 || found[0].cost-found[0].slips > m.Typical+4*m.Spread+6 {
		return Mended{}, false
	}
	mended := Mended{Cells: found[0].cells(), Rule: found[0].rule, Confidence: 1}
	for _, other := range found[1:] {
		if slices.EqualFunc(mended.Cells, other.cells(), bytes.Equal) {
			continue
		}
		if other.cost-found[0].cost < margin {
			return Mended{}, false
		}
		mended.Confidence = 1 / (1 + math.Exp(found[0].cost-other.cost))
		break
	}
	return mended, true
}

// readings returns the cheapest readings of a record, the cheapest first.
func (m *Mender) readings(text []byte, d Dialect) []*reading {
	if len(text) > maxMend || len(m.Columns) > 1000 {
		return nil
	}
	found := append(m.align(text, d), m.otherDelimiters(text, d)...)
	slices.SortStableFunc(found, func(a, b *reading) int { return cmp.Compare(a.cost, b.cost) })
	return found
}

// mendNames reads a malformed line of names of that many columns. A name of which
// several readings are as likely is empty.
func mendNames(text []byte, d Dialect, width int) []string {
	names := make([]string, width)
	m := &Mender{Columns: make([]Shapes, width), whole: true}
	for i := range m.Columns { // names are not empty, and none is like another
		m.Columns[i] = Shapes{N: 1000, New: 1000, Quoted: 500, First: map[byte]int{'a': 1000}, Last: map[byte]int{'a': 900, '9': 50, ')': 50}}
	}
	found := m.readings(text, d)
	if len(found) == 0 || len(found) >= best && found[best-1].cost-found[0].cost < margin {
		return names // there may be more
	}
	for k, r := range found {
		if r.cost-found[0].cost >= margin {
			break
		}
		for i, c := range r.cells() {
			if k == 0 {
				names[i] = string(c)
			} else if names[i] != string(c) {
				names[i] = ""
			}
		}
	}
	return names
}

func (r *reading) cells() [][]byte {
	var cells [][]byte
	for ; r.before != nil; r = r.before {
		cells = append(cells, r.content)
	}
	slices.Reverse(cells)
	return cells
}

// otherDelimiters reads the text as the grammar says, with each other delimiter.
func (m *Mender) otherDelimiters(text []byte, d Dialect) []*reading {
	var out []*reading
	for _, delimiter := range delimiters {
		other := d
		if other.Delimiter = delimiter; delimiter == d.Delimiter || other.Validate() != nil {
			continue
		}
		p := parser{d: other}
		cells, _ := p.cells(text)
		if len(cells) != len(m.Columns) {
			continue
		}
		r := &reading{}
		for i, c := range cells {
			r = r.with(c.content, m.Columns[i].cost(c.content, c.quoted), 0, "")
		}
		r.cost, r.slips, r.rule = r.cost+slipDelimiter, slipDelimiter, RuleDelimiter
		out = append(out, r)
	}
	return out
}

// with is the reading and one more cell.
func (r *reading) with(content []byte, cost, slip float64, rule string) *reading {
	next := &reading{cost: r.cost + cost + slip, slips: r.slips + slip, content: content, before: r, rule: r.rule}
	if slip > 0 && next.rule == "" {
		next.rule = rule
	}
	return next
}
