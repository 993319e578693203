package conform

import (
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/beamline-go/beamline/internal/dates"
	"github.com/beamline-go/beamline/internal/number"
	"github.com/beamline-go/beamline/internal/profile"
	"github.com/beamline-go/beamline/table"
)

// Value is a cell as the type of its column has it.
type Value struct {
	Null  bool
	Whole int64   // of int64; of a date the days since 1970, of a timestamp microseconds; 1 is true
	Float float64 // of float64
	Text  string  // of all others
}

var null = Value{Null: true}

// parsers read cells as the types of Arrow that columns have.
var parsers = map[arrow.Type]func(c *column, cell string) Value{
	arrow.INT64: (*column).whole,
	arrow.FLOAT64: func(c *column, cell string) Value {
		x, ok := c.number(cell)
		if ok && c.Range != nil && (x < c.Range.Min || x > c.Range.Max) && strings.Contains(cell, ",") {
			return null // 2,955 may be 2.955, which the column's numbers are nearer to
		}
		if c.needTarget && x != number.Bounded(x) {
			return null // errors of it have no squares
		}
		return Value{Float: x, Null: !ok}
	},
	arrow.BOOL: func(_ *column, cell string) Value {
		v := Value{Null: !profile.IsBool(cell)}
		if strings.EqualFold(cell, "true") {
			v.Whole = 1
		}
		return v
	},
	arrow.DATE32: func(c *column, cell string) Value {
		t, ok := dates.Read(cell, c.layouts, c.Since)
		return Value{Whole: int64(arrow.Date32FromTime(t)), Null: !ok}
	},
	arrow.TIMESTAMP: func(c *column, cell string) Value {
		t, ok := dates.Read(cell, c.layouts, c.Since)
		return Value{Whole: t.UnixMicro(), Null: !ok}
	},
	arrow.STRING: func(_ *column, cell string) Value { return Value{Text: cell} },
}

func (c *column) whole(cell string) Value {
	if v, ok := number.Int(cell); ok {
		return Value{Whole: v}
	}
	x, ok := c.number(cell)
	if !ok || x != float64(int64(x)) || x < -1<<53 || x > 1<<53 {
		return null
	}
	return Value{Whole: int64(x)}
}

// appender returns a function that appends values to b, which has room for them.
func appender(b array.Builder) func(Value) {
	var put func(Value)
	switch b := b.(type) {
	case *array.Int64Builder:
		put = func(v Value) { b.UnsafeAppend(v.Whole) }
	case *array.Float64Builder:
		put = func(v Value) { b.UnsafeAppend(v.Float) }
	case *array.BooleanBuilder:
		put = func(v Value) { b.UnsafeAppend(v.Whole != 0) }
	case *array.Date32Builder:
		put = func(v Value) { b.UnsafeAppend(arrow.Date32(v.Whole)) }
	case *array.TimestampBuilder:
		put = func(v Value) { b.UnsafeAppend(arrow.Timestamp(v.Whole)) }
	case *array.StringBuilder:
		put = func(v Value) { b.Append(v.Text) }
	}
	return func(v Value) {
		if v.Null {
			b.AppendNull()
			return
		}
		put(v)
	}
}

// Word is a value of a column as a class: numbers, truth values and times as Arrow spells
// them.
func Word(c *table.Column, v Value) string {
	switch {
	case v.Null || c.Type.Textual():
		return v.Text
	case c.Type == table.Bool:
		return strconv.FormatBool(v.Whole != 0)
	}
	kind, err := c.Arrow()
	if err != nil {
		return ""
	}
	b := array.NewBuilder(memory.DefaultAllocator, kind)
	b.Reserve(1)
	appender(b)(v)
	return b.NewArray().ValueStr(0)
}
