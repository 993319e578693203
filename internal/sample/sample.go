// Package sample keeps rows of a table within a bound of bytes: all of them
// where they fit, and otherwise those whose place hashes below a threshold that
// halves until the rest fits. Which rows are kept depends on the table alone,
// never on who read which block when.
package sample

import (
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/beamline-go/beamline/table"
)

const (
	// Budget is how many bytes of rows are kept at most.
	Budget = 16 << 20
	// MaxCell is the length in bytes up to which a cell is kept; a longer one is
	// empty in the sample.
	MaxCell = 1 << 10
)

// Rows is a sample. The zero value is empty.
type Rows struct {
	Columns []string
	Level   int    // a row is kept if the first Level bits of its hash are zero
	Seen    int64  // rows of the table
	Data    []byte // the rows that are kept, one behind the other
	// Limit is Budget where it is zero.
	Limit int
}

// Add counts a batch of text.
func (r *Rows) Add(b table.Batch) {
	if b.Len() == 0 {
		return
	}
	columns := make([]*array.String, b.Record.NumCols())
	for c, f := range b.Record.Schema().Fields() {
		columns[c] = b.Text(c)
		if len(r.Columns) <= c {
			r.Columns = append(r.Columns, f.Name)
		}
	}
	r.Seen += int64(b.Len())
	for i := range b.Len() {
		h := hash(b.Input, b.Row(i))
		if !kept(h, r.Level) {
			continue
		}
		r.Data = appendRow(r.Data, b.Input, b.Row(i), columns, i)
		r.shrink()
	}
}

// Merge counts all that o counted.
func (r *Rows) Merge(o Rows) {
	if r.Columns == nil {
		r.Columns = o.Columns
	}
	r.Seen += o.Seen
	if o.Level > r.Level {
		r.raise(o.Level)
	}
	if o.Level < r.Level {
		o.raise(r.Level)
	}
	r.Data = append(r.Data, o.Data...)
	r.shrink()
}

// Whole reports whether every row is there.
func (r *Rows) Whole() bool { return r.Level == 0 }

// Shrink makes the sample smaller until it has at most limit bytes.
func (r *Rows) Shrink(limit int) {
	r.Limit = limit
	r.shrink()
}

// Size is about how many bytes the rows of the whole table have.
func (r *Rows) Size() int64 { return int64(len(r.Data)) << r.Level }

// shrink halves the sample until it fits. The lowest level at which the rows of
// a table fit is at least that of any part of them, so the order of merges does
// not count.
func (r *Rows) shrink() {
	limit := cmp.Or(r.Limit, Budget)
	for len(r.Data) > limit && r.Level < 64 {
		r.raise(r.Level + 1)
	}
}

func (r *Rows) raise(level int) {
	r.Level = level
	out := r.Data[:0]
	for at := r.Data; len(at) > 0; {
		n := int(binary.LittleEndian.Uint32(at))
		if kept(hash(place(at)), level) {
			out = append(out, at[:n]...)
		}
		at = at[n:]
	}
	r.Data = out
}

const header = 4 + 4 + 8 // length of the row, file, number in the file

func appendRow(dst []byte, file int, row int64, columns []*array.String, i int) []byte {
	from := len(dst)
	dst = binary.LittleEndian.AppendUint32(dst, 0)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(file))
	dst = binary.LittleEndian.AppendUint64(dst, uint64(row))
	for _, c := range columns {
		cell := c.Value(i)
		if len(cell) > MaxCell {
			cell = ""
		}
		dst = binary.AppendUvarint(dst, uint64(len(cell)))
		dst = append(dst, cell...)
	}
	binary.LittleEndian.PutUint32(dst[from:], uint32(len(dst)-from))
	return dst
}

func place(at []byte) (file int, row int64) {
	return int(binary.LittleEndian.Uint32(at[4:])), int64(binary.LittleEndian.Uint64(at[8:]))
}

func kept(h uint64, level int) bool { return level == 0 || h>>(64-level) == 0 }

// hash is the finalizer of SplitMix64 over file and row (Steele et al., "Fast
// splittable pseudorandom number generators", 2014).
func hash(file int, row int64) uint64 {
	z := uint64(row)*0x9e3779b97f4a7c15 + uint64(file)*0xd1b54a32d192ed03 + 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// Each calls f for every row that is kept, in the order of the table. The slice
// is used again for the next row; its strings are not copied.
func (r *Rows) Each(f func(cells []string)) {
	var rows [][]byte
	for at := r.Data; len(at) > 0; {
		n := int(binary.LittleEndian.Uint32(at))
		rows = append(rows, at[:n])
		at = at[n:]
	}
	slices.SortFunc(rows, func(a, b []byte) int {
		fa, ra := place(a)
		fb, rb := place(b)
		return cmp.Or(cmp.Compare(fa, fb), cmp.Compare(ra, rb))
	})
	cells := make([]string, len(r.Columns))
	for _, row := range rows {
		at := row[header:]
		for c := range cells {
			n, k := binary.Uvarint(at)
			cells[c] = string(at[k : k+int(n)])
			at = at[k+int(n):]
		}
		f(cells)
	}
}
