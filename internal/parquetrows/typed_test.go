package parquetrows

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/beamline-go/beamline/internal/arrowtext"
	"github.com/beamline-go/beamline/internal/number"
	"github.com/beamline-go/beamline/table"
)

// typesOf says as what the columns of a file are stored; what has parts is text.
func typesOf(t *testing.T, body []byte) []table.Column {
	t.Helper()
	var s *arrow.Schema
	if arrowtext.Safely(kind, "f", func() error {
		f, err := open(bytes.NewReader(body), int64(len(body)))
		if err == nil {
			s, err = f.Schema()
		}
		return err
	}) != nil {
		return nil
	}
	var out []table.Column
	for _, field := range s.Fields() {
		c := table.Column{Name: field.Name, Type: table.String}
		switch field.Type.ID() {
		case arrow.STRUCT:
			continue
		case arrow.INT64, arrow.INT32, arrow.INT16, arrow.INT8:
			c.Type = table.Int64
		case arrow.FLOAT64, arrow.FLOAT32:
			c.Type = table.Float64
		case arrow.DATE32:
			c.Type = table.Date
		case arrow.BOOL:
			c.Type = table.Bool
		case arrow.TIMESTAMP:
			c.Type = table.Timestamp
		}
		out = append(out, c)
	}
	return out
}

// sameAsText reads a file as typed columns and as text, and compares the cells.
func sameAsText(t *testing.T, name string, body []byte, reuse bool) (cells int) {
	t.Helper()
	src, size := bytes.NewReader(body), int64(len(body))
	plan, err := NewPlan(src, size, "f")
	columns := typesOf(t, body)
	if err != nil || len(columns) == 0 {
		return 0
	}
	var names []string
	for _, c := range columns {
		names = append(names, c.Name)
	}
	text := Reader{Plan: plan, Source: "f", Columns: names}
	typed := TypedReader{Reader: Reader{Plan: plan, Source: "f"}, Typed: columns, Reuse: reuse}
	for b := range plan.Blocks {
		want, terr := text.Block(src, b)
		got, err := typed.Block(src, b)
		if (err == nil) != (terr == nil) {
			t.Errorf("%s: %v, as text %v", name, err, terr)
		}
		if err != nil || terr != nil {
			return cells
		}
		for c := range columns {
			for i := range want.Len() {
				is, was := valueText(got.Record.Column(c), i), want.Text(c).Value(i)
				if x, ok := number.Parse(was); ok && columns[c].Type == table.Float64 {
					was = number.Format(x)
				}
				if columns[c].Type == table.Timestamp {
					was = strings.Replace(strings.TrimSuffix(was, "Z"), "T", " ", 1)
				}
				for _, o := range got.Odd {
					if o.Row == i && o.Column == c {
						is = was
					}
				}
				if is != was {
					t.Fatalf("%s: column %s, row %d is %q, as text %q", name, names[c], i, is, was)
				}
				cells++
			}
		}
	}
	return cells
}

func valueText(a arrow.Array, i int) string {
	if a.IsNull(i) {
		return ""
	}
	switch a := a.(type) {
	case *array.Date32:
		return a.Value(i).ToTime().Format(time.DateOnly)
	case *array.Timestamp:
		return a.Value(i).ToTime(arrow.Microsecond).Format("2006-01-02 15:04:05.999999")
	case *array.Float64:
		return number.Format(a.Value(i))
	}
	return a.ValueStr(i)
}

func TestTypedIsText(t *testing.T) {
	for _, reuse := range []bool{false, true} {
		if n := sameAsText(t, "written", written(t, 3*sliceRows+100, 2*sliceRows+50), reuse); n < 3*sliceRows*5 {
			t.Errorf("only %d cells", n)
		}
	}
}

func TestRealTypedIsText(t *testing.T) {
	data := os.Getenv("BEAMLINE_DATA")
	if data == "" {
		t.Skip("BEAMLINE_DATA is not set")
	}
	files, err := filepath.Glob(filepath.Join(data, "parsers/parquet-testing/*data/*.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	cells := 0
	for _, name := range files {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		cells += sameAsText(t, filepath.Base(name), body, true)
	}
	if cells < 10000 {
		t.Errorf("only %d cells were compared", cells)
	}
}
