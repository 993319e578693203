package arrowtext

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

var (
	errFooter = errors.New("the footer is damaged")
	errSchema = errors.New("its Arrow schema is damaged")
)

// schemaMessage is the kind of a message that is a schema.
const schemaMessage = 1

// Bounds of what a file may hold.
const (
	maxDepth  = 64      // of types in each other
	maxFields = 1 << 16 // with those inside of them
	maxRows   = 1 << 26 // of a record batch
)

// TrustedSchema looks at the lengths and places in a schema that is written as a message of
// the Arrow format, before the library reads it, which takes them as they are.
func TrustedSchema(b []byte) (err error) {
	defer func() {
		if p := recover(); p != nil { // a place outside of it
			err = errSchema
		}
	}()
	m := buffer(b)
	if len(m) >= 4 && m.u32(0) == 0xFFFFFFFF { // before the length, in files of today
		m = m[4:]
	}
	n := m.u32(0)
	if n < 8 || n > int64(len(m))-4 {
		return errSchema
	}
	m = m[4 : 4+n]
	root := m.u32(0)
	if at, ok := m.field(root, 3); ok && m.u64(at) != 0 { // the length of a body
		return errSchema
	}
	kind, ok := m.field(root, 1)
	schema, has := m.table(root, 2)
	if !ok || !has || m[kind] != schemaMessage {
		return errSchema
	}
	fields := maxFields
	return m.fields(schema, 1, 0, &fields)
}

// Trusted looks at all lengths and places that the footer and the heads of the record
// batches of an Arrow file give, before anything is allocated by them; the library takes
// them as they are. The numbers of the fields are those of the Arrow format's File.fbs,
// Schema.fbs and Message.fbs. What is read ends with the magic.
func Trusted(src io.ReaderAt, size int64, magic string) error {
	tail := 4 + int64(len(magic))
	end := make([]byte, tail)
	if size < 2*tail {
		return errFooter
	}
	if _, err := src.ReadAt(end, size-tail); err != nil {
		return err
	}
	n := int64(binary.LittleEndian.Uint32(end))
	if string(end[4:]) != magic || n < 8 || n > size-2*tail {
		return errFooter
	}
	f, err := readBuffer(src, size-tail-n, n)
	if err != nil {
		return err
	}
	root := f.u32(0)
	schema, ok := f.table(root, 1)
	if !ok {
		return errFooter
	}
	fields := maxFields
	if err := f.fields(schema, 1, 0, &fields); err != nil {
		return err
	}
	for _, field := range []int64{2, 3} { // dictionaries and record batches
		at, count, err := f.vector(root, field, 24)
		if err != nil {
			return err
		}
		for i := range count {
			block := at + i*24
			offset, meta, body := f.u64(block), f.u32(block+8), f.u64(block+16)
			if offset < 0 || body < 0 || offset > size || meta > size-offset || body > size-offset-meta || meta < 8 {
				return fmt.Errorf("record batch %d: %d bytes at %d in a file of %d", i, meta+body, offset, size)
			}
			m, err := readBuffer(src, offset, meta)
			if err == nil {
				err = m.message(body)
			}
			if err != nil {
				return fmt.Errorf("record batch %d: %w", i, err)
			}
		}
	}
	return nil
}

// buffer reads FlatBuffers; what is outside of it is a panic, which safely makes an
// error of.
type buffer []byte

func readBuffer(src io.ReaderAt, at, n int64) (buffer, error) {
	b := make(buffer, n)
	_, err := src.ReadAt(b, at)
	return b, err
}

func (b buffer) u32(at int64) int64 { return int64(binary.LittleEndian.Uint32(b[at : at+4])) }
func (b buffer) u64(at int64) int64 { return int64(binary.LittleEndian.Uint64(b[at : at+8])) }

// field returns where field i of the table at root is, and whether it is there.
func (b buffer) field(root, i int64) (at int64, ok bool) {
	table := root - int64(int32(b.u32(root)))
	size := int64(binary.LittleEndian.Uint16(b[table : table+2]))
	if 4+2*i >= size { // as the library has it, which asks for the first byte of the place alone
		return 0, false
	}
	offset := int64(binary.LittleEndian.Uint16(b[table+4+2*i : table+6+2*i]))
	return root + offset, offset > 0
}

// table returns where the table is that field i of another holds.
func (b buffer) table(root, i int64) (at int64, ok bool) {
	at, ok = b.field(root, i)
	if !ok {
		return 0, false
	}
	return at + b.u32(at), true
}

// vector returns where the elements of field i are, and how many they are.
func (b buffer) vector(root, i, each int64) (at, count int64, err error) {
	at, ok := b.table(root, i)
	if !ok {
		return 0, 0, nil
	}
	if count = b.u32(at); count*each > int64(len(b)) {
		return 0, 0, fmt.Errorf("a vector of %d elements in %d bytes", count, len(b))
	}
	return at + 4, count, nil
}

// fields looks at the fields that a schema or a field holds in field i, and at those
// inside of them.
func (b buffer) fields(root, i int64, depth int, left *int) error {
	at, count, err := b.vector(root, i, 4)
	if err != nil {
		return err
	}
	if *left -= int(count); *left < 0 || depth > maxDepth {
		return fmt.Errorf("more than %d fields, or deeper than %d", maxFields, maxDepth)
	}
	if depth == 0 { // what is said of the schema
		if _, _, err := b.vector(root, 2, 4); err != nil {
			return err
		}
	}
	for k := range count {
		field := at + 4*k
		field += b.u32(field)
		if _, _, err := b.vector(field, 6, 4); err != nil { // what is said of it
			return err
		}
		if err := b.kind(field); err != nil {
			return err
		}
		if err := b.fields(field, 5, depth+1, left); err != nil {
			return err
		}
	}
	return nil
}

// union is the type of a field that has a list of numbers, in its field 1.
const union = 14

// kind looks at the type of a field.
func (b buffer) kind(field int64) error {
	at, ok := b.field(field, 2)
	if !ok || b[at] != union {
		return nil
	}
	if kind, ok := b.table(field, 3); ok {
		_, _, err := b.vector(kind, 1, 4)
		return err
	}
	return nil
}

// message looks at the head of a record batch or a dictionary, whose body has so many
// bytes.
func (b buffer) message(body int64) error {
	if b.u32(0) == 0xFFFFFFFF { // before the length, in files of today
		b = b[4:]
	}
	if n := b.u32(0); n > int64(len(b))-4 {
		return fmt.Errorf("a head of %d bytes in %d", n, len(b)-4)
	}
	b = b[4:]
	root := b.u32(0)
	if at, ok := b.field(root, 3); ok && b.u64(at) != body {
		return fmt.Errorf("a body of %d bytes, the footer says %d", b.u64(at), body)
	}
	kind, ok := b.field(root, 1)
	head, has := b.table(root, 2)
	if !ok || !has {
		return errors.New("it has no head")
	}
	switch b[kind] {
	case 2: // a dictionary
		if head, has = b.table(head, 1); !has {
			return errors.New("it has no head")
		}
	case 3:
	default:
		return fmt.Errorf("it is a message of kind %d", b[kind])
	}
	// A row is a bit at least, but for columns of nulls; compression may leave of it
	// a two hundred and fiftieth.
	most := min(1<<16+8*body, maxRows)
	if _, packed := b.field(head, 3); packed {
		most = min(1<<16+8*250*body, maxRows)
	}
	if at, ok := b.field(head, 0); ok && (b.u64(at) < 0 || b.u64(at) > most) {
		return fmt.Errorf("%d rows in %d bytes", b.u64(at), body)
	}
	for _, field := range []int64{1, 2} { // nodes and buffers
		at, count, err := b.vector(head, field, 16)
		if err != nil {
			return err
		}
		for i := range count {
			x, y := b.u64(at+16*i), b.u64(at+16*i+8)
			if field == 1 && (x < 0 || x > maxRows || y < 0 || y > x) || field == 2 && (x < 0 || y < 0 || x > body || y > body-x) {
				return fmt.Errorf("node or buffer %d of %d and %d", i, x, y)
			}
		}
	}
	_, _, err := b.vector(head, 4, 8)
	return err
}
