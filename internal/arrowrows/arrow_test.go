package arrowrows

import (
	"bytes"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/beamline-go/beamline/internal/fault"
)

// written is a file of several batches, with nulls and a dictionary.
func written(t testing.TB, o ...ipc.Option) []byte {
	t.Helper()
	words := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}
	schema := arrow.NewSchema([]arrow.Field{{Name: "i", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, {Name: "x", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
		{Name: "word", Type: words, Nullable: true}, {Name: "place", Type: arrow.StructOf(arrow.Field{Name: "city", Type: arrow.BinaryTypes.String})}}, nil)
	var out bytes.Buffer
	w, err := ipc.NewFileWriter(&out, append(o, ipc.WithSchema(schema))...)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
		for i := range 40 {
			if i%7 == 3 {
				b.Field(0).AppendNull()
			} else {
				b.Field(0).(*array.Int64Builder).Append(int64(i))
			}
			b.Field(1).(*array.Float64Builder).Append(float64(i) / 8)
			if err := b.Field(2).(*array.BinaryDictionaryBuilder).AppendString([]string{"red", "green"}[i%2]); err != nil {
				t.Fatal(err)
			}
			b.Field(3).(*array.StructBuilder).Append(true)
			b.Field(3).(*array.StructBuilder).FieldBuilder(0).(*array.StringBuilder).Append("Bern")
		}
		if err := w.Write(b.NewRecordBatch()); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func readAll(body []byte) (rows []string, err error) {
	src, size := bytes.NewReader(body), int64(len(body))
	columns, err := Detect(src, size, "f")
	if err != nil {
		return nil, err
	}
	plan, err := NewPlan(src, size, "f")
	if err != nil {
		return nil, err
	}
	r := Reader{Plan: plan, Source: "f", Columns: columns}
	for b := range plan.Blocks {
		batch, err := r.Block(src, b)
		if err != nil {
			return rows, err
		}
		for i := range batch.Len() {
			var cells []string
			for c := range columns {
				cells = append(cells, batch.Text(c).Value(i))
			}
			rows = append(rows, strings.Join(cells, "|"))
		}
	}
	return rows, nil
}

func TestReads(t *testing.T) {
	for name, o := range map[string][]ipc.Option{"plain": nil, "zstd": {ipc.WithZstd()}, "lz4": {ipc.WithLZ4()}} {
		rows, err := readAll(written(t, o...))
		if err != nil || len(rows) != 120 || rows[3] != "|0.375|green|Bern" || rows[41] != "1|0.125|green|Bern" {
			t.Errorf("%s: %d rows, %v: %q", name, len(rows), err, rows[:min(len(rows), 5)])
		}
	}
}

// TestDamaged changes a byte of a file at a time, and cuts it: an error or a table,
// and never a panic.
func TestDamaged(t *testing.T) {
	for _, body := range [][]byte{written(t), written(t, ipc.WithZstd())} {
		step := 1
		if testing.Short() {
			step = 11
		}
		for i := 0; i < len(body); i += step {
			for _, flip := range []byte{0x01, 0x55, 0x80, 0xff} {
				broken := bytes.Clone(body)
				broken[i] ^= flip
				for _, x := range [][]byte{broken, body[:i]} {
					if _, err := readAll(x); err != nil && fault.CodeOf(err) != fault.Data {
						t.Fatalf("byte %d: %v", i, err)
					}
				}
			}
		}
	}
}

// FuzzRead reads anything: a fault of the data or a table, and never a panic.
func FuzzRead(f *testing.F) {
	f.Add(written(f))
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, err := readAll(body); err != nil && fault.CodeOf(err) != fault.Data {
			t.Errorf("%v is no fault of the data", err)
		}
	})
}
