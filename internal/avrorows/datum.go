package avrorows

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"time"
	"unicode/utf8"
)

// maxValue bounds a text, and maxItems an array or a map.
const (
	maxValue = 16 << 20
	maxItems = 1 << 20
)

// datum reads values from the bytes of a block.
type datum struct {
	data []byte
	pos  int
}

var errShort = errors.New("a value is cut short")

func (d *datum) long() (int64, error) {
	n, k := binary.Varint(d.data[d.pos:])
	if k <= 0 {
		return 0, errShort
	}
	d.pos += k
	return n, nil
}

func (d *datum) take(n int64) ([]byte, error) {
	if n < 0 || n > int64(len(d.data)-d.pos) {
		return nil, errShort
	}
	d.pos += int(n)
	return d.data[d.pos-int(n) : d.pos], nil
}

func (d *datum) bytes() ([]byte, error) {
	n, err := d.long()
	if err != nil {
		return nil, err
	}
	if n > maxValue {
		return nil, fmt.Errorf("a value of %d bytes", n)
	}
	return d.take(n)
}

// choose reads which type of a union a value has.
func (d *datum) choose(s *schema) (*schema, error) {
	n, err := d.long()
	if err == nil && (n < 0 || n >= int64(len(s.union))) {
		err = fmt.Errorf("a union of %d types has no type %d", len(s.union), n)
	}
	if err != nil {
		return nil, err
	}
	return s.union[n], nil
}

// record reads a record, and calls use with each of its columns that has a value.
func (d *datum) record(s *schema, prefix string, inside map[*schema]bool, use func(path string, cell []byte)) error {
	inside[s] = true
	defer delete(inside, s)
	for _, f := range s.fields {
		t, err := f.schema, error(nil)
		r := f.nested()
		if t.kind == "union" {
			if t, err = d.choose(t); err != nil {
				return err
			}
		}
		if r != nil && !inside[r] {
			if t.kind == "record" {
				if err := d.record(t, prefix+f.name+".", inside, use); err != nil {
					return err
				}
			}
			continue
		}
		if t.kind == "null" {
			continue
		}
		cell, err := d.text(t, 0)
		if err != nil {
			return err
		}
		use(prefix+f.name, cell)
	}
	return nil
}

// text reads a value as text: numbers as the shortest that reads back equal, dates
// and times as ISO 8601 has them, and what has parts as JSON.
func (d *datum) text(s *schema, depth int) ([]byte, error) {
	switch s.kind {
	case "boolean":
		b, err := d.take(1)
		if err != nil || b[0] > 1 {
			return nil, errors.Join(err, errors.New("a boolean that is neither"))
		}
		return strconv.AppendBool(nil, b[0] == 1), nil
	case "int", "long":
		n, err := d.long()
		return moment(s, n), err
	case "float":
		b, err := d.take(4)
		if err != nil {
			return nil, err
		}
		return strconv.AppendFloat(nil, float64(math.Float32frombits(binary.LittleEndian.Uint32(b))), 'g', -1, 32), nil
	case "double":
		b, err := d.take(8)
		if err != nil {
			return nil, err
		}
		return strconv.AppendFloat(nil, math.Float64frombits(binary.LittleEndian.Uint64(b)), 'g', -1, 64), nil
	case "string":
		b, err := d.bytes()
		if err == nil && !utf8.Valid(b) {
			err = errors.New("a text that is not UTF-8")
		}
		return b, err
	case "bytes":
		b, err := d.bytes()
		return raw(s, b), err
	case "fixed":
		b, err := d.take(int64(s.size))
		return raw(s, b), err
	case "enum":
		n, err := d.long()
		if err == nil && (n < 0 || n >= int64(len(s.symbols))) {
			err = fmt.Errorf("an enum of %d symbols has no symbol %d", len(s.symbols), n)
		}
		if err != nil {
			return nil, err
		}
		return []byte(s.symbols[n]), nil
	}
	v, err := d.value(s, depth)
	if err != nil {
		return nil, err
	}
	return json.Marshal(v)
}

// value reads a value with parts, for JSON.
func (d *datum) value(s *schema, depth int) (any, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("more than %d levels", maxDepth)
	}
	switch s.kind {
	case "null":
		return nil, nil
	case "union":
		t, err := d.choose(s)
		if err != nil {
			return nil, err
		}
		return d.value(t, depth+1)
	case "record":
		out := map[string]any{}
		for _, f := range s.fields {
			v, err := d.value(f.schema, depth+1)
			if err != nil {
				return nil, err
			}
			out[f.name] = v
		}
		return out, nil
	case "array":
		out := []any{}
		err := d.items(func() error {
			v, err := d.value(s.items, depth+1)
			out = append(out, v)
			return err
		})
		return out, err
	case "map":
		out := map[string]any{}
		err := d.items(func() error {
			key, err := d.bytes()
			if err != nil {
				return err
			}
			out[string(key)], err = d.value(s.items, depth+1)
			return err
		})
		return out, err
	}
	cell, err := d.text(s, depth)
	if err != nil {
		return nil, err
	}
	switch {
	case s.logical == "" && (s.kind == "int" || s.kind == "long" || s.kind == "boolean"), (s.kind == "float" || s.kind == "double") && json.Valid(cell):
		return json.RawMessage(cell), nil
	}
	return string(cell), nil
}

// items reads the blocks of an array or a map.
func (d *datum) items(item func() error) error {
	for total := int64(0); ; {
		n, err := d.long()
		if err != nil || n == 0 {
			return err
		}
		if n < 0 { // the size of the block follows
			if _, err := d.long(); err != nil {
				return err
			}
			n = -n
		}
		if total += n; n < 0 || total > maxItems {
			return fmt.Errorf("more than %d items", maxItems)
		}
		for range n {
			if err := item(); err != nil {
				return err
			}
		}
	}
}

// moment writes a whole number, or the date or time that it means.
func moment(s *schema, n int64) []byte {
	const local = "2006-01-02T15:04:05.999999999"
	switch s.logical {
	case "date":
		return time.Unix(0, 0).UTC().AddDate(0, 0, int(n)).AppendFormat(nil, time.DateOnly)
	case "time-millis":
		return time.UnixMilli(n).UTC().AppendFormat(nil, "15:04:05.999")
	case "time-micros":
		return time.UnixMicro(n).UTC().AppendFormat(nil, "15:04:05.999999")
	case "timestamp-millis":
		return time.UnixMilli(n).UTC().AppendFormat(nil, time.RFC3339Nano)
	case "timestamp-micros":
		return time.UnixMicro(n).UTC().AppendFormat(nil, time.RFC3339Nano)
	case "timestamp-nanos":
		return time.Unix(0, n).UTC().AppendFormat(nil, time.RFC3339Nano)
	case "local-timestamp-millis":
		return time.UnixMilli(n).UTC().AppendFormat(nil, local)
	case "local-timestamp-micros":
		return time.UnixMicro(n).UTC().AppendFormat(nil, local)
	}
	return strconv.AppendInt(nil, n, 10)
}

// raw writes bytes: the decimal that they mean, the text that they are, or base64.
func raw(s *schema, b []byte) []byte {
	switch {
	case s.logical == "decimal" && len(b) > 0 && s.scale >= 0 && len(b) <= 64:
		n := new(big.Int).SetBytes(b)
		if b[0]&0x80 != 0 { // two's complement
			n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
		}
		unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(min(s.scale, 1000))), nil)
		return []byte(new(big.Rat).SetFrac(n, unit).FloatString(s.scale))
	case utf8.Valid(b):
		return b
	}
	return base64.StdEncoding.AppendEncode(nil, b)
}
