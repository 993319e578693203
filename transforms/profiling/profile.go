// Package profiling learns the statistics of a table as a Beam pipeline: batches
// go in, one internal/profile.Table comes out, whatever the runner did between.
package profiling

import (
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/beamline-go/beamline/internal/blocktree"
	"github.com/beamline-go/beamline/internal/parallel"
	"github.com/beamline-go/beamline/internal/profile"
	"github.com/beamline-go/beamline/table"
	_ "github.com/beamline-go/beamline/transforms/beamtable" // carries batches
)

func init() {
	beam.RegisterDoFn(&learnFn{})
	register.Emitter1[Part]()
	beam.RegisterCoder(reflect.TypeFor[Part](), encodePart, decodePart)
	beam.RegisterCoder(reflect.TypeFor[profile.Table](), encodeTable, decodeTable)
	register.Combiner3[Part, Part, profile.Table](&mergeFn{})
}

// Part is what was learned of some blocks.
type Part struct {
	Forest blocktree.Forest[profile.Table]
}

// Learn accumulates batches. Schematically:
//
//	Learn(PCollection<table.Batch>) PCollection<Part>
//
// There are few Parts for each bundle.
func Learn(s beam.Scope, batches beam.PCollection, o profile.Reading) (parts beam.PCollection) {
	return beam.ParDo(s.Scope("Profile"), &learnFn{Reading: o}, batches)
}

type learnFn struct {
	Reading profile.Reading

	crew parallel.Crew[struct{}, block]
	part Part
}

// block is what was learned of one.
type block struct {
	input    int
	sequence int64
	table    profile.Table
}

func (f *learnFn) StartBundle(emit func(Part)) {
	f.crew.Disband()
	f.part = Part{}
}

func (f *learnFn) ProcessElement(b table.Batch, emit func(Part)) error {
	return f.crew.Do(func(*struct{}) (block, error) {
		var t profile.Table
		t.Add(b, f.Reading)
		return block{b.Input, b.Sequence, t}, nil
	}, f.keep)
}

// keep puts a block to those before it: in one place, so that few wait for their siblings.
func (f *learnFn) keep(b block) error {
	f.part.Forest.Add(b.input, b.sequence, b.table, merge)
	return nil
}

func (f *learnFn) FinishBundle(emit func(Part)) error {
	if err := f.crew.Wait(f.keep); err != nil {
		return err
	}
	f.crew.Disband()
	if len(f.part.Forest.Nodes) > 0 {
		emit(f.part)
	}
	return nil
}

func merge(into *profile.Table, from profile.Table) { into.Merge(from) }

// Merge joins the parts. Schematically:
//
//	Merge(PCollection<Part>) PCollection<profile.Table>
//
// There is no table where there was no part.
func Merge(s beam.Scope, parts beam.PCollection) beam.PCollection {
	return beam.Combine(s.Scope("Merge profiles"), &mergeFn{}, parts)
}

type mergeFn struct{}

func (*mergeFn) CreateAccumulator() Part { return Part{} }

func (*mergeFn) AddInput(acc, p Part) Part { return join(acc, p) }

func (*mergeFn) MergeAccumulators(a, b Part) Part { return join(a, b) }

func join(a, b Part) Part {
	a.Forest.Merge(b.Forest, merge)
	return a
}

func (*mergeFn) ExtractOutput(acc Part) profile.Table {
	t, _ := acc.Forest.Result(merge)
	return t
}
