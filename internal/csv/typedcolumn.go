package csv

import (
	"fmt"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/beamline-go/beamline/internal/cells"
	"github.com/beamline-go/beamline/internal/dates"
	"github.com/beamline-go/beamline/internal/number"
	"github.com/beamline-go/beamline/table"
)

// newTypedColumn returns what gathers the cells of a column, and the type of the
// arrays that it makes.
func newTypedColumn(c table.Column, dictionary bool, d Dialect) (typedColumn, arrow.DataType, error) {
	kind, err := c.Type.Arrow()
	if err != nil {
		return nil, nil, err
	}
	layouts, err := dates.NamedAll(c.Layouts)
	if err != nil {
		return nil, nil, fmt.Errorf("csv: column %q: %w", c.Name, err)
	}
	base := fixed{kind: kind, quote: d.Quote}
	switch c.Type {
	case table.Int64:
		return &numbers[int64]{base, cells.Int, number.Int, nil}, kind, nil
	case table.Float64:
		return &numbers[float64]{base, cells.Float, number.Parse, nil}, kind, nil
	case table.Date:
		return &numbers[int32]{base, cells.Date, func(s string) (int32, bool) {
			t, ok := dates.Read(s, layouts)
			return int32(arrow.Date32FromTime(t)), ok
		}, nil}, kind, nil
	case table.Timestamp:
		return &numbers[int64]{base, cells.Timestamp, func(s string) (int64, bool) {
			t, ok := dates.Read(s, layouts)
			return t.UnixMicro(), ok
		}, nil}, kind, nil
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
	valid []byte // a bit for each cell
	n     int    // cells
	nulls int
	odd   []Odd
}

// mark notes whether the next cell has a value.
func (f *fixed) mark(valid bool) {
	if f.n>>3 == len(f.valid) {
		f.valid = append(f.valid, 0)
	}
	if valid {
		f.valid[f.n>>3] |= 1 << (f.n & 7)
	} else {
		f.nulls++
	}
	f.n++
}

// validity returns the bitmap, or nil where no cell is null.
func (f *fixed) validity(reuse bool) *memory.Buffer {
	var out *memory.Buffer
	if f.nulls > 0 {
		out = memory.NewBufferBytes(f.valid)
	}
	if reuse {
		f.valid = f.valid[:0]
	} else {
		f.valid = make([]byte, 0, len(f.valid)+len(f.valid)/16+8)
	}
	return out
}

// reset begins a new batch, and returns what the one before had.
func (f *fixed) reset(column int) (n, nulls int, odd []Odd) {
	n, nulls, odd = f.n, f.nulls, f.odd
	for i := range odd {
		odd[i].Column = column
	}
	f.n, f.nulls, f.odd = 0, 0, nil
	return n, nulls, odd
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
	fast   func(b []byte, s, e int) (T, bool)
	slow   func(s string) (T, bool)
	values []T
}

func (c *numbers[T]) rows(buf []byte, x *index, f int) {
	buf = buf[:cap(buf)]
	k, last := f, f == x.width-1
	s := x.from
	if f > 0 {
		s = int(x.ends[f-1]) + 1
	}
	for range x.rows {
		e := int(x.ends[k])
		if last && e > s && buf[e-1] == '\r' {
			e--
		}
		if v, ok := c.fast(buf, s, e); ok {
			c.values = append(c.values, v)
			c.mark(true)
		} else {
			c.other(buf, s, e)
		}
		k += x.width
		if k-1 < len(x.ends) {
			s = int(x.ends[k-1]) + 1
		}
	}
}

// other reads a cell of the index that is not spelled as nearly all are.
func (c *numbers[T]) other(b []byte, s, e int) {
	if e > s+1 && b[s] == c.quote && c.quote != 0 {
		s, e = s+1, e-1
	}
	c.cell(b, s, e)
}

func (c *numbers[T]) cell(b []byte, s, e int) {
	if s == e {
		c.null()
		return
	}
	v, ok := c.fast(b, s, e)
	if !ok {
		v, ok = c.slow(string(b[s:e]))
	}
	if !ok {
		c.odd = append(c.odd, Odd{Row: c.n, Text: string(b[s:e])})
	}
	c.values = append(c.values, v)
	c.mark(ok)
}

func (c *numbers[T]) null() {
	c.values = append(c.values, 0)
	c.mark(false)
}

func (c *numbers[T]) take(column int, reuse bool) (arrow.Array, []Odd) {
	n, nulls, odd := c.reset(column)
	values := memory.NewBufferBytes(bytesOf(c.values))
	c.values = again(c.values, reuse)
	data := array.NewData(c.kind, n, []*memory.Buffer{c.validity(reuse), values}, nil, nulls, 0)
	return array.MakeFromData(data), odd
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

func (c *bools) rows(buf []byte, x *index, f int) { eachField(c, buf, x, f, c.quote) }

func (c *bools) cell(b []byte, s, e int) {
	value, ok := boolean(b[s:e])
	if !ok && s < e {
		c.odd = append(c.odd, Odd{Row: c.n, Text: string(b[s:e])})
	}
	c.set(value)
	c.mark(ok)
}

func (c *bools) set(value bool) {
	if c.n>>3 == len(c.values) {
		c.values = append(c.values, 0)
	}
	if value {
		c.values[c.n>>3] |= 1 << (c.n & 7)
	}
}

func (c *bools) null() {
	c.set(false)
	c.mark(false)
}

func (c *bools) take(column int, reuse bool) (arrow.Array, []Odd) {
	n, nulls, odd := c.reset(column)
	values := memory.NewBufferBytes(c.values)
	c.values = again(c.values, reuse)
	data := array.NewData(c.kind, n, []*memory.Buffer{c.validity(reuse), values}, nil, nulls, 0)
	return array.NewBooleanData(data), odd
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

// eachField gives the cells of a field of the indexed records to a column.
func eachField(c typedColumn, buf []byte, x *index, f int, quote byte) {
	buf = buf[:cap(buf)]
	for r := range x.rows {
		s, e := x.field(buf, r, f)
		if x.quote && s < e && buf[s] == quote {
			if content := unquoted(buf[s+1:e-1], quote); len(content) != e-s-2 {
				padded := append(content, make([]byte, cells.Pad)...)
				c.cell(padded, 0, len(content))
				continue
			}
			s, e = s+1, e-1
		}
		c.cell(buf, s, e)
	}
}

// plain gathers texts.
type plain struct {
	fixed
	ends []int32
	data []byte
}

func (c *plain) rows(buf []byte, x *index, f int) {
	buf = buf[:cap(buf)]
	for r := range x.rows {
		s, e := x.field(buf, r, f)
		cell := buf[s:e]
		if x.quote && s < e && buf[s] == c.quote {
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
	c.mark(len(cell) > 0)
}

func (c *plain) cell(b []byte, s, e int) { c.add(b[s:e]) }

func (c *plain) null() { c.add(nil) }

func (c *plain) take(column int, reuse bool) (arrow.Array, []Odd) {
	if len(c.ends) == 0 {
		c.ends = append(c.ends, 0)
	}
	n, nulls, odd := c.reset(column)
	data := array.NewData(c.kind, n, []*memory.Buffer{c.validity(reuse), memory.NewBufferBytes(bytesOf(c.ends)), memory.NewBufferBytes(c.data)}, nil, nulls, 0)
	c.ends, c.data = again(c.ends, reuse), again(c.data, reuse)
	return array.NewStringData(data), odd
}
