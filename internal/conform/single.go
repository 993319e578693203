package conform

import (
	"github.com/beamline-go/beamline/internal/tally"
	"github.com/beamline-go/beamline/table"
)

// Read is a record that came alone.
type Read struct {
	Values  []Value // in the order of the schema's columns; good until the next record
	Changes []table.Change
	Refused string // the reason, or empty
}

// single is what records that come alone are read with, one after the other.
type single struct {
	pass   pass
	cells  []text
	values []Value
	put    func(Value)
}

// text is the one cell of a column.
type text string

// Value is the cell, of whatever row.
func (t *text) Value(int) string { return string(*t) }

func newSingle(r *Reader) *single {
	s := &single{cells: make([]text, len(r.names)), values: make([]Value, 0, len(r.columns))}
	s.pass = pass{in: table.Batch{First: 1}, n: 1, refused: make([]refusal, 1)}
	for i := range s.cells {
		s.pass.texts = append(s.pass.texts, &s.cells[i])
	}
	s.put = func(v Value) { s.values = append(s.values, v) }
	return s
}

// One reads one record, the texts of the incoming columns, as Batch reads one of many. What
// it finds is counted in t.
func (r *Reader) One(cells []string, t *tally.Tally) Read {
	if r.single == nil {
		r.single = newSingle(r)
	}
	s := r.single
	for i, cell := range cells {
		s.cells[i] = text(cell)
	}
	p := &s.pass
	p.tally, p.refused[0], p.changes, p.proposals = t, refusal{}, nil, p.proposals[:0]
	p.begin(r)
	s.values = s.values[:0]
	for i := range r.columns {
		r.columns[i].read(p, s.put)
	}
	p.order()
	return Read{s.values, p.changes, p.refused[0].reason}
}
