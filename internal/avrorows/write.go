package avrorows

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"regexp"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// Writer writes an object container file of flat records. Equal records give equal
// bytes.
type Writer struct {
	out   io.Writer
	sync  []byte
	block []byte
	count int64
}

// blockBytes is about how large the blocks are before they are compressed.
const blockBytes = 256 << 10

// NewWriter writes the head of a file of records with the columns of s, each of
// which may be null. A name that Avro does not allow is changed, and stands in the
// doc of its field.
func NewWriter(out io.Writer, s *arrow.Schema) (*Writer, error) {
	text, err := schemaText(s)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(text)
	w := &Writer{out: out, sync: sum[:16]}
	head := append([]byte(Magic), 4) // two entries, as a zigzag number
	for _, entry := range [][2]string{{"avro.schema", string(text)}, {"avro.codec", "deflate"}} {
		head = appendText(appendText(head, entry[0]), entry[1])
	}
	_, err = out.Write(append(append(head, 0), w.sync...))
	return w, err
}

func schemaText(s *arrow.Schema) ([]byte, error) {
	type member struct {
		Name string `json:"name"`
		Doc  string `json:"doc,omitempty"`
		Type []any  `json:"type"`
	}
	var fields []member
	seen := map[string]bool{}
	for _, f := range s.Fields() {
		m := member{Name: avroName(f.Name, seen)}
		if m.Name != f.Name {
			m.Doc = f.Name
		}
		var kind any
		switch f.Type.ID() {
		case arrow.INT64:
			kind = "long"
		case arrow.FLOAT64:
			kind = "double"
		case arrow.BOOL:
			kind = "boolean"
		case arrow.STRING:
			kind = "string"
		case arrow.DATE32:
			kind = map[string]string{"type": "int", "logicalType": "date"}
		case arrow.TIMESTAMP:
			logical := "timestamp-micros"
			if f.Type.(*arrow.TimestampType).TimeZone == "" {
				logical = "local-timestamp-micros"
			}
			kind = map[string]string{"type": "long", "logicalType": logical}
		default:
			return nil, fmt.Errorf("avrorows: no column of Arrow type %s is written", f.Type)
		}
		m.Type = []any{"null", kind}
		fields = append(fields, m)
	}
	return json.Marshal(map[string]any{"type": "record", "name": "Record", "fields": fields})
}

var notInName = regexp.MustCompile(`[^A-Za-z0-9_]`)

// avroName makes a name that Avro allows and that is not seen yet.
func avroName(name string, seen map[string]bool) string {
	name = notInName.ReplaceAllString(name, "_")
	if name == "" || name[0] >= '0' && name[0] <= '9' {
		name = "_" + name
	}
	for seen[name] {
		name += "_"
	}
	seen[name] = true
	return name
}

// Write adds records.
func (w *Writer) Write(r arrow.RecordBatch) error {
	for i := range int(r.NumRows()) {
		for _, c := range r.Columns() {
			w.block = appendCell(w.block, c, i)
		}
		if w.count++; len(w.block) >= blockBytes {
			if err := w.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// appendCell appends a value as a union of null and its type.
func appendCell(dst []byte, a arrow.Array, i int) []byte {
	if a.IsNull(i) {
		return append(dst, 0)
	}
	dst = append(dst, 2)
	switch a := a.(type) {
	case *array.Int64:
		return binary.AppendVarint(dst, a.Value(i))
	case *array.Float64:
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(a.Value(i)))
	case *array.Boolean:
		if a.Value(i) {
			return append(dst, 1)
		}
		return append(dst, 0)
	case *array.Date32:
		return binary.AppendVarint(dst, int64(a.Value(i)))
	case *array.Timestamp:
		return binary.AppendVarint(dst, int64(a.Value(i)))
	case *array.String:
		return appendText(dst, a.Value(i))
	}
	panic(fmt.Sprintf("avrorows: no column of Arrow type %s", a.DataType())) // NewWriter has refused it
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendVarint(dst, int64(len(s))), s...)
}

// flush writes a block.
func (w *Writer) flush() error {
	if w.count == 0 {
		return nil
	}
	var packed bytes.Buffer
	z, err := flate.NewWriter(&packed, flate.DefaultCompression)
	if err != nil {
		return err
	}
	if _, err := z.Write(w.block); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	head := binary.AppendVarint(binary.AppendVarint(nil, w.count), int64(packed.Len()))
	w.block, w.count = w.block[:0], 0
	_, err = w.out.Write(append(append(head, packed.Bytes()...), w.sync...))
	return err
}

// Close writes what is left.
func (w *Writer) Close() error { return w.flush() }
