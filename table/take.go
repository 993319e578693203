package table

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// take returns the cells of a for which keep is true. It panics on an Arrow
// type that no table.Type has, which is a bug of the caller.
func take(a arrow.Array, keep []bool) arrow.Array {
	b := array.NewBuilder(memory.DefaultAllocator, a.DataType())
	for i, k := range keep {
		switch {
		case !k:
		case a.IsNull(i):
			b.AppendNull()
		default:
			appendCell(b, a, i)
		}
	}
	return b.NewArray()
}

func appendCell(b array.Builder, a arrow.Array, i int) {
	switch a := a.(type) {
	case *array.String:
		b.(*array.StringBuilder).Append(a.Value(i))
	case *array.Int64:
		b.(*array.Int64Builder).Append(a.Value(i))
	case *array.Float64:
		b.(*array.Float64Builder).Append(a.Value(i))
	case *array.Boolean:
		b.(*array.BooleanBuilder).Append(a.Value(i))
	case *array.Date32:
		b.(*array.Date32Builder).Append(a.Value(i))
	case *array.Timestamp:
		b.(*array.TimestampBuilder).Append(a.Value(i))
	default:
		panic(fmt.Sprintf("table: no type has cells of Arrow type %s", a.DataType()))
	}
}
