// Package sampling takes a bounded sample of the rows of a table as a Beam
// pipeline: a thin layer over internal/sample.
package sampling

import (
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/beamline-go/beamline/internal/parallel"
	"github.com/beamline-go/beamline/internal/sample"
	"github.com/beamline-go/beamline/internal/wire"
	"github.com/beamline-go/beamline/table"
	_ "github.com/beamline-go/beamline/transforms/beamtable" // carries batches
)

func init() {
	beam.RegisterDoFn(&takeFn{})
	register.Emitter1[sample.Rows]()
	beam.RegisterCoder(reflect.TypeFor[sample.Rows](), encodeRows, decodeRows)
	register.Combiner1[sample.Rows](&mergeFn{})
}

func encodeRows(v sample.Rows) ([]byte, error) { return wire.Encode(v) }

func decodeRows(data []byte) (sample.Rows, error) { return wire.Decode[sample.Rows](data) }

// Take samples batches of text. Schematically:
//
//	Take(PCollection<table.Batch>...) PCollection<sample.Rows>
//
// At most limit bytes are kept, and few times as many of a bundle are shuffled.
func Take(s beam.Scope, limit int, batches ...beam.PCollection) (rows beam.PCollection) {
	s = s.Scope("Sample rows")
	var taken []beam.PCollection
	for _, b := range batches {
		taken = append(taken, beam.ParDo(s, &takeFn{Limit: limit}, b))
	}
	return beam.Combine(s, &mergeFn{Limit: limit}, beam.Flatten(s, taken...))
}

type takeFn struct {
	Limit int

	crew parallel.Crew[sample.Rows, struct{}]
}

func (f *takeFn) StartBundle(_ func(sample.Rows)) {
	f.crew.Disband()
	f.crew.New = func() (sample.Rows, error) { return sample.Rows{Limit: f.Limit}, nil }
}

func (f *takeFn) ProcessElement(b table.Batch, _ func(sample.Rows)) error {
	return f.crew.Do(func(r *sample.Rows) (none struct{}, err error) { r.Add(b); return none, nil }, parallel.Drop)
}

func (f *takeFn) FinishBundle(emit func(sample.Rows)) error {
	if err := f.crew.Wait(parallel.Drop); err != nil {
		return err
	}
	for _, r := range f.crew.Disband() {
		if r.Seen > 0 {
			emit(*r)
		}
	}
	return nil
}

type mergeFn struct{ Limit int }

func (m *mergeFn) CreateAccumulator() sample.Rows { return sample.Rows{Limit: m.Limit} }

func (*mergeFn) AddInput(acc, r sample.Rows) sample.Rows { acc.Merge(r); return acc }

func (*mergeFn) MergeAccumulators(a, b sample.Rows) sample.Rows { a.Merge(b); return a }
