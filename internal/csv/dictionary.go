package csv

import (
	"encoding/binary"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// indices gathers texts as indices into the different ones of the batch, in the
// order in which they appear.
type indices struct {
	fixed
	kind   *arrow.DictionaryType
	values plain // the different texts
	codes  []int32
	slots  []slot // of a hash table with open addressing; a power of two
}

// slot is a text of the hash table.
type slot struct {
	low, high uint64 // its first sixteen bytes
	code      int32  // 1 + its index; 0 where the slot is free
	size      int32
}

func newIndices(f fixed) *indices {
	return &indices{fixed: f, kind: &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String},
		values: plain{fixed: fixed{kind: arrow.BinaryTypes.String}}, slots: make([]slot, 64)}
}

func (c *indices) rows(buf []byte, x *index, f int) { eachField(c, buf, x, f, c.quote) }

func (c *indices) cell(b []byte, s, e int) {
	if s == e {
		c.null()
		return
	}
	c.codes = append(c.codes, c.code(b, s, e))
	c.mark(true)
}

func (c *indices) null() {
	c.codes = append(c.codes, 0)
	c.mark(false)
}

// code returns the index of a text, which it may have to add.
func (c *indices) code(b []byte, s, e int) int32 {
	low, high := first16(b, s, e-s)
	size := int32(e - s)
	hash := hash16(low, high, b[s:e])
	for i := hash & uint64(len(c.slots)-1); ; i = (i + 1) & uint64(len(c.slots)-1) {
		t := &c.slots[i]
		if t.code == 0 {
			return c.insert(i, slot{low, high, 0, size}, b[s:e])
		}
		if t.low == low && t.high == high && t.size == size && (size <= 16 || string(c.text(t.code-1)) == string(b[s:e])) {
			return t.code - 1
		}
	}
}

// first16 returns the first sixteen of n bytes, with zeros behind them.
func first16(b []byte, s, n int) (low, high uint64) {
	low = binary.LittleEndian.Uint64(b[s : s+8])
	if n < 8 {
		return low & (1<<uint(8*n) - 1), 0
	}
	high = binary.LittleEndian.Uint64(b[s+8 : s+16])
	if n < 16 {
		high &= 1<<uint(8*(n-8)) - 1
	}
	return low, high
}

func hash16(low, high uint64, text []byte) uint64 {
	h := (low ^ high*0x9E3779B97F4A7C15) * 0xBF58476D1CE4E5B9
	for i := 16; i+8 <= len(text); i += 8 {
		h = (h ^ h>>29 ^ binary.LittleEndian.Uint64(text[i:])) * 0x94D049BB133111EB
	}
	return h ^ h>>32 ^ uint64(len(text))
}

// text returns a text that is known.
func (c *indices) text(i int32) []byte { return c.values.data[c.values.ends[i]:c.values.ends[i+1]] }

func (c *indices) insert(i uint64, t slot, text []byte) int32 {
	c.values.add(text)
	t.code = int32(c.values.n)
	c.slots[i] = t
	if c.values.n*2 > len(c.slots) {
		c.grow()
	}
	return t.code - 1
}

func (c *indices) grow() {
	old := c.slots
	c.slots = make([]slot, 2*len(old))
	for _, t := range old {
		if t.code == 0 {
			continue
		}
		i := hash16(t.low, t.high, c.text(t.code-1)) & uint64(len(c.slots)-1)
		for c.slots[i].code != 0 {
			i = (i + 1) & uint64(len(c.slots)-1)
		}
		c.slots[i] = t
	}
}

func (c *indices) take(column int, reuse bool) (arrow.Array, []Odd) {
	n, nulls, odd := c.reset(column)
	values, _ := c.values.take(0, reuse)
	data := array.NewDataWithDictionary(c.kind, n, []*memory.Buffer{c.validity(reuse), memory.NewBufferBytes(bytesOf(c.codes))}, nulls, 0, values.Data().(*array.Data))
	c.codes = again(c.codes, reuse)
	clear(c.slots)
	return array.NewDictionaryData(data), odd
}
