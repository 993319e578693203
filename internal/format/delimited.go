package format

import (
	"github.com/beamline-go/beamline/internal/arrowtext"
	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/internal/vector"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/number"
	"github.com/beamline-go/beamline/table"
)

// Delimited is CSV and its kin: numbers as the shortest that read back equal, dates and
// times as ISO 8601 has them, and nothing where there is no value.
var Delimited = Out{Name: "csv", Append: appendDelimited,
	Header: func(columns *arrow.Schema, s Settings) []byte {
		if s.NoHeader {
			return nil
		}
		names := make([]string, columns.NumFields())
		for i, f := range columns.Fields() {
			names[i] = f.Name
		}
		return csv.AppendRecord(nil, names, s.dialect())
	}}

func appendDelimited(dst []byte, b table.Batch, s Settings) ([]byte, error) {
	d := s.dialect()
	columns := make([]cellOf, b.Record.NumCols())
	for c := range columns {
		var err error
		if columns[c], err = cellsOf(b.Record.Column(c), d); err != nil {
			return dst, err
		}
		if a, ok := b.Record.Column(c).(*array.String); ok && s.Safe {
			columns[c] = safe(columns[c], a, d)
		}
	}
	rejects := b.Rejects
	if !s.Refused {
		rejects = nil
	}
	for i := range b.Len() {
		for len(rejects) > 0 && rejects[0].Row < b.Row(i) {
			dst = d.AppendEnd(append(dst, rejects[0].Input...))
			rejects = rejects[1:]
		}
		dst = appendCells(dst, columns, i, d)
	}
	for _, r := range rejects {
		dst = d.AppendEnd(append(dst, r.Input...))
	}
	return dst, nil
}

// cellOf appends cell i of a column.
type cellOf func(dst []byte, i int) []byte

func appendCells(dst []byte, columns []cellOf, row int, d csv.Dialect) []byte {
	start := len(dst)
	for c, cell := range columns {
		if c > 0 {
			dst = d.AppendSeparator(dst)
		}
		dst = cell(dst, row)
	}
	if len(columns) == 1 && len(dst) == start && d.Quote != 0 {
		dst = append(dst, d.Quote, d.Quote) // an empty line may be no record
	}
	return d.AppendEnd(dst)
}

// cellsOf returns what appends the cells of a column.
func cellsOf(a arrow.Array, d csv.Dialect) (cellOf, error) {
	var value cellOf
	switch a := a.(type) {
	case *array.String:
		value = func(dst []byte, i int) []byte { return csv.AppendField(dst, a.Value(i), d) }
	case *array.Int64:
		value = func(dst []byte, i int) []byte { return number.AppendInt(dst, a.Value(i)) }
	case *array.Float64:
		value = func(dst []byte, i int) []byte { return number.Append(dst, a.Value(i)) }
	case *array.Boolean:
		value = func(dst []byte, i int) []byte {
			if a.Value(i) {
				return append(dst, "true"...)
			}
			return append(dst, "false"...)
		}
	case *array.Date32:
		value = func(dst []byte, i int) []byte { return a.Value(i).ToTime().AppendFormat(dst, time.DateOnly) }
	case *array.Timestamp:
		layout := arrowtext.TimeLayout(a.DataType())
		value = func(dst []byte, i int) []byte {
			return a.Value(i).ToTime(arrow.Microsecond).AppendFormat(dst, layout)
		}
	default:
		return nil, unwritable(a)
	}
	if a.NullN() == 0 {
		return value, nil
	}
	return func(dst []byte, i int) []byte {
		if a.IsNull(i) {
			return dst
		}
		return value(dst, i)
	}, nil
}

// safe puts a ' in front of texts that a spreadsheet would compute.
func safe(cell cellOf, a *array.String, d csv.Dialect) cellOf {
	return func(dst []byte, i int) []byte {
		if a.IsValid(i) && csv.Formula(a.Value(i)) {
			return csv.AppendField(dst, "'"+a.Value(i), d)
		}
		return cell(dst, i)
	}
}

// DelimitedIn reads any text that is of no other format.
var DelimitedIn = In{
	Name:     "csv",
	Suffixes: []string{".csv", ".tsv", ".txt", ".data"},
	Is:       func([]byte, string) bool { return true },
	Detect: func(b Beginning, s csv.Settings) (csv.Format, error) {
		s.Later = b.Later
		f, err := csv.Detect(b.Sample, b.Whole, b.Name, s)
		f.Dialect.Notes = true
		return f, err
	},
	Grammar: func(f csv.Format) csv.Dialect { return f.Dialect },
	Reader:  func(r Reading) grid.Reader { return delimitedReader(r) },
	Typed: func(r Reading) grid.Reader {
		return &csv.TypedReader{Reader: *delimitedReader(r), Columns: r.Typed, Dictionary: true, Reuse: true}
	},
}

func delimitedReader(r Reading) *csv.Reader {
	at := map[string]int{}
	for i, n := range r.Format.Names {
		at[n] = i
	}
	field := func(name string) int {
		if k, ok := at[name]; ok {
			return k
		}
		return -1
	}
	out := &csv.Reader{Dialect: r.Format.Dialect, Mender: r.Format.Mender, Plan: r.Grid, Source: r.Source, File: r.Input,
		Schema: vector.Schema(r.Columns), Fields: make([]int, len(r.Columns)), Width: len(r.Format.Names), KeyCol: -1}
	for i, c := range r.Columns {
		out.Fields[i] = field(c)
	}
	if r.Key != "" {
		out.KeyCol = field(r.Key)
	}
	return out
}
