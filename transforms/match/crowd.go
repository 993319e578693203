package match

import (
	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"github.com/beamline-go/beamline/internal/match"
	"github.com/beamline-go/beamline/table"
)

func init() {
	beam.RegisterDoFn(&crowdFn{})
	beam.RegisterDoFn(&mergeFn{})
}

// crowd remembers which keys several records have, or records of both sides, in
// two bits for each of many slots. Where two keys share a slot it may take one
// for the other, so that it knows too many, never too few.
type crowd []byte

const crowdBits = 24 // slots, as a power of two

func newCrowd() crowd { return make(crowd, 1<<crowdBits/4) }

func (c crowd) at(key uint64) (byte, uint) {
	slot := key >> (64 - crowdBits)
	return byte(slot & 3 * 2), uint(slot >> 2)
}

func (c crowd) add(key uint64, side uint8, two bool) {
	shift, at := c.at(key)
	bit := byte(1)
	if two && side == 1 || !two && c[at]>>shift&1 != 0 {
		bit = 2
	}
	c[at] |= bit << shift
}

func (c crowd) has(key uint64) bool {
	shift, at := c.at(key)
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

// shared finds the keys that are worth a comparison. Schematically:
//
//	shared(PCollection<table.Batch>..., PCollection<[]byte>) PCollection<[]byte>
func shared(s beam.Scope, model beam.PCollection, sides []Side) beam.PCollection {
	s = s.Scope("Find shared keys")
	var parts []beam.PCollection
	for _, side := range sides {
		for _, b := range side.Batches {
			f := &crowdFn{reader: reader{Side: side.Number, Columns: side.Columns, Compared: side.Compared}}
			parts = append(parts, beam.ParDo(s, f, b, beam.SideInput{Input: model}))
		}
	}
	return beam.ParDo(s, &mergeFn{Two: len(sides) == 2}, beam.GroupByKey(s, beam.Flatten(s, parts...)))
}

type crowdFn struct {
	reader

	seen crowd // by the bundle
}

func (f *crowdFn) StartBundle(_ []byte, _ func(int, []byte)) { f.seen = nil }

func (f *crowdFn) ProcessElement(b table.Batch, model []byte, _ func(int, []byte)) error {
	if f.seen == nil {
		f.seen = newCrowd()
	}
	return f.each(b, model, func(c match.Cells, keys []uint64) {
		for _, k := range keys {
			f.seen.add(k, f.Side, f.matcher.Two)
		}
	})
}

func (f *crowdFn) FinishBundle(_ []byte, emit func(int, []byte)) {
	if f.seen != nil {
		emit(0, packer.EncodeAll(f.seen, nil))
	}
	f.seen = nil
}

type mergeFn struct{ Two bool }

func (f *mergeFn) ProcessElement(_ int, parts func(*[]byte) bool, emit func([]byte)) error {
	all := newCrowd()
	var part []byte
	for parts(&part) {
		seen, err := unpacker.DecodeAll(part, nil)
		if err != nil {
			return err
		}
		all.merge(seen, f.Two)
	}
	emit(packer.EncodeAll(all, nil))
	return nil
}
