package vector

import (
	"bytes"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/beamline-go/beamline/internal/cells"
)

// Text is the cells of one column, end to end. The zero value is empty.
type Text struct {
	Data []byte
	Ends []int32 // Ends[i] is where cell i ends; cell 0 starts at 0
	// offsets, where it is not nil, begins with a 0 and goes on with the
	// memory of Ends, unless that had to grow.
	offsets []int32
}

// Reserve makes room for so many cells, of so many bytes together.
func (c *Text) Reserve(bytes, cells int) {
	c.Data, c.offsets = make([]byte, 0, bytes), make([]int32, cells+1)
	c.Ends = c.offsets[1:1]
}

// starts returns where each cell starts, and the end of the last one: what Arrow
// calls offsets.
func (c *Text) starts() []int32 {
	n := len(c.Ends)
	if n > 0 && n < len(c.offsets) && &c.offsets[1] == &c.Ends[0] {
		return c.offsets[:n+1]
	}
	all := make([]int32, n+1)
	copy(all[1:], c.Ends)
	return all
}

// AppendString adds a cell.
func (c *Text) AppendString(cell string) {
	c.Data = append(c.Data, cell...)
	c.Ends = append(c.Ends, int32(len(c.Data)))
}

// Len is the number of cells.
func (c *Text) Len() int { return len(c.Ends) }

// Last is the last cell.
func (c *Text) Last() []byte { return c.From(len(c.Ends) - 1) }

// Array returns the column as an Arrow array over the same bytes.
func (c *Text) Array() arrow.Array {
	data := array.NewData(arrow.BinaryTypes.String, len(c.Ends), []*memory.Buffer{
		nil, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(c.starts())), memory.NewBufferBytes(c.Data),
	}, nil, 0, 0)
	return array.NewStringData(data)
}

// Empty returns a column of n empty cells.
func Empty(n int) arrow.Array {
	empty := Text{Ends: make([]int32, n)}
	return empty.Array()
}

// Append adds a cell. Growing in place writes no pointer, which the collector would
// have to be told of.
func (c *Text) Append(cell []byte) {
	if n := len(c.Data); n+len(cell) <= cap(c.Data) {
		c.Data = c.Data[:n+len(cell)]
		copy(c.Data[n:], cell)
	} else {
		c.Data = append(c.Data, cell...)
	}
	c.Ends = append(c.Ends, int32(len(c.Data)))
}

// From is the cells from the n-th on, end to end.
func (c *Text) From(n int) []byte { return c.Data[c.start(n):] }

// Truncate drops the cells from the n-th on.
func (c *Text) Truncate(n int) {
	c.Data, c.Ends = c.Data[:c.start(n)], c.Ends[:n]
}

// Texts are columns of the same records.
type Texts []Text

// Truncate drops the cells of records from the n-th on, where there are any.
func (cs Texts) Truncate(n int) {
	for i := range cs {
		if cs[i].Len() > n {
			cs[i].Truncate(n)
		}
	}
}

// Fill gives columns that have no cell of record n an empty one.
func (cs Texts) Fill(n int) {
	for i := range cs {
		if cs[i].Len() == n {
			cs[i].Append(nil)
		}
	}
}

// Record returns n records with columns of those names.
func (cs Texts) Record(names []string, n int) arrow.RecordBatch {
	arrays := make([]arrow.Array, len(cs))
	for i := range cs {
		arrays[i] = cs[i].Array()
	}
	return array.NewRecordBatch(Schema(names), arrays, int64(n))
}

// start returns where cell i of the column starts.
func (c *Text) start(i int) int32 {
	if i == 0 {
		return 0
	}
	return c.Ends[i-1]
}

// Rows appends the cells of a column of an indexed text, some of which are in quotes
// if quoted says so.
func (c *Text) Rows(text []byte, at cells.Column, quoted bool, quote byte) {
	data, ends := c.Data, c.Ends
	for r := range at.Rows {
		s, e := at.Cell(text, r)
		cell := text[s:e]
		if quoted && s < e && text[s] == quote {
			cell = unquoted(cell[1:len(cell)-1], quote)
		}
		if n := len(data); n+len(cell) <= cap(data) { // as in Append
			data = data[:n+len(cell)]
			copy(data[n:], cell)
		} else {
			data = append(data, cell...)
		}
		ends = append(ends, int32(len(data)))
	}
	c.Data, c.Ends = data, ends
}

// unquoted takes off the doubling of quotes inside quotes.
func unquoted(b []byte, quote byte) []byte {
	if bytes.IndexByte(b, quote) < 0 {
		return b
	}
	return bytes.ReplaceAll(b, []byte{quote, quote}, []byte{quote})
}
