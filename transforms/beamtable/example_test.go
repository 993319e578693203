package beamtable_test

import (
	"context"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	//lint:ignore SA1019 it opens no port
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/direct"

	"github.com/beamline-go/beamline/table"
	_ "github.com/beamline-go/beamline/transforms/beamtable"
)

func init() { register.Function1x0(show) }

func show(b table.Batch) { fmt.Println(b.Source, b.Len(), b.Text(0)) }

// A pipeline whose batches are not read from a file.
func Example() {
	towns := array.NewStringBuilder(memory.DefaultAllocator)
	towns.AppendValues([]string{"Oslo", "Bergen"}, nil)
	schema := arrow.NewSchema([]arrow.Field{{Name: "town", Type: arrow.BinaryTypes.String}}, nil)
	rows := array.NewRecordBatch(schema, []arrow.Array{towns.NewArray()}, 2)

	p, s := beam.NewPipelineWithRoot()
	beam.ParDo0(s, show, beam.Create(s, table.Batch{Source: "by hand", First: 1, Record: rows}))
	if _, err := beam.Run(context.Background(), "direct", p); err != nil {
		panic(err)
	}
	// Output: by hand 2 ["Oslo" "Bergen"]
}
