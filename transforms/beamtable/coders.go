// Package beamtable lets Beam carry batches and what was learned of them: importing it
// registers the coder of batches, and Encode and Decode are what the coders of other
// elements do.
package beamtable

import (
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"github.com/beamline-go/beamline/internal/wire"
	"github.com/beamline-go/beamline/table"
)

func init() {
	beam.RegisterCoder(reflect.TypeFor[table.Batch](), wire.EncodeBatch, wire.DecodeBatch)
}
