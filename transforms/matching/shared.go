package matching

import (
	"context"
	"fmt"
	"sync"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"github.com/beamline-go/beamline/internal/match"
	"github.com/beamline-go/beamline/internal/parallel"
	"github.com/beamline-go/beamline/internal/repeats"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/table"
)

func init() {
	beam.RegisterDoFn(&sharedFn{})
	beam.RegisterDoFn(&mergeFn{})
}

// Shared finds the values of the first keys of the model, so many, that several
// records have, or records of both sides, and leaves them in dir for Compare.
// records is about how many there are. Schematically:
//
//	Shared(PCollection<table.Batch>...) PCollection<int>
//
// The elements are the keys that are done.
func Shared(s beam.Scope, dir string, keys int, records int64, sides ...Side) (done beam.PCollection) {
	s = s.Scope("Find shared keys")
	var parts []beam.PCollection
	for _, side := range sides {
		for _, b := range side.Batches {
			f := &sharedFn{reader: reader{Dir: dir, Side: side, Share: Share{To: keys, Ranges: 1}}, Records: records}
			parts = append(parts, beam.ParDo(s, f, b))
		}
	}
	return beam.ParDo(s, &mergeFn{Dir: dir, Two: len(sides) == 2}, beam.GroupByKey(s, beam.Flatten(s, parts...)))
}

type sharedFn struct {
	reader
	Records int64

	crew parallel.Crew[sharedWorker, struct{}]
}

// sharedWorker counts the values of the keys.
type sharedWorker struct {
	keyer *match.Keyer
	seen  []repeats.Filter // of the keys
}

func (f *sharedFn) StartBundle(_ func(int, []byte)) {
	f.crew.Disband()
	f.crew.New = func() (sharedWorker, error) {
		w := sharedWorker{f.keyer(), make([]repeats.Filter, f.Share.To)}
		for k := range w.seen {
			w.seen[k] = repeats.New(f.Records)
		}
		return w, nil
	}
}

func (f *sharedFn) ProcessElement(ctx context.Context, b table.Batch, _ func(int, []byte)) error {
	if err := f.prepare(ctx); err != nil {
		return err
	}
	return f.crew.Do(func(w *sharedWorker) (none struct{}, err error) { return none, f.each(b, w.add(f)) }, parallel.Drop)
}

func (w *sharedWorker) add(f *sharedFn) func(_, compared match.Cells) {
	return func(_, compared match.Cells) {
		w.keyer.Each(compared, func(key int, value uint64) {
			if f.model.Two {
				w.seen[key].AddOf(f.Side.Number, value)
			} else {
				w.seen[key].Add(value)
			}
		})
	}
}

func (f *sharedFn) FinishBundle(emit func(int, []byte)) error {
	if err := f.crew.Wait(parallel.Drop); err != nil {
		return err
	}
	for _, w := range f.crew.Disband() {
		for k, c := range w.seen {
			emit(k, c.Pack())
		}
	}
	return nil
}

type mergeFn struct {
	Dir string
	Two bool
}

func (f *mergeFn) ProcessElement(ctx context.Context, key int, parts func(*[]byte) bool, emit func(int)) error {
	all, err := repeats.MergeParts(parts, f.Two)
	if err != nil {
		return err
	}
	if err := all.Save(ctx, store.Join(f.Dir, filterFile(key))); err != nil {
		return err
	}
	emit(key)
	return nil
}

func filterFile(key int) string { return fmt.Sprintf("repeats-%d", key) }

// loaded are filters that this process has read, of one folder: several bundles at
// a time need them, and together they are large.
var loaded struct {
	sync.Mutex
	dir string
	of  map[int]repeats.Filter
}

// Forget lets go of what was read for jobs that are done.
func Forget() {
	loaded.Lock()
	defer loaded.Unlock()
	loaded.of = nil
}

func readFilter(ctx context.Context, dir string, key int) (repeats.Filter, error) {
	loaded.Lock()
	defer loaded.Unlock()
	if loaded.of == nil || loaded.dir != dir {
		loaded.dir, loaded.of = dir, map[int]repeats.Filter{}
	}
	if c := loaded.of[key]; c != nil {
		return c, nil
	}
	c, err := repeats.Load(ctx, store.Join(dir, filterFile(key)))
	if err == nil {
		loaded.of[key] = c
	}
	return c, err
}
