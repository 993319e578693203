// Package matching finds records of the same thing as a Beam pipeline: a thin layer
// over internal/match.
package matching

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"github.com/klauspost/compress/zstd"

	"github.com/beamline-go/beamline/internal/match"
	"github.com/beamline-go/beamline/internal/parallel"
	"github.com/beamline-go/beamline/internal/repeats"
	"github.com/beamline-go/beamline/table"
	_ "github.com/beamline-go/beamline/transforms/beamtable" // carries batches
)

func init() {
	beam.RegisterDoFn(&blockFn{})
	beam.RegisterDoFn(&partFn{})
	beam.RegisterDoFn(&compareFn{})
	register.Emitter2[int, []byte]()
	register.Emitter1[[]byte]()
	register.Emitter1[int]()
	register.Iter1[[]byte]()
}

// Side is one of the tables, as the pipeline reads it.
type Side struct {
	Batches  []beam.PCollection `json:"-"`
	Number   uint8
	Columns  []string // of the batches
	Compared []int    // the columns of the model
}

// Options of Compare.
type Options struct {
	Share
	// Stages is how many stages share the comparisons, for runners that work on
	// one bundle of a stage at a time; 1 when 0.
	Stages int
}

// Compare compares the records of the sides that share a blocking key of the
// model. Schematically:
//
//	Compare(PCollection<table.Batch>...) PCollection<[]byte>
//
// Each element is a Found, for ReadFound. The model, and what Shared found of the
// keys of the share, are in dir. Records are shuffled once for each part of those
// keys that they belong to, compressed, many an element. Keys are chosen so that
// blocks are small; what is larger is sorted, and each record compared with the
// next ones.
func Compare(s beam.Scope, dir string, o Options, sides ...Side) (found beam.PCollection) {
	s = s.Scope("Match records")
	var blocks []beam.PCollection
	var compared [2][]int
	for _, side := range sides {
		compared[side.Number] = side.Compared
		for _, b := range side.Batches {
			blocks = append(blocks, beam.ParDo(s, &blockFn{reader: reader{Dir: dir, Side: side, Share: o.Share}}, b))
		}
	}
	stages := max(1, o.Stages)
	var parts []beam.PCollection
	for i := range stages {
		var of []beam.PCollection
		for _, b := range blocks {
			of = append(of, beam.ParDo(s, &partFn{Stage: i, Stages: stages}, b))
		}
		f := &compareFn{Dir: dir, First: compared[0], Second: compared[1]}
		parts = append(parts, beam.ParDo(s, f, beam.GroupByKey(s, beam.Flatten(s, of...))))
	}
	return beam.Flatten(s, parts...)
}

const (
	partitions = 64
	rangeShift = 8         // bits of a value that tell its partition, and not its range
	fullPart   = 128 << 10 // bytes from which on a part is sent
)

// Both are safe for use by several goroutines.
var (
	packer, _   = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(0))
	unpacker, _ = zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(1<<30))
)

type blockFn struct {
	reader

	filters []repeats.Filter // by key
	crew    parallel.Crew[blockWorker, []packedPart]
}

// blockWorker puts records into the parts of the values that others have too.
type blockWorker struct {
	*blockFn
	keys   *match.Keyer
	parts  [partitions][]byte
	entry  []byte
	values []uint64 // of the record, that others have too
}

// packedPart is a part that is sent.
type packedPart struct {
	number int
	data   []byte
}

func (f *blockFn) StartBundle(_ func(int, []byte)) {
	f.crew.Disband()
	f.crew.New = func() (blockWorker, error) { return blockWorker{blockFn: f, keys: f.keyer()}, nil }
}

func (f *blockFn) ProcessElement(ctx context.Context, b table.Batch, emit func(int, []byte)) error {
	if err := f.prepare(ctx); err != nil {
		return err
	}
	return f.crew.Do(func(w *blockWorker) ([]packedPart, error) {
		err := f.each(b, w.add)
		return w.full(fullPart), err
	}, sent(emit))
}

func (f *blockFn) FinishBundle(emit func(int, []byte)) error {
	if err := f.crew.Wait(sent(emit)); err != nil {
		return err
	}
	for _, w := range f.crew.Disband() {
		if err := sent(emit)(w.full(1)); err != nil {
			return err
		}
	}
	return nil
}

func sent(emit func(int, []byte)) func([]packedPart) error {
	return func(parts []packedPart) error {
		for _, p := range parts {
			emit(p.number, p.data)
		}
		return nil
	}
}

func (f *blockFn) prepare(ctx context.Context) (err error) {
	if f.filters != nil {
		return nil
	}
	if err := f.reader.prepare(ctx); err != nil {
		return err
	}
	filters := make([]repeats.Filter, f.Share.To)
	for key := f.Share.From; key < f.Share.To; key++ {
		if filters[key], err = readFilter(ctx, f.Dir, key); err != nil {
			return err
		}
	}
	f.filters = filters
	return nil
}

// add puts a record into the parts of the values that others have too, with those
// values.
func (w *blockWorker) add(c, compared match.Cells) {
	w.values = w.values[:0]
	w.keys.Each(compared, func(key int, value uint64) {
		if w.Share.has(value) && w.filters[key].Has(value) {
			w.values = append(w.values, value)
		}
	})
	if len(w.values) == 0 {
		return
	}
	w.entry = appendCells(w.entry[:0], c)
	slices.SortFunc(w.values, func(a, b uint64) int { return cmp.Or(cmp.Compare(a%partitions, b%partitions), cmp.Compare(a, b)) })
	values := slices.Compact(w.values)
	for len(values) > 0 {
		p, n := values[0]%partitions, 1
		for n < len(values) && values[n]%partitions == p {
			n++
		}
		dst := binary.AppendUvarint(w.parts[p], uint64(n))
		for _, v := range values[:n] {
			dst = binary.LittleEndian.AppendUint64(dst, v)
		}
		dst = binary.AppendUvarint(dst, uint64(len(w.entry)))
		w.parts[p] = append(dst, w.entry...)
		values = values[n:]
	}
}

// full packs the parts of at least so many bytes.
func (w *blockWorker) full(least int) (out []packedPart) {
	for p := range w.parts {
		if len(w.parts[p]) >= least {
			out = append(out, packedPart{p, packer.EncodeAll(w.parts[p], nil)})
			w.parts[p] = w.parts[p][:0]
		}
	}
	return out
}

// partFn keeps the parts of one stage.
type partFn struct{ Stage, Stages int }

func (f *partFn) ProcessElement(p int, data []byte, emit func(int, []byte)) {
	if p%f.Stages == f.Stage {
		emit(p, data)
	}
}

func pick(cells []string, at []int) []string {
	out := make([]string, len(at))
	for i, k := range at {
		out[i] = cells[k]
	}
	return out
}

type compareFn struct {
	Dir           string
	First, Second []int // the columns that are compared, of each side

	model *match.Model
	crew  parallel.Crew[*match.Matcher, []byte]
}

// member is a record of a block, as appendCells writes it.
type member struct {
	value uint64 // of the key
	data  []byte
}

func (f *compareFn) StartBundle(_ func([]byte)) {
	f.crew.Disband()
	f.crew.New = func() (*match.Matcher, error) { return match.NewMatcher(f.model), nil }
}

func (f *compareFn) ProcessElement(ctx context.Context, _ int, parts func(*[]byte) bool, emit func([]byte)) (err error) {
	if f.model == nil {
		if f.model, err = readModel(ctx, f.Dir); err != nil {
			return err
		}
	}
	members, err := readParts(parts)
	if err != nil {
		return err
	}
	return f.crew.Do(func(m **match.Matcher) ([]byte, error) { return f.compare(*m, members) }, some(emit))
}

func (f *compareFn) FinishBundle(emit func([]byte)) error { return f.crew.Wait(some(emit)) }

// some emits what is not empty.
func some(emit func([]byte)) func([]byte) error {
	return func(data []byte) error {
		if len(data) > 0 {
			emit(data)
		}
		return nil
	}
}

// compare finds the pairs of the members of a part, as a Found.
func (f *compareFn) compare(m *match.Matcher, members []member) ([]byte, error) {
	slices.SortFunc(members, func(a, b member) int { return cmp.Compare(a.value, b.value) })
	var pairs []match.Pair
	records := map[match.Place]packed{} // of the pairs
	for len(members) > 0 {
		n := 1
		for n < len(members) && members[n].value == members[0].value {
			n++
		}
		if n > 1 {
			pairs = f.block(m, members[:n], pairs, records)
		}
		members = members[n:]
	}
	if len(pairs) == 0 {
		return nil, nil
	}
	found := Found{pairs, pack(slices.SortedFunc(maps.Values(records), packed.compare))}
	return found.encode()
}

func readParts(parts func(*[]byte) bool) (members []member, err error) {
	var part []byte
	for parts(&part) {
		data, err := unpacker.DecodeAll(part, nil)
		if err != nil {
			return nil, fmt.Errorf("match: %w", err)
		}
		for len(data) > 0 {
			n, at := binary.Uvarint(data)
			values := data[at : at+8*int(n)]
			data = data[at+8*int(n):]
			size, at := binary.Uvarint(data)
			entry := data[at : at+int(size)]
			data = data[at+int(size):]
			for ; len(values) > 0; values = values[8:] {
				members = append(members, member{binary.LittleEndian.Uint64(values), entry})
			}
		}
	}
	return members, nil
}

// block compares the records of a block, and adds the pairs and their records.
func (f *compareFn) block(matcher *match.Matcher, members []member, pairs []match.Pair, records map[match.Place]packed) []match.Pair {
	if matcher.Two && !slices.ContainsFunc(members, func(m member) bool { return m.data[0] != members[0].data[0] }) {
		return pairs // all are of one side
	}
	block := make([]*match.Record, len(members))
	all := make(map[match.Place]packed, len(members))
	for i, m := range members {
		c := readCells(m.data)
		all[c.Place] = packed{c.Place, m.data}
		compared := f.First
		if c.Side == 1 {
			compared = f.Second
		}
		r := matcher.Record(match.Cells{Place: c.Place, Cells: pick(c.Cells, compared)})
		block[i] = &r
	}
	matcher.Block(block, func(p match.Pair) {
		pairs = append(pairs, p)
		records[p.A], records[p.B] = all[p.A], all[p.B]
	})
	return pairs
}
