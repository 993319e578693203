package vector

import (
	"encoding/binary"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/beamline-go/beamline/internal/cells"
	"github.com/beamline-go/beamline/table"
)

// indices gathers texts as indices into the different ones of the batch, in the
// order in which they appear.
type indices struct {
	fixed
	kind   *arrow.DictionaryType
	values plain // the different texts
	codes  []int32
	slots  []slot // of a hash table with open addressing: 2^(64-shift) of them
	shift  uint
}

// slot is a text of the hash table.
type slot struct {
	low, high uint64 // its first sixteen bytes
	hash      uint64
	code      int32
	size      uint32 // its bytes; 0 where the slot is free
}

func newIndices(f fixed) *indices {
	return &indices{fixed: f, kind: &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String},
		values: plain{fixed: fixed{kind: arrow.BinaryTypes.String}}, slots: make([]slot, 64), shift: 58}
}

func (c *indices) Rows(text []byte, at cells.Column, quoted bool) {
	text = text[:cap(text)]
	s, k := at.Start, at.First
	for r := range at.Rows {
		if k > 0 {
			s = int(at.Ends[k-1]) + 1
		}
		e := int(at.Ends[k])
		k += at.Stride
		if quoted && text[s] == c.quote || at.Last {
			c.quotedCell(text, at, r, quoted)
			continue
		}
		c.Cell(text, s, e)
	}
}

// quotedCell takes a cell that may be in quotes, or the last of its record.
func (c *indices) quotedCell(text []byte, at cells.Column, r int, quoted bool) {
	s, e := at.Cell(text, r)
	if quoted && s < e && text[s] == c.quote {
		content := append(slices.Clone(unquoted(text[s+1:e-1], c.quote)), make([]byte, cells.Pad)...)
		c.Cell(content, 0, len(content)-cells.Pad)
		return
	}
	c.Cell(text, s, e)
}

func (c *indices) Cell(b []byte, s, e int) {
	code := int32(0)
	if s == e {
		c.mark()
	} else {
		code = c.code(b, s, e)
	}
	c.codes = append(c.codes, code)
	c.n++
}

func (c *indices) Null() { c.Cell(nil, 0, 0) }

// code returns the index of a text, which it may have to add.
func (c *indices) code(b []byte, s, e int) int32 {
	size := uint32(e - s)
	low, high := first16(b, s, int(size))
	hash := (low ^ high*0x9E3779B97F4A7C15) * 0xBF58476D1CE4E5B9
	if size > 16 {
		hash = hashRest(hash, b[s+16:e])
	}
	// Only the high bits of a product depend on all bits of its factors.
	mask := uint64(len(c.slots) - 1)
	for i := hash >> c.shift; ; i = (i + 1) & mask {
		t := &c.slots[i]
		if t.low == low && t.high == high && t.size == size && (size <= 16 || string(c.text(t.code)) == string(b[s:e])) {
			return t.code
		}
		if t.size == 0 {
			return c.insert(i, slot{low: low, high: high, hash: hash, size: size}, b[s:e])
		}
	}
}

// keep has the bits of the first n of eight bytes.
var keep = [9]uint64{0, 1<<8 - 1, 1<<16 - 1, 1<<24 - 1, 1<<32 - 1, 1<<40 - 1, 1<<48 - 1, 1<<56 - 1, 1<<64 - 1}

// first16 returns the first sixteen of n bytes, with zeros behind them. There is no
// branch on n, which can't be foreseen.
func first16(b []byte, s, n int) (low, high uint64) {
	b = b[s : s+16]
	return binary.LittleEndian.Uint64(b) & keep[min(n, 8)], binary.LittleEndian.Uint64(b[8:]) & keep[min(max(n-8, 0), 8)]
}

// hashRest goes on with a hash.
func hashRest(h uint64, text []byte) uint64 {
	for ; len(text) >= 8; text = text[8:] {
		h = (h ^ h>>29 ^ binary.LittleEndian.Uint64(text)) * 0x94D049BB133111EB
	}
	return h
}

// text returns a text that is known.
func (c *indices) text(i int32) []byte { return c.values.data[c.values.ends[i]:c.values.ends[i+1]] }

func (c *indices) insert(i uint64, t slot, text []byte) int32 {
	t.code = int32(c.values.n)
	c.values.add(text)
	c.slots[i] = t
	if c.values.n*2 > len(c.slots) {
		c.grow()
	}
	return t.code
}

func (c *indices) grow() {
	old := c.slots
	c.slots = make([]slot, 2*len(old))
	c.shift--
	mask := uint64(len(c.slots) - 1)
	for _, t := range old {
		if t.size == 0 {
			continue
		}
		i := t.hash >> c.shift
		for c.slots[i].size != 0 {
			i = (i + 1) & mask
		}
		c.slots[i] = t
	}
}

func (c *indices) Take(column int, reuse bool) (arrow.Array, []table.Odd) {
	n, valid, nulls, odd := c.reset(column)
	values, _ := c.values.Take(0, reuse)
	data := array.NewDataWithDictionary(c.kind, n, []*memory.Buffer{valid, memory.NewBufferBytes(bytesOf(c.codes))}, nulls, 0, values.Data().(*array.Data))
	c.codes = again(c.codes, reuse)
	clear(c.slots)
	return array.NewDictionaryData(data), odd
}
