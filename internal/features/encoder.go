package features

import (
	"encoding/json"
	"fmt"
	"slices"
)

// View is what the columns are encoded for.
type View string

// The views.
const (
	Linear View = "linear"
	Tree   View = "tree"
)

// Target is what the training rows are to be told apart by. Encoders that look
// at it do so out of fold.
type Target struct {
	Classes int       // 0 for a quantity
	Y       []float64 // a quantity, or the number of a class
}

// Options of Fit.
type Options struct {
	View    View
	Squares bool // of numbers, in the linear view
	Plain   bool // numbers as they are there: neither logged nor clipped nor taken as levels
	Text    bool // a bag of words of free texts; without it only their measures
}

// part encodes one column. Parts are data: all fields are exported and travel
// as JSON.
type part interface {
	// width is the number of dense columns that it makes.
	width() int
	// encode fills the dense columns for all rows of the frame's column.
	encode(c *Column, out [][]float64)
	// names are the names of the columns that it makes.
	names(column string) []string
}

// Encoder turns frames into matrices.
type Encoder struct {
	View  View
	Parts []Named
	Bags  []Bag // of words, one for each free text; their columns are sparse
}

// Named is a part and the column that it encodes.
type Named struct {
	Column string
	Kind   string
	Part   part
}

// kinds makes an empty part of each kind, to read it from JSON.
var kinds = map[string]func() part{
	"number": func() part { return &numberPart{} }, "raw": func() part { return &rawPart{} },
	"ordinal": func() part { return &ordinalPart{} }, "one_hot": func() part { return &oneHotPart{} },
	"target_mean": func() part { return &meansPart{} }, "date": func() part { return &datePart{} },
	"text_measures": func() part { return &measuresPart{} },
}

type namedJSON struct {
	Column string          `json:"column"`
	Kind   string          `json:"kind"`
	Part   json.RawMessage `json:"part"`
}

// MarshalJSON writes the part with its kind.
func (n Named) MarshalJSON() ([]byte, error) {
	p, err := json.Marshal(n.Part)
	if err != nil {
		return nil, err
	}
	return json.Marshal(namedJSON{n.Column, n.Kind, p})
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (n *Named) UnmarshalJSON(data []byte) error {
	var w namedJSON
	if err := json.Unmarshal(data, &w); err != nil {
		return err
	}
	make, ok := kinds[w.Kind]
	if !ok {
		return fmt.Errorf("features: unknown kind of encoding %q", w.Kind)
	}
	*n = Named{w.Column, w.Kind, make()}
	if err := json.Unmarshal(w.Part, n.Part); err != nil {
		return err
	}
	if p, ok := n.Part.(indexed); ok {
		p.index()
	}
	return nil
}

// indexed parts look words up in a map, which is made before they are used, so
// that several goroutines may use one encoder.
type indexed interface{ index() }

// Names returns the names of the matrix's dense columns.
func (e *Encoder) Names() []string {
	var out []string
	for _, p := range e.Parts {
		out = append(out, p.Part.names(p.Column)...)
	}
	return out
}

// Sources returns for each of the matrix's dense columns which column of the frame it comes
// from, numbered from 0 in the order of the parts.
func (e *Encoder) Sources() []int {
	var out []int
	number := map[string]int{}
	for _, p := range e.Parts {
		n, ok := number[p.Column]
		if !ok {
			n = len(number)
			number[p.Column] = n
		}
		for range p.Part.width() {
			out = append(out, n)
		}
	}
	return out
}

// Transform encodes every row of f. It is an error if f lacks a column. Whoever is done with
// the matrix may Release it.
func (e *Encoder) Transform(f *Frame) (*Matrix, error) {
	width := 0
	for _, p := range e.Parts {
		width += p.Part.width()
	}
	m := borrow(width, f.N)
	rest, at := m.Dense, 0
	for _, p := range e.Parts {
		var c *Column
		if c, at = f.next(p.Column, at); c == nil {
			return nil, fmt.Errorf("features: the frame has no column %q", p.Column)
		}
		own := p.Part.width()
		p.Part.encode(c, rest[:own])
		rest = rest[own:]
	}
	return m, e.bags(f, m)
}

// bags fills the sparse part, one bag behind the other.
func (e *Encoder) bags(f *Frame, m *Matrix) error {
	if len(e.Bags) == 0 {
		return nil
	}
	cols := make([]*Column, len(e.Bags))
	for i, b := range e.Bags {
		if cols[i] = f.Column(b.Column); cols[i] == nil {
			return fmt.Errorf("features: the frame has no column %q", b.Column)
		}
		m.Sparse.Columns += len(b.Words)
	}
	m.Sparse.Start = append(slices.Grow(m.Sparse.Start, f.N+1), 0)
	for r := range f.N {
		first := int32(0)
		for i := range e.Bags {
			e.Bags[i].row(cols[i].Str[r], first, &m.Sparse)
			first += int32(len(e.Bags[i].Words))
		}
		m.Sparse.Start = append(m.Sparse.Start, int32(len(m.Sparse.Index)))
	}
	return nil
}

// newColumns returns columns of n rows, in one piece of memory.
func newColumns(width, n int) [][]float64 {
	return columnsOf(make([][]float64, width), make([]float64, width*n), n)
}

// columnsOf makes columns of n rows of a piece of memory.
func columnsOf(out [][]float64, cells []float64, n int) [][]float64 {
	for i := range out {
		out[i] = cells[i*n : (i+1)*n : (i+1)*n]
	}
	return out
}

// Known tells which levels of a column of words have a mean of their own, and so were
// there in training; nil where no part of the encoder knows them all.
func (e *Encoder) Known(column string) func(level string) bool {
	for _, p := range e.Parts {
		if means, ok := p.Part.(*meansPart); ok && p.Column == column {
			return func(level string) bool { return means.Means[level] != nil }
		}
	}
	return nil
}
