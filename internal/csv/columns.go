package csv

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// Column is the cells of one column, end to end.
type Column struct {
	data []byte
	ends []int32 // ends[i] is where cell i ends; cell 0 starts at 0
	// offsets, where it is not nil, begins with a 0 and goes on with the
	// memory of ends, unless that had to grow.
	offsets []int32
}

// reserve makes room for cells.
func (c *Column) reserve(bytes, cells int) {
	c.data, c.offsets = make([]byte, 0, bytes), make([]int32, cells+1)
	c.ends = c.offsets[1:1]
}

// starts returns where each cell starts, and the end of the last one: what Arrow
// calls offsets.
func (c *Column) starts() []int32 {
	n := len(c.ends)
	if n > 0 && n < len(c.offsets) && &c.offsets[1] == &c.ends[0] {
		return c.offsets[:n+1]
	}
	all := make([]int32, n+1)
	copy(all[1:], c.ends)
	return all
}

// Append adds a cell.
func (c *Column) Append(cell []byte) {
	c.data = append(c.data, cell...)
	c.ends = append(c.ends, int32(len(c.data)))
}

// Len is the number of cells.
func (c *Column) Len() int { return len(c.ends) }

// Last is the last cell.
func (c *Column) Last() []byte { return c.data[c.start(len(c.ends)-1):] }

// Truncate drops the cells from the n-th on.
func (c *Column) Truncate(n int) {
	c.data, c.ends = c.data[:c.start(n)], c.ends[:n]
}

// Columns are columns of the same records.
type Columns []Column

// Truncate drops the cells of records from the n-th on, where there are any.
func (cs Columns) Truncate(n int) {
	for i := range cs {
		if cs[i].Len() > n {
			cs[i].Truncate(n)
		}
	}
}

// Fill gives columns that have no cell of record n an empty one.
func (cs Columns) Fill(n int) {
	for i := range cs {
		if cs[i].Len() == n {
			cs[i].Append(nil)
		}
	}
}

// Record returns n records with columns of those names.
func (cs Columns) Record(names []string, n int) arrow.RecordBatch {
	arrays := make([]arrow.Array, len(cs))
	for i := range cs {
		arrays[i] = cs[i].Array()
	}
	return array.NewRecordBatch(TextSchema(names), arrays, int64(n))
}

// start returns where cell i of the column starts.
func (c *Column) start(i int) int32 {
	if i == 0 {
		return 0
	}
	return c.ends[i-1]
}

// texts are the columns that the parser itself fills.
type texts struct {
	cols  Columns
	quote byte
}

// rows implements gatherer.
func (t texts) rows(buf []byte, x *index) int {
	for f := range t.cols {
		t.cols[f].rows(buf, x, f, t.quote)
	}
	return x.rows
}

// parsed implements gatherer: the record is where it belongs.
func (t texts) parsed(*parser) {}

// rows appends the cells of field f of the indexed records.
func (c *Column) rows(buf []byte, x *index, f int, quote byte) {
	data, ends := c.data, c.ends
	for r := range x.rows {
		s, e := x.field(buf, r, f)
		cell := buf[s:e]
		if x.quote && s < e && buf[s] == quote {
			cell = unquoted(cell[1:len(cell)-1], quote)
		}
		// Growing in place writes no pointer, which the collector would have to be
		// told of.
		if n := len(data); n+len(cell) <= cap(data) {
			data = data[:n+len(cell)]
			copy(data[n:], cell)
		} else {
			data = append(data, cell...)
		}
		ends = append(ends, int32(len(data)))
	}
	c.data, c.ends = data, ends
}
