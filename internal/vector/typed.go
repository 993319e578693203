package vector

import (
	"bytes"
	"fmt"
	"slices"
	"time"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/beamline-go/beamline/internal/cells"
	"github.com/beamline-go/beamline/internal/dates"
	"github.com/beamline-go/beamline/internal/number"
	"github.com/beamline-go/beamline/table"
)

// Typed gathers the cells of a column as values. An empty cell is null, and so is one
// that is not of the column's type.
type Typed interface {
	// Rows appends the cells of a column of an indexed text, some of which are in
	// quotes if quoted says so.
	Rows(text []byte, at cells.Column, quoted bool)
	// Cell appends one cell, which stands in b[s:e] without its quotes; cells.Pad
	// bytes of b are readable behind it.
	Cell(b []byte, s, e int)
	// Null appends a cell without a value.
	Null()
	// Take returns what was gathered, and the cells that were odd, as those of that
	// column of a batch. Where reuse says so, the array is done with when the next
	// cell is gathered.
	Take(column int, reuse bool) (arrow.Array, []table.Odd)
}

// New returns what gathers the cells of a column, and the type of the arrays that it
// makes: categorical columns are indices into their values where dictionary asks for
// that. quote is what texts have around cells, or 0.
func New(c table.Column, dictionary bool, quote byte) (Typed, arrow.DataType, error) {
	kind, err := c.Arrow()
	if err != nil {
		return nil, nil, err
	}
	layouts, err := dates.NamedAll(c.Layouts)
	if err != nil {
		return nil, nil, fmt.Errorf("vector: column %q: %w", c.Name, err)
	}
	base := fixed{kind: kind, quote: quote}
	when := func(s string) (time.Time, bool) { return dates.Read(s, layouts, c.Since) }
	switch c.Type {
	case table.Int64:
		return &numbers[int64]{fixed: base, column: cells.Ints, one: cells.Int, slow: number.Int}, kind, nil
	case table.Float64:
		return &numbers[float64]{fixed: base, column: cells.Floats, one: cells.Float, slow: number.Parse}, kind, nil
	case table.Date:
		return &numbers[int32]{fixed: base, column: cells.Dates, one: cells.Date, slow: func(s string) (int32, bool) {
			t, ok := when(s)
			return int32(arrow.Date32FromTime(t)), ok
		}}, kind, nil
	case table.Timestamp:
		return &numbers[int64]{fixed: base, column: cells.Timestamps, one: cells.Timestamp, slow: func(s string) (int64, bool) {
			t, ok := when(s)
			return t.UnixMicro(), ok
		}}, kind, nil
	case table.Bool:
		return &bools{fixed: base}, kind, nil
	case table.Categorical:
		if dictionary {
			c := newIndices(base)
			return c, c.kind, nil
		}
	}
	return &plain{fixed: base}, kind, nil
}

// fixed is what columns have in common.
type fixed struct {
	kind  arrow.DataType
	quote byte
	n     int     // cells
	nulls []int32 // which of them are null
	odd   []table.Odd
}

// mark notes that the next cell is null.
func (f *fixed) mark() { f.nulls = append(f.nulls, int32(f.n)) }

// strange notes that the next cell is not of the column's type.
func (f *fixed) strange(text []byte) {
	if len(text) > 0 {
		f.odd = append(f.odd, table.Odd{Row: f.n, Text: string(text)})
	}
	f.mark()
}

// reset begins a new batch. It returns the cells, the bits that say which of them
// have a value, how many have none, and what was odd.
func (f *fixed) reset(column int) (n int, valid *memory.Buffer, nulls int, odd []table.Odd) {
	n, nulls, odd = f.n, len(f.nulls), f.odd
	for i := range odd {
		odd[i].Column = column
	}
	if nulls > 0 {
		bits := bytes.Repeat([]byte{0xFF}, (n+7)/8)
		for _, i := range f.nulls {
			bits[i>>3] &^= 1 << (i & 7)
		}
		valid = memory.NewBufferBytes(bits)
	}
	f.n, f.nulls, f.odd = 0, f.nulls[:0], nil
	return n, valid, nulls, odd
}

// again returns room for as many values as were gathered.
func again[T any](values []T, reuse bool) []T {
	if reuse {
		return values[:0]
	}
	return make([]T, 0, len(values)+len(values)/16+8)
}

// numbers gathers values of a fixed width.
type numbers[T int64 | int32 | float64] struct {
	fixed
	// column reads cells that are spelled as nearly all are, one does so for
	// a single cell, and slow reads all others.
	column func(b []byte, c cells.Column, out []T, other []int32) []int32
	one    func(b []byte, s, e int) (T, bool)
	slow   func(s string) (T, bool)
	values []T
	other  []int32
}

func (c *numbers[T]) Rows(text []byte, at cells.Column, quoted bool) {
	c.values = slices.Grow(c.values, at.Rows)[:c.n+at.Rows]
	out := c.values[c.n:]
	text = text[:cap(text)]
	c.other = c.column(text, at, out, c.other[:0])
	first := c.n
	for _, i := range c.other {
		c.n = first + int(i)
		s, e := at.Cell(text, int(i))
		if quoted && e > s && text[s] == c.quote {
			s, e = s+1, e-1
		}
		out[i] = c.value(text, s, e)
	}
	c.n = first + at.Rows
}

// value reads cell c.n.
func (c *numbers[T]) value(b []byte, s, e int) T {
	if s < e {
		if v, ok := c.one(b, s, e); ok {
			return v
		}
		if v, ok := c.slow(string(b[s:e])); ok {
			return v
		}
	}
	c.strange(b[s:e])
	return 0
}

func (c *numbers[T]) Cell(b []byte, s, e int) {
	c.values = append(c.values, c.value(b, s, e))
	c.n++
}

func (c *numbers[T]) Null() { c.Cell(nil, 0, 0) }

func (c *numbers[T]) Take(column int, reuse bool) (arrow.Array, []table.Odd) {
	n, valid, nulls, odd := c.reset(column)
	values := memory.NewBufferBytes(bytesOf(c.values))
	c.values = again(c.values, reuse)
	return array.MakeFromData(array.NewData(c.kind, n, []*memory.Buffer{valid, values}, nil, nulls, 0)), odd
}

// bytesOf returns the memory of values.
func bytesOf[T any](values []T) []byte {
	if len(values) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&values[0])), len(values)*int(unsafe.Sizeof(values[0])))
}

// bools gathers true and false.
type bools struct {
	fixed
	values []byte
}

func (c *bools) Rows(text []byte, at cells.Column, quoted bool) {
	text = text[:cap(text)]
	for r := range at.Rows {
		s, e := at.Cell(text, r)
		if quoted && s < e && text[s] == c.quote {
			s, e = s+1, e-1
		}
		c.Cell(text, s, e)
	}
}

func (c *bools) Cell(b []byte, s, e int) {
	value, ok := boolean(b[s:e])
	if !ok {
		c.strange(b[s:e])
	}
	if c.n>>3 == len(c.values) {
		c.values = append(c.values, 0)
	}
	if value {
		c.values[c.n>>3] |= 1 << (c.n & 7)
	}
	c.n++
}

func (c *bools) Null() { c.Cell(nil, 0, 0) }

func (c *bools) Take(column int, reuse bool) (arrow.Array, []table.Odd) {
	n, valid, nulls, odd := c.reset(column)
	values := memory.NewBufferBytes(c.values)
	c.values = again(c.values, reuse)
	return array.NewBooleanData(array.NewData(c.kind, n, []*memory.Buffer{valid, values}, nil, nulls, 0)), odd
}

// boolean reads true or false in any case.
func boolean(b []byte) (value, ok bool) {
	switch {
	case len(b) == 4 && b[0]|0x20 == 't' && b[1]|0x20 == 'r' && b[2]|0x20 == 'u' && b[3]|0x20 == 'e':
		return true, true
	case len(b) == 5 && b[0]|0x20 == 'f' && b[1]|0x20 == 'a' && b[2]|0x20 == 'l' && b[3]|0x20 == 's' && b[4]|0x20 == 'e':
		return false, true
	}
	return false, false
}

// plain gathers texts.
type plain struct {
	fixed
	ends []int32
	data []byte
}

func (c *plain) Rows(text []byte, at cells.Column, quoted bool) {
	text = text[:cap(text)]
	for r := range at.Rows {
		s, e := at.Cell(text, r)
		cell := text[s:e]
		if quoted && s < e && text[s] == c.quote {
			cell = unquoted(cell[1:len(cell)-1], c.quote)
		}
		c.add(cell)
	}
}

func (c *plain) add(cell []byte) {
	if len(c.ends) == 0 {
		c.ends = append(c.ends, 0)
	}
	if n := len(c.data); n+len(cell) <= cap(c.data) {
		c.data = c.data[:n+len(cell)]
		copy(c.data[n:], cell)
	} else {
		c.data = append(c.data, cell...)
	}
	c.ends = append(c.ends, int32(len(c.data)))
	if len(cell) == 0 {
		c.mark()
	}
	c.n++
}

func (c *plain) Cell(b []byte, s, e int) { c.add(b[s:e]) }

func (c *plain) Null() { c.add(nil) }

func (c *plain) Take(column int, reuse bool) (arrow.Array, []table.Odd) {
	if len(c.ends) == 0 {
		c.ends = append(c.ends, 0)
	}
	n, valid, nulls, odd := c.reset(column)
	data := array.NewData(c.kind, n, []*memory.Buffer{valid, memory.NewBufferBytes(bytesOf(c.ends)), memory.NewBufferBytes(c.data)}, nil, nulls, 0)
	c.ends, c.data = again(c.ends, reuse), again(c.data, reuse)
	return array.NewStringData(data), odd
}
