package format

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// typedRecord has a column of each type that tables have, with nulls.
func typedRecord(rows int) arrow.RecordBatch {
	fields := []arrow.Field{
		{Name: "text", Type: arrow.BinaryTypes.String, Nullable: true}, {Name: "whole", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
		{Name: "number", Type: arrow.PrimitiveTypes.Float64, Nullable: true}, {Name: "yes", Type: arrow.FixedWidthTypes.Boolean, Nullable: true},
		{Name: "day", Type: arrow.FixedWidthTypes.Date32, Nullable: true}, {Name: "moment", Type: arrow.FixedWidthTypes.Timestamp_us, Nullable: true},
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	for i := range rows {
		if i%7 == 3 {
			for _, f := range b.Fields() {
				f.AppendNull()
			}
			continue
		}
		b.Field(0).(*array.StringBuilder).Append(fmt.Sprint("né, \"", i%5))
		b.Field(1).(*array.Int64Builder).Append(int64(i))
		b.Field(2).(*array.Float64Builder).Append(float64(i) / 3)
		b.Field(3).(*array.BooleanBuilder).Append(i%2 == 0)
		b.Field(4).(*array.Date32Builder).Append(arrow.Date32(i))
		b.Field(5).(*array.TimestampBuilder).Append(arrow.Timestamp(i * 1000001))
	}
	return b.NewRecordBatch()
}

// TestWritersRepeat writes the same batches many times: the bytes are the same, though
// maps have another order each time.
func TestWritersRepeat(t *testing.T) {
	r := typedRecord(100)
	for _, f := range Written {
		t.Run(f.Name, func(t *testing.T) {
			var first []byte
			for i := range 50 {
				var out bytes.Buffer
				w, err := f.Create(&out, r.Schema(), Settings{})
				if err != nil {
					t.Fatal(err)
				}
				for range 3 {
					if err := w.Write(r); err != nil {
						t.Fatal(err)
					}
				}
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
				if i == 0 {
					first = out.Bytes()
				}
				if out.Len() == 0 || !bytes.Equal(first, out.Bytes()) {
					t.Fatalf("time %d gives other bytes", i+1)
				}
			}
		})
	}
}
