package parquetrows

import (
	"fmt"
	"io"
	"unsafe"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/schema"

	"github.com/beamline-go/beamline/internal/arrowtext"
	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/internal/vector"
	"github.com/beamline-go/beamline/table"
)

// TypedReader reads some columns of the blocks of one file as typed batches. Only
// the pages of those columns are read, and their values go from the pages into the
// batch; a column that is stored as another type than is asked for, or has parts, is
// read by way of text.
type TypedReader struct {
	Reader
	Typed []table.Column // of the batches
	// Reuse says that a batch is done with when the next one is asked for.
	Reuse bool

	columns []column // by place in Typed; nil where it goes by way of text
	file    *file.Reader
	pool    pool
	byText  vector.Typer
	chunks  int64 // the row group whose chunks are open; -1 for none
	at      int64 // the row of it that comes next
}

// column reads the values of a column chunk.
type column interface {
	open(c file.ColumnChunkReader) error
	// rows reads the next n rows.
	rows(n int, reuse bool) (arrow.Array, error)
	leaf() int
}

// Block reads block b.
func (r *TypedReader) Block(src io.ReaderAt, b int) (table.Batch, error) {
	block := r.Plan.Blocks[b]
	out := table.Batch{Position: table.Position{Input: r.File, Sequence: int64(b)}, Source: r.Source, First: block.Row}
	err := arrowtext.Safely(kind, r.Source, func() error {
		if err := r.prepare(src); err != nil {
			return err
		}
		rows := min(r.file.RowGroup(int(block.First)).NumRows()-block.Line, sliceRows)
		arrays := make([]arrow.Array, len(r.Typed))
		if err := r.values(block, rows, arrays); err != nil {
			return fmt.Errorf("row group %d, row %d: %w", block.First, block.Line, err)
		}
		var err error
		out.Odd, err = r.texts(src, b, arrays)
		if err != nil {
			return err
		}
		out.Record = array.NewRecordBatch(r.byText.Schema, arrays, rows)
		return nil
	})
	return out, err
}

// values reads the columns that are stored as the types that are asked for.
func (r *TypedReader) values(block grid.Block, rows int64, arrays []arrow.Array) error {
	if r.chunks != block.First || r.at > block.Line {
		group := r.file.RowGroup(int(block.First))
		for _, c := range r.columns {
			if c == nil {
				continue
			}
			chunk, err := group.Column(c.leaf())
			if err != nil {
				return err
			}
			if err := c.open(chunk); err != nil {
				return err
			}
		}
		r.chunks, r.at = block.First, 0
	}
	for ; r.at < block.Line; r.at += sliceRows {
		for _, c := range r.columns {
			if c != nil {
				if _, err := c.rows(sliceRows, true); err != nil {
					return err
				}
			}
		}
	}
	for i, c := range r.columns {
		if c == nil {
			continue
		}
		var err error
		if arrays[i], err = c.rows(int(rows), r.Reuse); err != nil {
			return err
		}
	}
	r.at += rows
	return nil
}

// texts reads the other columns.
func (r *TypedReader) texts(src io.ReaderAt, b int, arrays []arrow.Array) ([]table.Odd, error) {
	if len(r.Columns) == 0 {
		return nil, nil
	}
	batch, err := r.Reader.Block(src, b)
	if err != nil {
		return nil, err
	}
	k := 0
	var odd []table.Odd
	for i := range arrays {
		if arrays[i] == nil {
			var o []table.Odd
			arrays[i], o = r.byText.Column(i, batch.Text(k))
			odd = append(odd, o...)
			k++
		}
	}
	return odd, nil
}

// prepare opens the file and finds the columns.
func (r *TypedReader) prepare(src io.ReaderAt) error {
	if r.file != nil {
		return nil
	}
	r.pool.limit.Most = arrowtext.MostBuffer(r.Plan.Size)
	props := parquet.NewReaderProperties(&r.pool)
	props.BufferedStreamEnabled = true // a page at a time, not a chunk
	f, err := file.NewParquetReader(io.NewSectionReader(src, 0, r.Plan.Size), file.WithReadProps(props))
	if err != nil {
		return err
	}
	if err := trusted(f.MetaData(), r.Plan.Size); err != nil {
		return err
	}
	if r.byText, err = vector.NewTyper(r.Typed); err != nil {
		return err
	}
	r.chunks = -1
	r.columns, r.Columns = make([]column, len(r.Typed)), nil
	for i, c := range r.Typed {
		if r.columns[i] = stored(f.MetaData().Schema, c, r.byText.Schema.Field(i).Type); r.columns[i] == nil {
			r.Columns = append(r.Columns, c.Name)
		}
	}
	r.file = f
	return nil
}

// stored returns what reads a column as it is stored, or nil where it is stored as
// another type.
func stored(s *schema.Schema, c table.Column, kind arrow.DataType) column {
	for leaf := range s.NumColumns() {
		d := s.Column(leaf)
		if d.Path() != c.Name || d.MaxRepetitionLevel() > 0 {
			continue
		}
		base := chunk{at: leaf, kind: kind, deepest: d.MaxDefinitionLevel()}
		switch logical := d.LogicalType(); {
		case d.PhysicalType() == parquet.Types.Double && c.Type == table.Float64:
			return &numbers[float64, *file.Float64ColumnChunkReader]{chunk: base}
		case d.PhysicalType() == parquet.Types.Int64 && c.Type == table.Int64 && plainInt(logical):
			return &numbers[int64, *file.Int64ColumnChunkReader]{chunk: base}
		case d.PhysicalType() == parquet.Types.Int64 && c.Type == table.Timestamp && micros(logical, c.Local()):
			return &numbers[int64, *file.Int64ColumnChunkReader]{chunk: base}
		case d.PhysicalType() == parquet.Types.Int32 && c.Type == table.Date && logical.Equals(schema.DateLogicalType{}):
			return &numbers[int32, *file.Int32ColumnChunkReader]{chunk: base}
		case d.PhysicalType() == parquet.Types.ByteArray && c.Type.Textual() && logical.Equals(schema.StringLogicalType{}):
			return &words{chunk: base}
		}
	}
	return nil
}

// plainInt reports whether 64 bits are a whole number with its sign.
func plainInt(l schema.LogicalType) bool {
	i, ok := l.(schema.IntLogicalType)
	return ok && i.IsSigned() || l.IsNone() || !l.IsValid()
}

// micros reports whether 64 bits are such microseconds.
func micros(l schema.LogicalType, local bool) bool {
	t, ok := l.(schema.TimestampLogicalType)
	return ok && t.TimeUnit() == schema.TimeUnitMicros && t.IsAdjustedToUTC() != local
}

// chunk is what columns have in common.
type chunk struct {
	at      int
	kind    arrow.DataType
	deepest int16   // the definition level of a value
	levels  []int16 // of the rows
}

func (c *chunk) leaf() int { return c.at }

// valid returns the bits that say which of the rows have a value, how many have
// none, and spreads the values, which are dense, over the rows.
func (c *chunk) valid(n, values int, move func(to, from int)) (*memory.Buffer, int) {
	if values == n {
		return nil, 0
	}
	bits := make([]byte, (n+7)/8)
	from := values
	for i := n - 1; i >= 0; i-- {
		if c.levels[i] == c.deepest {
			from--
			bits[i>>3] |= 1 << (i & 7)
			move(i, from)
		} else {
			move(i, -1)
		}
	}
	return memory.NewBufferBytes(bits), n - values
}

// reader is a column chunk reader of the library.
type reader[T any] interface {
	ReadBatch(size int64, values []T, defLevels, repLevels []int16) (total int64, valuesRead int, err error)
}

// fill reads n rows, the values one behind the other.
func fill[T any](r reader[T], values []T, levels []int16, n int) (int, error) {
	rows, have := 0, 0
	for rows < n {
		total, k, err := r.ReadBatch(int64(n-rows), values[have:], levels[rows:n], nil)
		if err != nil {
			return 0, err
		}
		if total == 0 {
			return 0, fmt.Errorf("the column ends after %d of %d rows", rows, n)
		}
		rows, have = rows+int(total), have+k
	}
	return have, nil
}

// numbers reads values of a fixed width.
type numbers[T int64 | int32 | float64, R reader[T]] struct {
	chunk
	source R
	values []T
}

func (c *numbers[T, R]) open(r file.ColumnChunkReader) error {
	var ok bool
	if c.source, ok = r.(R); !ok {
		return fmt.Errorf("column %d is of another type than the schema says", c.at)
	}
	return nil
}

func (c *numbers[T, R]) rows(n int, reuse bool) (arrow.Array, error) {
	if cap(c.values) < n || !reuse {
		c.values = make([]T, n)
	}
	if len(c.levels) < n {
		c.levels = make([]int16, n)
	}
	values := c.values[:n]
	have, err := fill[T](c.source, values, c.levels, n)
	if err != nil {
		return nil, err
	}
	valid, nulls := c.valid(n, have, func(to, from int) {
		if from < 0 {
			values[to] = 0
		} else {
			values[to] = values[from]
		}
	})
	bytes := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(values))), n*int(unsafe.Sizeof(values[0])))
	return array.MakeFromData(array.NewData(c.kind, n, []*memory.Buffer{valid, memory.NewBufferBytes(bytes)}, nil, nulls, 0)), nil
}

// words reads texts.
type words struct {
	chunk
	source *file.ByteArrayColumnChunkReader
	values []parquet.ByteArray
	ends   []int32
	data   []byte
}

func (c *words) open(r file.ColumnChunkReader) error {
	var ok bool
	if c.source, ok = r.(*file.ByteArrayColumnChunkReader); !ok {
		return fmt.Errorf("column %d is of another type than the schema says", c.at)
	}
	return nil
}

// textRows is how many texts are read at a time, at most: they point into a page,
// which the next reading may give up.
const textRows = 4096

func (c *words) rows(n int, reuse bool) (arrow.Array, error) {
	if !reuse {
		c.ends, c.data = nil, make([]byte, 0, len(c.data))
	}
	c.ends, c.data = append(c.ends[:0], 0), c.data[:0]
	if c.values == nil {
		c.values, c.levels = make([]parquet.ByteArray, textRows), make([]int16, textRows)
	}
	var bits []byte
	nulls := 0
	for row := 0; row < n; {
		total, k, err := c.source.ReadBatchInPage(int64(min(n-row, textRows)), c.values, c.levels, nil)
		if err != nil {
			return nil, err
		}
		if total == 0 {
			return nil, fmt.Errorf("the column ends after %d of %d rows", row, n)
		}
		from := 0
		for i := range int(total) {
			if k == int(total) || c.levels[i] == c.deepest {
				if len(c.data)+len(c.values[from]) > arrowtext.MostText {
					return nil, fmt.Errorf("%d rows have more than %d MB of text", n, arrowtext.MostText>>20)
				}
				c.data = append(c.data, c.values[from]...)
				from++
			} else {
				if bits == nil {
					bits = ones(n)
				}
				bits[(row+i)>>3] &^= 1 << ((row + i) & 7)
				nulls++
			}
			c.ends = append(c.ends, int32(len(c.data)))
		}
		row += int(total)
	}
	var valid *memory.Buffer
	if nulls > 0 {
		valid = memory.NewBufferBytes(bits)
	}
	offsets := memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(c.ends))
	return array.NewStringData(array.NewData(c.kind, n, []*memory.Buffer{valid, offsets, memory.NewBufferBytes(c.data)}, nil, nulls, 0)), nil
}

func ones(n int) []byte {
	bits := make([]byte, (n+7)/8)
	for i := range bits {
		bits[i] = 0xFF
	}
	return bits
}

// pool is an allocator that gives out again what was freed. One reader uses it, in
// one goroutine at a time.
type pool struct {
	free  map[int][][]byte
	limit arrowtext.Limited
}

// Allocate implements memory.Allocator.
func (p *pool) Allocate(size int) []byte {
	if list := p.free[size]; len(list) > 0 {
		b := list[len(list)-1]
		p.free[size] = list[:len(list)-1]
		return b
	}
	p.limit.Check(size)
	return memory.DefaultAllocator.Allocate(size)
}

// Reallocate implements memory.Allocator.
func (p *pool) Reallocate(size int, b []byte) []byte {
	if size <= cap(b) {
		return b[:size]
	}
	more := p.Allocate(size)
	copy(more, b)
	return more
}

// keep bounds how many buffers of a size are kept.
const keep = 8

// Free implements memory.Allocator.
func (p *pool) Free(b []byte) {
	if p.free == nil {
		p.free = map[int][][]byte{}
	}
	if list := p.free[cap(b)]; len(list) < keep && len(p.free) < 64 {
		p.free[cap(b)] = append(list, b[:cap(b)])
	}
}
