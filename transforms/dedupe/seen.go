package dedupe

import (
	"context"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"github.com/beamline-go/beamline/internal/parallel"
	"github.com/beamline-go/beamline/internal/repeats"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/table"
)

func init() {
	beam.RegisterDoFn(&seenFn{})
	beam.RegisterDoFn(&mergeFn{})
	register.Emitter1[string]()
}

const seenFile = "seen"

// Seen finds what is there several times, for Again, and leaves it in the folder dir. records is about how many there are.
// Schematically:
//
//	Seen(PCollection<table.Batch>) PCollection<string>
//
// The one element is dir; there is none of no records.
func Seen(s beam.Scope, dir, key string, records int64, batches ...beam.PCollection) (done beam.PCollection) {
	s = s.Scope("Find what is seen again")
	var parts []beam.PCollection
	for _, b := range batches {
		parts = append(parts, beam.ParDo(s, &seenFn{hasher: hasher{Key: key}, Records: records}, b))
	}
	return beam.ParDo(s, &mergeFn{Dir: dir}, beam.GroupByKey(s, beam.Flatten(s, parts...)))
}

type seenFn struct {
	hasher
	Records int64

	crew parallel.Crew[repeats.Filter, struct{}]
}

func (f *seenFn) StartBundle(_ func(int, []byte)) {
	f.crew.Disband()
	f.crew.New = func() (repeats.Filter, error) { return repeats.New(f.Records), nil }
}

func (f *seenFn) ProcessElement(b table.Batch, _ func(int, []byte)) error {
	return f.crew.Do(func(seen *repeats.Filter) (none struct{}, err error) {
		return none, f.each(b, func(key uint64) bool { seen.Add(key); return false }, nil)
	}, parallel.Drop)
}

func (f *seenFn) FinishBundle(emit func(int, []byte)) error {
	if err := f.crew.Wait(parallel.Drop); err != nil {
		return err
	}
	for _, seen := range f.crew.Disband() {
		emit(0, seen.Pack())
	}
	return nil
}

type mergeFn struct{ Dir string }

func (f *mergeFn) ProcessElement(ctx context.Context, _ int, parts func(*[]byte) bool, emit func(string)) error {
	all, err := repeats.MergeParts(parts, false)
	if err != nil {
		return err
	}
	if err := all.Save(ctx, store.Join(f.Dir, seenFile)); err != nil {
		return err
	}
	emit(f.Dir)
	return nil
}
