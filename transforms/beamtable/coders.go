// Package beamtable lets Beam carry batches between workers: importing it registers their
// coder. The other transforms do; a pipeline that makes batches of its own imports it too.
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
