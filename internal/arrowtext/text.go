package arrowtext

import (
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/beamline-go/beamline/internal/vector"
)

// text returns the cells of a column as text; of one that is not there n empty
// ones. It gives up where they have more than so many bytes.
func text(a arrow.Array, n, most int) (out vector.Text, ok bool) {
	m, is := a.(masked)
	if !is {
		for range n {
			out.Append(nil)
		}
		return out, true
	}
	write := Writer(m.Array)
	var cell []byte
	for i := range n {
		cell = cell[:0]
		if !m.IsNull(i) {
			cell = write(cell, i)
		}
		if len(cell) > most-len(out.Data) {
			return out, false
		}
		out.Append(cell)
	}
	return out, true
}

// Writer returns what appends cell i of the array as text: numbers as the
// shortest text that reads back equal, dates and times as ISO 8601 has them, and
// what has parts as JSON.
func Writer(a arrow.Array) func(dst []byte, i int) []byte {
	switch a := a.(type) {
	case *array.String:
		return func(dst []byte, i int) []byte { return append(dst, a.Value(i)...) }
	case *array.LargeString:
		return func(dst []byte, i int) []byte { return append(dst, a.Value(i)...) }
	case *array.Binary:
		return func(dst []byte, i int) []byte { return appendBytes(dst, a.Value(i)) }
	case *array.FixedSizeBinary:
		return func(dst []byte, i int) []byte { return appendBytes(dst, a.Value(i)) }
	case *array.Boolean:
		return func(dst []byte, i int) []byte { return strconv.AppendBool(dst, a.Value(i)) }
	case *array.Int64:
		return func(dst []byte, i int) []byte { return strconv.AppendInt(dst, a.Value(i), 10) }
	case *array.Int32:
		return func(dst []byte, i int) []byte { return strconv.AppendInt(dst, int64(a.Value(i)), 10) }
	case *array.Float64:
		return func(dst []byte, i int) []byte { return strconv.AppendFloat(dst, a.Value(i), 'g', -1, 64) }
	case *array.Float32:
		return func(dst []byte, i int) []byte {
			return strconv.AppendFloat(dst, float64(a.Value(i)), 'g', -1, 32)
		}
	case *array.Date32:
		return func(dst []byte, i int) []byte { return a.Value(i).ToTime().AppendFormat(dst, time.DateOnly) }
	case *array.Date64:
		return func(dst []byte, i int) []byte { return a.Value(i).ToTime().AppendFormat(dst, time.DateOnly) }
	case *array.Timestamp:
		return timestamps(a)
	case *array.Dictionary:
		values := Writer(a.Dictionary())
		return func(dst []byte, i int) []byte { return values(dst, a.GetValueIndex(i)) }
	}
	switch a.DataType().(type) {
	case arrow.NestedType:
		return func(dst []byte, i int) []byte {
			body, err := json.Marshal(a.GetOneForMarshal(i))
			if err != nil {
				return append(dst, a.ValueStr(i)...)
			}
			return append(dst, body...)
		}
	}
	return func(dst []byte, i int) []byte { return append(dst, a.ValueStr(i)...) }
}

// appendBytes appends bytes that are text, or else what they are in hexadecimal.
func appendBytes(dst, b []byte) []byte {
	if utf8.Valid(b) {
		return append(dst, b...)
	}
	const digits = "0123456789abcdef"
	for _, c := range b {
		dst = append(dst, digits[c>>4], digits[c&15])
	}
	return dst
}

// TimeLayout is how times of a type are written: moments with their zone, local times
// without one.
func TimeLayout(t arrow.DataType) string {
	if t.(*arrow.TimestampType).TimeZone == "" {
		return "2006-01-02T15:04:05.999999999"
	}
	return time.RFC3339Nano
}

// timestamps writes moments with their zone, and local times without.
func timestamps(a *array.Timestamp) func(dst []byte, i int) []byte {
	t := a.DataType().(*arrow.TimestampType)
	layout := TimeLayout(t)
	toTime, err := t.GetToTimeFunc()
	if err != nil {
		return func(dst []byte, i int) []byte { return append(dst, a.ValueStr(i)...) }
	}
	return func(dst []byte, i int) []byte { return toTime(a.Value(i)).AppendFormat(dst, layout) }
}
