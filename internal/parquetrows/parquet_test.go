package parquetrows

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/beamline-go/beamline/internal/fault"
)

// readAll reads a file as the lines of a table.
func readAll(t testing.TB, body []byte) (columns []string, rows []string, err error) {
	t.Helper()
	src, size := bytes.NewReader(body), int64(len(body))
	if columns, err = Detect(src, size, "f"); err != nil {
		return nil, nil, err
	}
	plan, err := NewPlan(src, size, "f")
	if err != nil {
		return nil, nil, err
	}
	r := &Reader{Plan: plan, Source: "f", Columns: columns}
	for b := range plan.Blocks {
		batch, err := r.Block(src, b)
		if err != nil {
			return columns, rows, err
		}
		for i := range batch.Len() {
			var cells []string
			for c := range columns {
				cells = append(cells, batch.Text(c).Value(i))
			}
			rows = append(rows, strings.Join(cells, "|"))
		}
	}
	if int64(len(rows)) != plan.Records {
		t.Errorf("%d rows, the plan says %d", len(rows), plan.Records)
	}
	return columns, rows, nil
}

// unread are good files of the suite that are not read, with the reason.
var unread = map[string]string{
	"datapage_v2_empty_datapage.snappy.parquet": "corrupt input", // an empty page that is said to be compressed
	"hadoop_lz4_compressed.parquet":             "LZ4 unimplemented",
	"hadoop_lz4_compressed_larger.parquet":      "LZ4 unimplemented",
	"non_hadoop_lz4_compressed.parquet":         "LZ4 unimplemented",
	"incorrect_map_schema.parquet":              "MAP keys must be required",
	"int96_from_spark.parquet":                  "nanosecond range",         // a time in the year 290000
	"large_string_map.brotli.parquet":           "exceeds configured limit", // a page of 1 GB
	"unknown-logical-type.parquet":              "invalid logical type",
}

// read are bad files of the suite that are read all the same: a dictionary of one
// entry, whose indexes have no bits.
var read = []string{"ARROW-GH-43605.parquet"}

func TestRealParquetTesting(t *testing.T) {
	data := os.Getenv("BEAMLINE_DATA")
	if data == "" {
		t.Skip("BEAMLINE_DATA is not set")
	}
	each := func(dir string, test func(name string, columns, rows []string, err error)) {
		files, err := filepath.Glob(filepath.Join(data, "parsers/parquet-testing", dir, "*.parquet"))
		if err != nil || len(files) < 8 {
			t.Fatalf("%d files, %v", len(files), err)
		}
		for _, name := range files {
			body, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			columns, rows, err := readAll(t, body)
			if err != nil && fault.CodeOf(err) != fault.Data {
				t.Errorf("%s: %v is no fault of the data", name, err)
			}
			test(filepath.Base(name), columns, rows, err)
		}
	}
	each("data", func(name string, _, _ []string, err error) {
		why, known := unread[name]
		if known != (err != nil) || known && !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %v", name, err)
		}
	})
	each("bad_data", func(name string, _, _ []string, err error) {
		if (err == nil) != slices.Contains(read, name) {
			t.Errorf("%s: %v", name, err)
		}
	})
	for name, want := range map[string]string{
		"delta_byte_array.parquet": "delta_byte_array_expect.csv", "delta_encoding_required_column.parquet": "delta_encoding_required_column_expect.csv",
		"delta_encoding_optional_column.parquet": "delta_encoding_optional_column_expect.csv", "delta_binary_packed.parquet": "delta_binary_packed_expect.csv",
	} {
		compare(t, filepath.Join(data, "parsers/parquet-testing/data"), name, want)
	}
}

// compare reads a file and the text that the suite has of it.
func compare(t *testing.T, dir, name, want string) {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	_, got, err := readAll(t, body)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.Open(filepath.Join(dir, want))
	if err != nil {
		t.Fatal(err)
	}
	defer text.Close()
	records, err := csv.NewReader(text).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range records[1:] {
		if i >= len(got) || strings.Join(r, "|") != got[i] {
			t.Errorf("%s, row %d: %q, want %q", name, i, got[min(i, len(got)-1)], strings.Join(r, "|"))
			return
		}
	}
	if len(got) != len(records)-1 {
		t.Errorf("%s: %d rows, want %d", name, len(got), len(records)-1)
	}
}

// written is a table of every kind of column, in row groups of that many rows.
func written(t testing.TB, rows, group int) []byte {
	t.Helper()
	pool := memory.DefaultAllocator
	inner := arrow.StructOf(arrow.Field{Name: "city", Type: arrow.BinaryTypes.String, Nullable: true}, arrow.Field{Name: "no", Type: arrow.PrimitiveTypes.Int32, Nullable: true})
	s := arrow.NewSchema([]arrow.Field{
		{Name: "i", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, {Name: "f", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
		{Name: "b", Type: arrow.FixedWidthTypes.Boolean, Nullable: true}, {Name: "d", Type: arrow.FixedWidthTypes.Date32, Nullable: true},
		{Name: "t", Type: &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}, Nullable: true},
		{Name: "l", Type: arrow.ListOf(arrow.PrimitiveTypes.Int64), Nullable: true}, {Name: "at", Type: inner, Nullable: true},
	}, nil)
	b := array.NewRecordBuilder(pool, s)
	for i := range rows {
		if i%7 == 3 {
			for c := range s.NumFields() {
				b.Field(c).AppendNull()
			}
			continue
		}
		b.Field(0).(*array.Int64Builder).Append(int64(i))
		b.Field(1).(*array.Float64Builder).Append(float64(i) / 8)
		b.Field(2).(*array.BooleanBuilder).Append(i%2 == 0)
		b.Field(3).(*array.Date32Builder).Append(arrow.Date32(i))
		b.Field(4).(*array.TimestampBuilder).Append(arrow.Timestamp(int64(i) * 1_500_000))
		l := b.Field(5).(*array.ListBuilder)
		l.Append(true)
		l.ValueBuilder().(*array.Int64Builder).AppendValues([]int64{int64(i), 1}, nil)
		at := b.Field(6).(*array.StructBuilder)
		at.Append(true)
		at.FieldBuilder(0).(*array.StringBuilder).Append(fmt.Sprint("c", i))
		at.FieldBuilder(1).AppendNull()
	}
	var out bytes.Buffer
	w, err := pqarrow.NewFileWriter(s, &out, parquet.NewWriterProperties(parquet.WithMaxRowGroupLength(int64(group))), pqarrow.DefaultWriterProps())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.WriteBuffered(b.NewRecordBatch()); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestEveryKindOfColumn(t *testing.T) {
	columns, rows, err := readAll(t, written(t, 8, 3))
	if want := []string{"i", "f", "b", "d", "t", "l", "at.city", "at.no"}; err != nil || !slices.Equal(columns, want) {
		t.Fatalf("%q, %v", columns, err)
	}
	if rows[5] != "5|0.625|false|1970-01-06|1970-01-01T00:00:07.5Z|[5,1]|c5|" || rows[3] != "|||||||" {
		t.Errorf("%q", rows)
	}
}

// TestAnyBlockByItself reads a table of large row groups block by block, in order
// and not.
func TestAnyBlockByItself(t *testing.T) {
	body := written(t, 3*sliceRows+100, 2*sliceRows+50)
	src, size := bytes.NewReader(body), int64(len(body))
	plan, err := NewPlan(src, size, "f")
	if err != nil || len(plan.Blocks) != 5 {
		t.Fatalf("%+v, %v", plan, err)
	}
	all := &Reader{Plan: plan, Source: "f", Columns: []string{"i", "nosuch"}}
	for b := range plan.Blocks {
		want, err := all.Block(src, b)
		if err != nil {
			t.Fatal(err)
		}
		alone := &Reader{Plan: plan, Source: "f", Columns: all.Columns}
		for range 2 {
			got, err := alone.Block(src, b)
			if err != nil || got.First != want.First || !array.RecordEqual(got.Record, want.Record) {
				t.Errorf("block %d by itself: %v", b, err)
			}
		}
	}
}

// TestDamaged changes a byte of a file at a time, and cuts it: an error or a
// table, and never a panic.
func TestDamaged(t *testing.T) {
	body := written(t, 50, 20)
	for i := 0; i < len(body); i += 3 {
		broken := bytes.Clone(body)
		broken[i] ^= 0x55
		for _, x := range [][]byte{broken, body[:i]} {
			src, size := bytes.NewReader(x), int64(len(x))
			columns, err := Detect(src, size, "f")
			if err == nil {
				var r Reader
				r.Columns, r.Source = columns, "f"
				if r.Plan, err = NewPlan(src, size, "f"); err == nil {
					for b := range r.Plan.Blocks {
						if _, err = r.Block(src, b); err != nil {
							break
						}
					}
				}
			}
			if err != nil && fault.CodeOf(err) != fault.Data {
				t.Fatalf("byte %d: %v", i, err)
			}
		}
	}
}

// FuzzRead reads anything: a fault of the data or a table, and never a panic.
func FuzzRead(f *testing.F) {
	f.Add(written(f, 20, 7))
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, _, err := readAll(t, body); err != nil && fault.CodeOf(err) != fault.Data {
			t.Errorf("%v is no fault of the data", err)
		}
	})
}
