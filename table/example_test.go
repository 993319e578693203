package table_test

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/beamline-go/beamline/table"
)

// A batch is an Arrow record that knows where it is from. Selecting rows keeps their
// numbers.
func Example() {
	towns := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{{Name: "town", Type: arrow.BinaryTypes.String}}, nil))
	towns.Field(0).(*array.StringBuilder).AppendValues([]string{"Lakeside", "", "Harbour"}, nil)
	batch := table.Batch{Source: "towns.csv", First: 101, Record: towns.NewRecordBatch()}

	named := batch.Select([]bool{true, false, true})
	for i := range named.Len() {
		fmt.Println(named.Source, named.Row(i), named.Text(named.Index("town")).Value(i))
	}
	// Output:
	// towns.csv 101 Lakeside
	// towns.csv 103 Harbour
}

// A schema is YAML that a person may edit.
func ExampleUnmarshalSchema() {
	s, err := table.UnmarshalSchema([]byte("columns:\n- {name: area, type: float64, role: numeric, presence: required, unit: m2}\n"))
	if err != nil {
		panic(err)
	}
	c, _ := s.Column("area")
	fmt.Println(c.Type, c.Unit, c.Role.Feature())
	// Output: float64 m2 true
}
