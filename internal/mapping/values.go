package mapping

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/beamline-go/beamline/internal/dates"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/missing"
	"github.com/beamline-go/beamline/internal/number"
	"github.com/beamline-go/beamline/table"
)

// words are how a type is called in a sentence.
var words = map[table.Type]string{table.Int64: "whole number", table.Float64: "number", table.Bool: "true or false", table.Date: "date", table.Timestamp: "time"}

// read reads a cell as a value of a type: int64, float64, bool, time.Time or string. One
// that is empty, or says that there is no value, is nil.
func read(t table.Type, cell string) (value any, ok bool) {
	if t == "" || t == table.String {
		return cell, true
	}
	if cell = strings.TrimSpace(cell); cell == "" {
		return nil, true
	}
	if value, ok = readTyped(t, cell); !ok && missing.Token(cell) != missing.Not {
		return nil, true
	}
	return value, ok
}

func readTyped(t table.Type, cell string) (value any, ok bool) {
	switch t {
	case table.Int64:
		if n, ok := number.Int(cell); ok {
			return n, true
		}
		x, ok := readNumber(cell)
		return int64(x), ok && x == float64(int64(x)) && x < 1<<53 && x > -1<<53
	case table.Float64:
		x, ok := readNumber(cell)
		return x, ok
	case table.Bool:
		switch strings.ToLower(cell) {
		case "true", "yes", "1", "t", "y":
			return true, true
		case "false", "no", "0", "f", "n":
			return false, true
		}
		return nil, false
	}
	r, n := dates.Readings(cell)
	if n != 1 { // day and month can't be told apart where there are two
		return nil, false
	}
	return r[0].Time, true
}

// unread says why a cell of a column is no value of its type.
func unread(column string, t table.Type, cell string) string {
	if _, n := dates.Readings(strings.TrimSpace(cell)); t.Temporal() && n > 1 {
		return column + ": day and month can't be told apart: " + quote(cell)
	}
	return column + " is no " + words[t] + ": " + quote(cell)
}

// readNumber reads a number, also as people write it.
func readNumber(cell string) (float64, bool) {
	if x, ok := number.Parse(cell); ok {
		return x, true
	}
	return number.Loose(cell)
}

// appendValue appends a value as a cell of a type.
func appendValue(dst []byte, t table.Type, value any) []byte {
	switch v := value.(type) {
	case string:
		return append(dst, v...)
	case int64:
		return strconv.AppendInt(dst, v, 10)
	case float64:
		return number.Append(dst, v)
	case bool:
		return strconv.AppendBool(dst, v)
	case time.Time:
		if t == table.Date {
			return v.UTC().AppendFormat(dst, time.DateOnly)
		}
		return v.UTC().AppendFormat(dst, time.RFC3339Nano)
	}
	return dst
}

// cast is columns of values of a type.
type cast struct {
	at      []int
	columns []string
	types   []table.Type
}

func (c cast) do(f *frame) {
	for k, at := range c.at {
		cells := f.columns[at]
		f.put(at, f.made(func(dst []byte, i int) []byte {
			v, ok := read(c.types[k], cells.Value(i))
			if !ok {
				f.refuse(i, unread(c.columns[k], c.types[k], cells.Value(i)))
				return dst
			}
			return appendValue(dst, c.types[k], v)
		}))
	}
}

func compileCast(pairs Pairs, sc *scope) (op, error) {
	var c cast
	for _, p := range pairs {
		at, err := sc.at("cast", p[0])
		if err != nil {
			return nil, err
		}
		t := table.Type(p[1])
		c.at, c.columns, c.types = append(c.at, at), append(c.columns, p[0]), append(c.types, t)
		sc.types[p[0]] = t
	}
	return c, nil
}

// convert is a column of numbers in another unit.
type convert struct {
	from, into int
	column     string
	linear
}

func (c convert) do(f *frame) {
	cells := f.columns[c.from]
	f.put(c.into, f.made(func(dst []byte, i int) []byte {
		v, ok := read(table.Float64, cells.Value(i))
		switch x, some := v.(float64); {
		case !ok:
			f.refuse(i, unread(c.column, table.Float64, cells.Value(i)))
		case some:
			dst = number.Append(dst, c.of(x))
		}
		return dst
	}))
}

func compileConvert(s Convert, sc *scope) (op, error) {
	from, err := sc.at("convert", s.Column)
	if err != nil {
		return nil, err
	}
	by, err := conversion(s.From, s.To)
	if err != nil {
		return nil, err
	}
	return convert{from: from, into: sc.put(cmp.Or(s.Into, s.Column), table.Float64), column: s.Column, linear: by}, nil
}

// unit is a unit of measure: so many of the base unit of its kind, from a zero of its own.
type unit struct {
	kind string
	of   float64
	zero float64 // in the base unit
}

// units are exact where the definition is: NIST Special Publication 811 (2008), appendix B.
var units = map[string]unit{
	"mm": {"length", 0.001, 0}, "cm": {"length", 0.01, 0}, "m": {"length", 1, 0}, "km": {"length", 1000, 0},
	"in": {"length", 0.0254, 0}, "ft": {"length", 0.3048, 0}, "yd": {"length", 0.9144, 0}, "mi": {"length", 1609.344, 0}, "nmi": {"length", 1852, 0},
	"cm2": {"area", 1e-4, 0}, "m2": {"area", 1, 0}, "km2": {"area", 1e6, 0}, "ha": {"area", 1e4, 0}, "sqin": {"area", 0.00064516, 0},
	"sqft": {"area", 0.09290304, 0}, "sqyd": {"area", 0.83612736, 0}, "acre": {"area", 4046.8564224, 0}, "sqmi": {"area", 2589988.110336, 0},
	"mg": {"mass", 1e-6, 0}, "g": {"mass", 0.001, 0}, "kg": {"mass", 1, 0}, "t": {"mass", 1000, 0}, "oz": {"mass", 0.028349523125, 0}, "lb": {"mass", 0.45359237, 0},
	"ml": {"volume", 1e-6, 0}, "l": {"volume", 0.001, 0}, "m3": {"volume", 1, 0}, "floz": {"volume", 2.95735295625e-5, 0}, "gal": {"volume", 0.003785411784, 0}, "cuft": {"volume", 0.028316846592, 0},
	"ms": {"time", 0.001, 0}, "s": {"time", 1, 0}, "min": {"time", 60, 0}, "h": {"time", 3600, 0}, "d": {"time", 86400, 0}, "week": {"time", 604800, 0},
	"m/s": {"speed", 1, 0}, "km/h": {"speed", 1 / 3.6, 0}, "mph": {"speed", 0.44704, 0}, "kn": {"speed", 1852.0 / 3600, 0},
	"K": {"temperature", 1, 0}, "C": {"temperature", 1, 273.15}, "F": {"temperature", 5.0 / 9, 459.67 * 5 / 9},
	"J": {"energy", 1, 0}, "kJ": {"energy", 1000, 0}, "cal": {"energy", 4.184, 0}, "kcal": {"energy", 4184, 0}, "Wh": {"energy", 3600, 0}, "kWh": {"energy", 3.6e6, 0},
	"Pa": {"pressure", 1, 0}, "hPa": {"pressure", 100, 0}, "kPa": {"pressure", 1000, 0}, "bar": {"pressure", 1e5, 0}, "psi": {"pressure", 6894.757293168361, 0},
	"B": {"bytes", 1, 0}, "kB": {"bytes", 1e3, 0}, "MB": {"bytes", 1e6, 0}, "GB": {"bytes", 1e9, 0}, "KiB": {"bytes", 1 << 10, 0}, "MiB": {"bytes", 1 << 20, 0}, "GiB": {"bytes", 1 << 30, 0},
}

// linear converts a number to another unit.
type linear struct{ from, to unit }

func (l linear) of(x float64) float64 {
	if l.from.zero == l.to.zero {
		return x * l.from.of / l.to.of
	}
	return (x*l.from.of + l.from.zero - l.to.zero) / l.to.of
}

// conversion converts from a unit to another of the same kind.
func conversion(from, to string) (l linear, err error) {
	var names []string
	for n := range units {
		names = append(names, n)
	}
	for _, u := range []struct {
		name string
		is   *unit
	}{{from, &l.from}, {to, &l.to}} {
		found, ok := units[u.name]
		if !ok {
			return l, fault.Usagef("convert: there is no unit %s%s", u.name, fault.Hint(u.name, names, ""))
		}
		*u.is = found
	}
	if l.from.kind != l.to.kind {
		return l, fault.Usagef("convert: %s is a unit of %s, and %s of %s", from, l.from.kind, to, l.to.kind)
	}
	return l, nil
}
