// Package arrowtext turns Arrow records into columns of text, as files hold them that
// know the types of their columns. Members of structs become columns by their path,
// such as address.city; lists and maps become JSON text.
package arrowtext

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/internal/vector"
)

// Columns returns the paths of the columns of a schema. It is an error where they are more
// than can be read.
func Columns(s *arrow.Schema) ([]string, error) {
	var names grid.Names
	for _, f := range s.Fields() {
		if err := flatten(&names, "", f); err != nil {
			return nil, err
		}
	}
	return names.List, nil
}

// flatten adds the paths of the columns of a field.
func flatten(names *grid.Names, prefix string, f arrow.Field) error {
	s, ok := f.Type.(*arrow.StructType)
	if !ok {
		return names.Add(prefix + f.Name)
	}
	for _, member := range s.Fields() {
		if err := flatten(names, prefix+f.Name+".", member); err != nil {
			return err
		}
	}
	return nil
}

// Texts returns the record as text columns of those names. It is an error where it has more
// than MostText bytes of text.
func Texts(record arrow.RecordBatch, columns []string) (arrow.RecordBatch, error) {
	found := map[string]arrow.Array{}
	for i, f := range record.Schema().Fields() {
		leaves(found, "", f, record.Column(i), nil)
	}
	n := int(record.NumRows())
	out := make(vector.Texts, len(columns))
	left := MostText
	for i, name := range columns {
		var ok bool
		if out[i], ok = text(found[name], n, left); !ok {
			return nil, fmt.Errorf("%d rows that stand together have more than %d MB of text", n, MostText>>20)
		}
		left -= len(out[i].Data)
	}
	return out.Record(columns, n), nil
}

// leaves finds the columns of a field. Where a struct is null its members are.
func leaves(found map[string]arrow.Array, prefix string, f arrow.Field, a arrow.Array, null func(i int) bool) {
	s, ok := a.(*array.Struct)
	if !ok {
		found[prefix+f.Name] = masked{a, null}
		return
	}
	inner := func(i int) bool { return s.IsNull(i) || null != nil && null(i) }
	for i, member := range s.DataType().(*arrow.StructType).Fields() {
		leaves(found, prefix+f.Name+".", member, s.Field(i), inner)
	}
}

// masked is an array in which more is null than it says.
type masked struct {
	arrow.Array
	null func(i int) bool
}

func (m masked) IsNull(i int) bool { return m.Array.IsNull(i) || m.null != nil && m.null(i) }
