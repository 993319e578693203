package features

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/beamline-go/beamline/internal/number"
	"github.com/beamline-go/beamline/table"
)

// Kind is what a column of a frame holds.
type Kind uint8

// The kinds.
const (
	Number Kind = iota // Num, NaN where missing
	Word               // Str, a class; missing where Null
	Text               // Str, free text
	Time               // Num, days since 1970 with a fraction
)

// Column is one feature of a frame.
type Column struct {
	Name string
	Kind Kind
	// Order is the ascending order of quality of a Word, where it has one.
	Order []string
	Num   []float64
	Str   []string
	Null  []bool // of Word and Text
}

// Frame is the features of some rows.
type Frame struct {
	N       int
	Columns []Column
}

// Column returns the column of that name, or nil.
func (f *Frame) Column(name string) *Column {
	for i := range f.Columns {
		if f.Columns[i].Name == name {
			return &f.Columns[i]
		}
	}
	return nil
}

// next returns the column of a name, looked for from the place of another on, and its place:
// columns that are asked for in their order are found at once, however many there are.
func (f *Frame) next(name string, from int) (*Column, int) {
	for i := from; i < len(f.Columns); i++ {
		if f.Columns[i].Name == name {
			return &f.Columns[i], i
		}
	}
	for i := range min(from, len(f.Columns)) {
		if f.Columns[i].Name == name {
			return &f.Columns[i], i
		}
	}
	return nil, from
}

// has reports whether a column is such.
func (f *Frame) has(such func(*Column) bool) bool {
	for i := range f.Columns {
		if such(&f.Columns[i]) {
			return true
		}
	}
	return false
}

// NewFrame returns the features of records that were read as s says, those of
// all records one after the other.
func NewFrame(s table.Schema, records ...arrow.RecordBatch) (*Frame, error) {
	f := &Frame{Columns: Columns(s)}
	for _, r := range records {
		f.N += int(r.NumRows())
	}
	at := 0
	for i, c := range s.Columns {
		if !c.Role.Feature() {
			continue
		}
		col := &f.Columns[at]
		at++
		col.reserve(f.N)
		for _, r := range records {
			if err := col.append(r.Column(i), c.Missing); err != nil {
				return nil, err
			}
		}
	}
	return f, nil
}

// Columns are those of a frame of records that are read as s says, without cells.
func Columns(s table.Schema) (out []Column) {
	for _, c := range s.Columns {
		if !c.Role.Feature() {
			continue
		}
		col := Column{Name: c.Name, Kind: kindOf(c)}
		if c.Ordered {
			col.Order = c.Domain
		}
		col.reserve(1)
		out = append(out, col)
	}
	return out
}

func kindOf(c table.Column) Kind {
	switch {
	case c.Role == table.RoleText:
		return Text
	case c.Role == table.RoleCategorical:
		return Word
	case c.Type.Temporal():
		return Time
	case c.Type.Textual() || c.Type == table.Bool:
		return Word
	}
	return Number
}

// Text returns the cell of row i as a text, for grouping.
func (c *Column) Text(i int) string {
	if c.Num != nil {
		return strconv.FormatFloat(c.Num[i], 'g', -1, 64)
	}
	if c.Null[i] {
		return ""
	}
	return c.Str[i]
}

// Missing reports whether a row has no value.
func (c *Column) Missing(i int) bool {
	if c.Num != nil {
		return math.IsNaN(c.Num[i])
	}
	return c.Null[i]
}

func (c *Column) reserve(n int) {
	if c.Kind == Number || c.Kind == Time {
		c.Num = make([]float64, 0, n)
		return
	}
	c.Str, c.Null = make([]string, 0, n), make([]bool, 0, n)
}

// MicrosPerDay is a day in microseconds, by which timestamps become a Time.
const MicrosPerDay = 86400e6

// AddNumber adds a cell to a Number or a Time; NaN where there is none.
func (c *Column) AddNumber(x float64) { c.Num = append(c.Num, number.Bounded(x)) }

// AddWord adds a cell to a Word or a Text. Texts of missing say that there is no value, as
// null does.
func (c *Column) AddWord(s string, null bool, missing []string) {
	if null || slices.Contains(missing, s) {
		s, null = "", true
	}
	c.Str, c.Null = append(c.Str, s), append(c.Null, null)
}

// Reset takes all cells out.
func (c *Column) Reset() { c.Num, c.Str, c.Null = c.Num[:0], c.Str[:0], c.Null[:0] }

// append reads cells.
func (c *Column) append(a arrow.Array, missing []string) error {
	for i := range a.Len() {
		null := a.IsNull(i)
		if c.Kind == Word || c.Kind == Text {
			s := ""
			if !null {
				s = word(a, i)
			}
			c.AddWord(s, null, missing)
			continue
		}
		x := math.NaN()
		if !null {
			var ok bool
			if x, ok = numberAt(a, i); !ok {
				return fmt.Errorf("features: column %q holds %s, not numbers", c.Name, a.DataType())
			}
		}
		c.AddNumber(x)
	}
	return nil
}

func numberAt(a arrow.Array, i int) (float64, bool) {
	switch a := a.(type) {
	case *array.Float64:
		return a.Value(i), true
	case *array.Int64:
		return float64(a.Value(i)), true
	case *array.Date32:
		return float64(a.Value(i)), true
	case *array.Timestamp:
		return float64(a.Value(i)) / MicrosPerDay, true
	}
	return 0, false
}

// word is a cell as a class: numbers and truth values by their text.
func word(a arrow.Array, i int) string {
	if s, ok := a.(*array.String); ok {
		return s.Value(i)
	}
	return a.ValueStr(i)
}

// Select returns the frame of the given rows.
func (f *Frame) Select(rows []int) *Frame {
	out := &Frame{N: len(rows), Columns: make([]Column, len(f.Columns))}
	for i := range f.Columns {
		out.Columns[i] = f.Columns[i].Select(rows)
	}
	return out
}

// Select returns the values of some rows, in that order.
func (c *Column) Select(rows []int) Column {
	d := Column{Name: c.Name, Kind: c.Kind, Order: c.Order}
	d.reserve(len(rows))
	for _, r := range rows {
		if c.Num != nil {
			d.Num = append(d.Num, c.Num[r])
		} else {
			d.Str, d.Null = append(d.Str, c.Str[r]), append(d.Null, c.Null[r])
		}
	}
	return d
}
