package match

import (
	"context"
	"fmt"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"github.com/beamline-go/beamline/internal/match"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/table"
)

func init() {
	beam.RegisterDoFn(&crowdFn{})
	beam.RegisterDoFn(&mergeFn{})
}

// crowd remembers which values of a key several records have, or records of both
// sides, in two bits for each of many slots. Where two values share a slot it may
// take one for the other, so that it knows too many, never too few.
type crowd []byte

const crowdBits = 24 // slots, as a power of two

func newCrowd() crowd { return make(crowd, 1<<crowdBits/4) }

func (c crowd) at(value uint64) (byte, uint) {
	slot := value >> (64 - crowdBits)
	return byte(slot & 3 * 2), uint(slot >> 2)
}

func (c crowd) add(value uint64, side uint8, two bool) {
	shift, at := c.at(value)
	bit := byte(1)
	if two && side == 1 || !two && c[at]>>shift&1 != 0 {
		bit = 2
	}
	c[at] |= bit << shift
}

func (c crowd) has(value uint64) bool {
	shift, at := c.at(value)
	return c[at]>>shift&3 == 3
}

// merge adds what another crowd knows.
func (c crowd) merge(o crowd, two bool) {
	const first = 0b01010101
	for i := range c {
		both := byte(0)
		if !two {
			both = c[i] & o[i] & first << 1 // once in each
		}
		c[i] |= o[i] | both
	}
}

// save leaves the crowd of a key for the jobs.
func (c crowd) save(ctx context.Context, dir string, key int) error {
	return store.WriteFile(ctx, store.Join(dir, crowdFile(key)), packer.EncodeAll(c, nil), store.Condition{})
}

func readCrowd(ctx context.Context, dir string, key int) (crowd, error) {
	data, err := store.ReadFile(ctx, store.Join(dir, crowdFile(key)), maxFile)
	if err != nil {
		return nil, fmt.Errorf("match: %w", err)
	}
	return unpackCrowd(data)
}

func unpackCrowd(data []byte) (crowd, error) {
	c, err := unpacker.DecodeAll(data, nil)
	if err != nil {
		return nil, fmt.Errorf("match: %w", err)
	}
	return c, nil
}

// Shared finds the values of the first keys of the model, so many, that are worth
// a comparison, and leaves them in dir for Compare. Schematically:
//
//	Shared(PCollection<table.Batch>...) PCollection<int>
//
// The elements are the keys that are done.
func Shared(s beam.Scope, dir string, keys int, sides ...Side) (done beam.PCollection) {
	s = s.Scope("Find shared keys")
	var parts []beam.PCollection
	for _, side := range sides {
		for _, b := range side.Batches {
			f := &crowdFn{reader: reader{Dir: dir, Side: side, Share: Share{To: keys, Ranges: 1}}}
			parts = append(parts, beam.ParDo(s, f, b))
		}
	}
	return beam.ParDo(s, &mergeFn{Dir: dir, Two: len(sides) == 2}, beam.GroupByKey(s, beam.Flatten(s, parts...)))
}

type crowdFn struct {
	reader

	seen []crowd // by the bundle, of the keys
}

func (f *crowdFn) StartBundle(_ func(int, []byte)) { f.seen = nil }

func (f *crowdFn) ProcessElement(ctx context.Context, b table.Batch, _ func(int, []byte)) error {
	if err := f.prepare(ctx); err != nil {
		return err
	}
	if f.seen == nil {
		f.seen = make([]crowd, f.Share.To)
		for k := range f.seen {
			f.seen[k] = newCrowd()
		}
	}
	return f.each(b, func(_, compared match.Cells) {
		f.keyer.Each(compared, func(key int, value uint64) { f.seen[key].add(value, f.Side.Number, f.two) })
	})
}

func (f *crowdFn) FinishBundle(emit func(int, []byte)) {
	for k, c := range f.seen {
		emit(k, packer.EncodeAll(c, nil))
	}
	f.seen = nil
}

type mergeFn struct {
	Dir string
	Two bool
}

func (f *mergeFn) ProcessElement(ctx context.Context, key int, parts func(*[]byte) bool, emit func(int)) error {
	all := newCrowd()
	var part []byte
	for parts(&part) {
		seen, err := unpackCrowd(part)
		if err != nil {
			return err
		}
		all.merge(seen, f.Two)
	}
	if err := all.save(ctx, f.Dir, key); err != nil {
		return err
	}
	emit(key)
	return nil
}
