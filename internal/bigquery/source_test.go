package bigquery

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/decimal256"
	"github.com/apache/arrow-go/v18/arrow/memory"
	rest "google.golang.org/api/bigquery/v2"

	"github.com/beamline-go/beamline/internal/bigquery/bigquerytest"
	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/internal/source/sourcetest"
	"github.com/beamline-go/beamline/table"
)

func init() { firstWait = time.Millisecond }

// open finds the one source of a name.
func open(t *testing.T, name string) *Source {
	t.Helper()
	x, err := Find(t.Context(), name, csv.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

const numbers = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 4000) "

// TestLaws holds a table, a part of one, a view and queries to the laws of sources, on a
// service that ends connections.
func TestLaws(t *testing.T) {
	s := bigquerytest.Start(t)
	s.Do(t, "create table one (name STRING, price FLOAT, made DATE, n INTEGER)")
	s.Do(t, numbers+"insert into one select 'na''me ' || i, i / 7.0, date('2026-01-01', '+' || i || ' days'), i from n")
	s.Do(t, "create view v as select name, price from one")
	var asked atomic.Int64
	s.FailWith(func(string) (before, after error) {
		if asked.Add(1)%29 == 0 {
			return errors.New("the connection is lost"), nil
		}
		return nil, nil
	})
	for name, options := range map[string]string{"one": "", "a part": "&filter=n > 300&columns=n,price", "v": ""} {
		t.Run(name, func(t *testing.T) {
			x := open(t, s.Name(strings.Replace(name, "a part", "one", 1), options))
			x.Block = 700
			sourcetest.Run(t, x, "")
		})
	}
	for _, q := range []string{"select n, price from `acme.sales.one` where n > 10", "select name, n from `acme.sales.one` order by n desc"} {
		t.Run(q, func(t *testing.T) {
			x := open(t, "bigquery://acme?"+s.Options()+"&query="+q)
			x.Block = 700
			sourcetest.Run(t, x, "")
			if got, want := len(x.Session.Streams), 3; strings.Contains(q, "order by") != (got != want) {
				t.Errorf("it is read in %d streams", got)
			}
		})
	}
}

// TestTypes reads a value of each type, as the service sends it.
func TestTypes(t *testing.T) {
	s := bigquerytest.Start(t)
	list, place := arrow.ListOf(arrow.PrimitiveTypes.Int64), arrow.StructOf(arrow.Field{Name: "city", Type: arrow.BinaryTypes.String}, arrow.Field{Name: "price", Type: &arrow.Decimal128Type{Precision: 38, Scale: 9}})
	types := []arrow.DataType{arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Float64, &arrow.Decimal128Type{Precision: 38, Scale: 9}, &arrow.Decimal256Type{Precision: 76, Scale: 38},
		arrow.FixedWidthTypes.Boolean, arrow.BinaryTypes.String, arrow.BinaryTypes.Binary, arrow.FixedWidthTypes.Date32, &arrow.TimestampType{Unit: arrow.Microsecond},
		arrow.FixedWidthTypes.Timestamp_us, arrow.FixedWidthTypes.Time64us, list, place}
	schema, fields := &rest.TableSchema{}, []arrow.Field{}
	for i, kind := range []string{"INTEGER", "FLOAT", "NUMERIC", "BIGNUMERIC", "BOOLEAN", "GEOGRAPHY", "BYTES", "DATE", "DATETIME", "TIMESTAMP", "TIME", "INTEGER", "RECORD"} {
		f := &rest.TableFieldSchema{Name: fmt.Sprint(strings.ToLower(kind), i), Type: kind}
		if types[i] == arrow.DataType(list) {
			f.Mode = "REPEATED"
		}
		schema.Fields, fields = append(schema.Fields, f), append(fields, arrow.Field{Name: f.Name, Type: types[i], Nullable: true})
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	b.Field(0).(*array.Int64Builder).Append(9007199254740993)
	b.Field(1).(*array.Float64Builder).Append(0.1)
	exact, err := decimal128.FromString("12345678901234567890123456789.000000001", 38, 9)
	if err != nil {
		t.Fatal(err)
	}
	b.Field(2).(*array.Decimal128Builder).Append(exact)
	long, err := decimal256.FromString("-1.50000000000000000000000000000000000001", 76, 38)
	if err != nil {
		t.Fatal(err)
	}
	b.Field(3).(*array.Decimal256Builder).Append(long)
	b.Field(4).(*array.BooleanBuilder).Append(true)
	b.Field(5).(*array.StringBuilder).Append("POINT(10.75 59.91)")
	b.Field(6).(*array.BinaryBuilder).Append([]byte{0xde, 0xad})
	b.Field(7).(*array.Date32Builder).Append(20512)
	b.Field(8).(*array.TimestampBuilder).Append(1_700_000_000_123_456)
	b.Field(9).(*array.TimestampBuilder).Append(1_700_000_000_000_000)
	b.Field(10).(*array.Time64Builder).Append(arrow.Time64(12*3600_000_000 + 30*60_000_000))
	b.Field(11).(*array.ListBuilder).Append(true)
	b.Field(11).(*array.ListBuilder).ValueBuilder().(*array.Int64Builder).AppendValues([]int64{1, 2}, nil)
	b.Field(12).(*array.StructBuilder).Append(true)
	b.Field(12).(*array.StructBuilder).FieldBuilder(0).(*array.StringBuilder).Append("Bern")
	b.Field(12).(*array.StructBuilder).FieldBuilder(1).(*array.Decimal128Builder).Append(decimal128.FromI64(1_500_000_000))
	for _, f := range b.Fields() {
		f.AppendNull()
	}
	s.Give("types", schema, b.NewRecordBatch())
	x := open(t, s.Name("types", ""))
	plan, err := x.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got := sourcetest.Rows(t, x, plan, source.Wanted{Columns: append(x.Columns(), "none")})
	want := []string{
		`1 ["9007199254740993" "0.1" "12345678901234567890123456789.000000001" "-1.50000000000000000000000000000000000001" "true" "POINT(10.75 59.91)" "3q0=" "2026-02-28" "2023-11-14T22:13:20.123456" "2023-11-14T22:13:20Z" "12:30:00.000000" "[1,2]" "{\"city\":\"Bern\",\"price\":\"1.5\"}" ""]`,
		`2 ["" "" "" "" "" "" "" "" "" "" "" "" "" ""]`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if is, ok := x.Declared("integer0"); !ok || is != table.Int64 {
		t.Errorf("integer0 is %v", is)
	}
	if is, ok := x.Declared("integer11"); ok {
		t.Errorf("a list is %v", is)
	}
}

// TestFaults names what does not exist, or is not allowed.
func TestFaults(t *testing.T) {
	s := bigquerytest.Start(t)
	s.Do(t, "create table houses (x INTEGER, y STRING)")
	s.Bytes = 3_000_000_000_000
	at := "?" + s.Options()
	for name, want := range map[string]string{
		s.Name("house", ""):                             `did you mean "houses"`,
		"bigquery://acme.sale.houses" + at:              `did you mean "sales"`,
		"bigquery://acne.sales.houses" + at:             "Not found: Project acne",
		s.Name("houses", "&columns=z"):                  "no column z",
		s.Name("houses", "&maximum_byte=1"):             `did you mean "maximum_bytes"`,
		s.Name("houses", "&maximum_bytes=many"):         "no number of bytes",
		s.Name("houses", "&snapshot=yesterday"):         "no time",
		"bigquery://acme" + at:                          "which table",
		"bigquery://acme.sales/houses" + at:             "bigquery://PROJECT.DATASET.TABLE",
		"bigquery://acme" + at + "&query=select 1 x":    "the query reads 3 TB, and may read 100 GB; select less, or allow it with maximum_bytes=4TB",
		"bigquery://acme" + at + "&query=select no one": "no such column",
		s.Name("houses", "&storage="):                   "storage=HOST:PORT",
	} {
		_, err := Find(t.Context(), name, csv.Settings{})
		if err == nil || !strings.Contains(err.Error(), want) || fault.CodeOf(err) != fault.Usage {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Find(t.Context(), s.Name("houses", ""), csv.Settings{}); fault.CodeOf(err) != fault.Data || !strings.Contains(err.Error(), "no records") {
		t.Error(err)
	}
}
