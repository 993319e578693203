package format

import (
	"encoding/json"
	"github.com/beamline-go/beamline/internal/arrowtext"
	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/internal/jsonrows"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/beamline-go/beamline/internal/number"
	"github.com/beamline-go/beamline/table"
)

// JSONLines is an object a line, with members in the order of the columns: numbers as
// the shortest that read back equal, dates and times as ISO 8601 has them.
var JSONLines = Out{Name: "jsonl", Append: appendJSONLines, Header: func(*arrow.Schema, Settings) []byte { return nil }}

func appendJSONLines(dst []byte, b table.Batch, _ Settings) ([]byte, error) {
	names := make([]string, b.Record.NumCols())
	for c, f := range b.Record.Schema().Fields() {
		name, err := json.Marshal(f.Name)
		if err != nil {
			return dst, err
		}
		names[c] = string(name) + ":"
	}
	for i := range b.Len() {
		dst = append(dst, '{')
		for c := range names {
			if c > 0 {
				dst = append(dst, ',')
			}
			dst = append(dst, names[c]...)
			var err error
			if dst, err = appendJSON(dst, b.Record.Column(c), i); err != nil {
				return dst, err
			}
		}
		dst = append(dst, "}\n"...)
	}
	return dst, nil
}

func appendJSON(dst []byte, a arrow.Array, i int) ([]byte, error) {
	if a.IsNull(i) {
		return append(dst, "null"...), nil
	}
	switch a := a.(type) {
	case *array.Int64:
		return number.AppendInt(dst, a.Value(i)), nil
	case *array.Float64:
		return number.Append(dst, a.Value(i)), nil
	case *array.Boolean:
		if a.Value(i) {
			return append(dst, "true"...), nil
		}
		return append(dst, "false"...), nil
	case *array.Date32:
		return a.Value(i).ToTime().AppendFormat(dst, `"2006-01-02"`), nil
	case *array.Timestamp:
		return a.Value(i).ToTime(arrow.Microsecond).AppendFormat(dst, `"`+arrowtext.TimeLayout(a.DataType())+`"`), nil
	case *array.String:
		text, err := json.Marshal(strings.ToValidUTF8(a.Value(i), "\ufffd"))
		return append(dst, text...), err
	}
	return dst, unwritable(a)
}

// JSONLinesIn reads an object a line, JSONArrayIn an array of objects, and JSONInnerIn
// the array that is a member of an object.
var (
	JSONLinesIn = jsonIn(jsonrows.Lines)
	JSONArrayIn = jsonIn(jsonrows.Array)
	JSONInnerIn = jsonIn(jsonrows.Wrapped)
)

func jsonIn(kind jsonrows.Kind) In {
	in := In{
		Name: string(kind), Suffixes: []string{".jsonl", ".ndjson"},
		Is: func(sample []byte, name string) bool {
			is, ok := jsonrows.Sniff(sample, name)
			return ok && is == kind
		},
		Detect: func(b Beginning, s csv.Settings) (csv.Format, error) {
			columns, start, err := jsonrows.Detect(kind, b.Sample, b.Whole, b.Name)
			f := named(columns, s)
			f.Start = start
			return f, err
		},
		Reader: func(r Reading) grid.Reader {
			return &jsonrows.Reader{Kind: kind, Plan: r.Grid, Source: r.Source, File: r.Input, Columns: r.Columns, Key: r.Key, Limit: r.Format.Dialect.Limit}
		},
	}
	if kind == jsonrows.Lines {
		in.Grammar = func(f csv.Format) csv.Dialect { return csv.Lines(f.Dialect.Limit) }
		return in
	}
	in.Plan = func(f Opened) (grid.Plan, error) {
		return jsonrows.NewPlan(kind, f.Text, grid.BlockSize(f.Size), f.Format.Start, f.Name)
	}
	return in
}
