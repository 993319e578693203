// Package avrorows reads Avro container files as batches of text, some blocks of
// the file at a time. Members of records inside of a record become columns by their
// path, such as address.city; arrays and maps become JSON text. The format is that
// of the Avro 1.12 specification.
package avrorows

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/internal/vector"
	"github.com/beamline-go/beamline/table"
)

// Magic begins a container file.
const Magic = "Obj\x01"

const (
	maxHeader = 16 << 20 // bytes of the header, which holds the schema
	maxBlock  = 64 << 20 // bytes of a block, packed and unpacked
	goodBlock = 1 << 20  // bytes that a batch is made of, at least where there are as many
	maxCount  = 1 << 24  // records of a block

	emptyRecords = 1 << 16 // so many records of a block may have no bytes
)

// header is what a file says of itself.
type header struct {
	schema *schema
	codec  string
	sync   [16]byte
	size   int64 // bytes before the first block
}

// readHeader reads the header of a file of that size.
func readHeader(src io.ReaderAt, size int64) (header, error) {
	var h header
	data := make([]byte, min(size, maxHeader))
	if n, err := src.ReadAt(data, 0); n < len(data) && err != nil && err != io.EOF {
		return h, err
	}
	if !bytes.HasPrefix(data, []byte(Magic)) {
		return h, errors.New("it does not begin as an Avro file does")
	}
	d := datum{data: data, pos: len(Magic)}
	meta := map[string][]byte{}
	err := d.items(func() error {
		key, err := d.bytes()
		if err != nil {
			return err
		}
		meta[string(key)], err = d.bytes()
		return err
	})
	if err != nil {
		return h, fmt.Errorf("the header: %w", err)
	}
	sync, err := d.take(int64(len(h.sync)))
	if err != nil {
		return h, fmt.Errorf("the header: %w", err)
	}
	copy(h.sync[:], sync)
	h.size, h.codec = int64(d.pos), string(meta["avro.codec"])
	if h.schema, err = parseSchema(meta["avro.schema"]); err != nil {
		return h, err
	}
	if h.schema.kind != "record" {
		return h, fmt.Errorf("it holds values of the kind %s, not records", h.schema.kind)
	}
	return h, nil
}

// damaged turns an error into a fault of the data.
func damaged(source string, err error) error {
	if err == nil || fault.Is(err) {
		return err
	}
	return fault.Dataf("%s: the Avro file is damaged, or written in a way that can't be read: %v", source, err)
}

// Detect returns the columns of a file.
func Detect(src io.ReaderAt, size int64, source string) ([]string, error) {
	h, err := readHeader(src, size)
	if err != nil {
		return nil, damaged(source, err)
	}
	columns, err := h.schema.columns()
	if err != nil {
		return nil, fault.Dataf("%s: %v", source, err)
	}
	return columns, nil
}

// NewPlan returns the grid of a file from the heads of its blocks. A block of the
// grid is some of the file's; its First is the offset of the first of them.
func NewPlan(src io.ReaderAt, size int64, source string) (grid.Plan, error) {
	h, err := readHeader(src, size)
	if err != nil {
		return grid.Plan{}, damaged(source, err)
	}
	plan := grid.Plan{Start: h.size, Size: size, BlockSize: goodBlock}
	begun := h.size
	for at := h.size; at < size; {
		b, err := readHead(src, at, size)
		if err != nil {
			return plan, damaged(source, fmt.Errorf("the block at byte %d: %w", at, err))
		}
		if last := len(plan.Blocks) - 1; last < 0 || at-begun >= goodBlock || plan.Records-plan.Blocks[last].Row >= emptyRecords {
			begun = at
			plan.Blocks = append(plan.Blocks, grid.Block{First: at, Row: plan.Records + 1})
		}
		plan.Records += b.count
		at = b.end
	}
	return plan, nil
}

// block is a block of the file.
type block struct {
	count      int64 // of records
	begin, end int64 // of its data, and of the sync mark behind it
}

// readHead reads how many records, and how many bytes, a block has.
func readHead(src io.ReaderAt, at, size int64) (block, error) {
	var head [2 * binary.MaxVarintLen64]byte
	n, err := src.ReadAt(head[:], at)
	if err != nil && err != io.EOF {
		return block{}, err
	}
	d := datum{data: head[:n]}
	count, err := d.long()
	if err != nil {
		return block{}, err
	}
	length, err := d.long()
	if err != nil {
		return block{}, err
	}
	b := block{count: count, begin: at + int64(d.pos)}
	b.end = b.begin + length + 16
	if count < 0 || count > maxCount || length < 0 || length > maxBlock || b.end > size {
		return b, fmt.Errorf("%d records in %d bytes, of a file of %d", count, length, size)
	}
	return b, nil
}

// Reader reads the blocks of one file.
type Reader struct {
	Plan    grid.Plan
	Source  string   // as the user named it
	File    int      // index of the source in its table
	Columns []string // of the batches

	header *header
	index  map[string]int
}

// Block reads block b. Cells of the batch are texts; a null is empty. A file that
// is damaged is a fault of the data: what follows in a block can't be told.
func (r *Reader) Block(src io.ReaderAt, b int) (table.Batch, error) {
	out, err := r.block(src, b)
	return out, damaged(r.Source, err)
}

func (r *Reader) block(src io.ReaderAt, b int) (table.Batch, error) {
	out := table.Batch{Position: table.Position{Input: r.File, Sequence: int64(b)}, Source: r.Source, First: r.Plan.Blocks[b].Row}
	if r.header == nil {
		h, err := readHeader(src, r.Plan.Size)
		if err != nil {
			return out, err
		}
		r.header, r.index = &h, map[string]int{}
		for i, name := range r.Columns {
			r.index[name] = i
		}
	}
	end := r.Plan.Size
	if b+1 < len(r.Plan.Blocks) {
		end = r.Plan.Blocks[b+1].First
	}
	cols, rows := make(vector.Texts, len(r.Columns)), 0
	for at := r.Plan.Blocks[b].First; at < end; {
		head, err := readHead(src, at, r.Plan.Size)
		if err == nil {
			err = r.records(src, head, cols, &rows)
		}
		if err != nil {
			return out, fmt.Errorf("the block at byte %d: %w", at, err)
		}
		at = head.end
	}
	out.Record = cols.Record(r.Columns, rows)
	return out, nil
}

// records appends the records of a block of the file.
func (r *Reader) records(src io.ReaderAt, b block, cols vector.Texts, rows *int) error {
	data := make([]byte, b.end-b.begin)
	if n, err := src.ReadAt(data, b.begin); n < len(data) {
		return fmt.Errorf("it is cut short: %w", err)
	}
	data, mark := data[:len(data)-16], data[len(data)-16:]
	if !bytes.Equal(mark, r.header.sync[:]) {
		return errors.New("its end is not marked")
	}
	data, err := unpack(r.header.codec, data)
	if err != nil {
		return err
	}
	if b.count > int64(len(data)) && b.count > emptyRecords {
		return fmt.Errorf("%d records in %d bytes", b.count, len(data))
	}
	d := datum{data: data}
	for range b.count {
		err := d.record(r.header.schema, "", map[*schema]bool{}, func(path string, cell []byte) {
			if c, ok := r.index[path]; ok && cols[c].Len() == *rows {
				cols[c].Append(cell)
			}
		})
		if err != nil {
			return err
		}
		cols.Fill(*rows)
		*rows++
	}
	if d.pos != len(data) {
		return fmt.Errorf("%d bytes are left behind its records", len(data)-d.pos)
	}
	return nil
}

// unpack returns the data of a block, of at most maxBlock bytes.
func unpack(codec string, data []byte) ([]byte, error) {
	switch codec {
	case "", "null":
		return data, nil
	case "deflate":
		return limited(flate.NewReader(bytes.NewReader(data)))
	case "snappy":
		if len(data) < 4 {
			return nil, errShort
		}
		data, sum := data[:len(data)-4], binary.BigEndian.Uint32(data[len(data)-4:])
		if n, err := snappy.DecodedLen(data); err != nil || n > maxBlock {
			return nil, errors.Join(err, fmt.Errorf("a block of %d bytes", n))
		}
		out, err := snappy.Decode(nil, data)
		if err == nil && crc32.ChecksumIEEE(out) != sum {
			err = errors.New("its checksum is another")
		}
		return out, err
	case "zstandard":
		z, err := zstd.NewReader(bytes.NewReader(data), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxBlock))
		if err != nil {
			return nil, err
		}
		defer z.Close()
		return limited(z)
	}
	return nil, fmt.Errorf("the codec %q is not there", codec)
}

func limited(r io.Reader) ([]byte, error) {
	out, err := io.ReadAll(io.LimitReader(r, maxBlock+1))
	if err == nil && len(out) > maxBlock {
		err = fmt.Errorf("a block of more than %d bytes", maxBlock)
	}
	return out, err
}
