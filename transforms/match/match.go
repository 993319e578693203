// Package match finds records of the same thing as a Beam pipeline: a thin layer
// over internal/match.
package match

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

	"github.com/beamline-go/beamline/internal/crowd"
	"github.com/beamline-go/beamline/internal/match"
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

	parts  [partitions][]byte
	entry  []byte
	crowds []crowd.Crowd // by key
	values []uint64      // of the record, that others have too
}

func (f *blockFn) StartBundle(_ func(int, []byte)) { clear(f.parts[:]) }

func (f *blockFn) ProcessElement(ctx context.Context, b table.Batch, emit func(int, []byte)) error {
	if err := f.prepare(ctx); err != nil {
		return err
	}
	err := f.each(b, f.add)
	for p := range f.parts {
		if len(f.parts[p]) >= fullPart {
			f.send(p, emit)
		}
	}
	return err
}

func (f *blockFn) prepare(ctx context.Context) (err error) {
	if f.crowds != nil {
		return nil
	}
	if err := f.reader.prepare(ctx); err != nil {
		return err
	}
	crowds := make([]crowd.Crowd, f.Share.To)
	for key := f.Share.From; key < f.Share.To; key++ {
		if crowds[key], err = readCrowd(ctx, f.Dir, key); err != nil {
			return err
		}
	}
	f.crowds = crowds
	return nil
}

// add puts a record into the parts of the values that others have too, with those
// values.
func (f *blockFn) add(c, compared match.Cells) {
	f.values = f.values[:0]
	f.keyer.Each(compared, func(key int, value uint64) {
		if f.Share.has(value) && f.crowds[key].Has(value) {
			f.values = append(f.values, value)
		}
	})
	if len(f.values) == 0 {
		return
	}
	f.entry = appendCells(f.entry[:0], c)
	slices.SortFunc(f.values, func(a, b uint64) int { return cmp.Or(cmp.Compare(a%partitions, b%partitions), cmp.Compare(a, b)) })
	values := slices.Compact(f.values)
	for len(values) > 0 {
		p, n := values[0]%partitions, 1
		for n < len(values) && values[n]%partitions == p {
			n++
		}
		dst := binary.AppendUvarint(f.parts[p], uint64(n))
		for _, v := range values[:n] {
			dst = binary.LittleEndian.AppendUint64(dst, v)
		}
		dst = binary.AppendUvarint(dst, uint64(len(f.entry)))
		f.parts[p] = append(dst, f.entry...)
		values = values[n:]
	}
}

func (f *blockFn) FinishBundle(emit func(int, []byte)) {
	for p := range f.parts {
		f.send(p, emit)
	}
}

func (f *blockFn) send(p int, emit func(int, []byte)) {
	if len(f.parts[p]) > 0 {
		emit(p, packer.EncodeAll(f.parts[p], nil))
		f.parts[p] = f.parts[p][:0]
	}
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

	matcher *match.Matcher
}

// member is a record of a block, as appendCells writes it.
type member struct {
	value uint64 // of the key
	data  []byte
}

func (f *compareFn) ProcessElement(ctx context.Context, _ int, parts func(*[]byte) bool, emit func([]byte)) error {
	if f.matcher == nil {
		m, err := readModel(ctx, f.Dir)
		if err != nil {
			return err
		}
		f.matcher = match.NewMatcher(m)
	}
	members, err := readParts(parts)
	if err != nil {
		return err
	}
	slices.SortFunc(members, func(a, b member) int { return cmp.Compare(a.value, b.value) })
	var pairs []match.Pair
	records := map[match.Place]packed{} // of the pairs
	for len(members) > 0 {
		n := 1
		for n < len(members) && members[n].value == members[0].value {
			n++
		}
		if n > 1 {
			pairs = f.block(members[:n], pairs, records)
		}
		members = members[n:]
	}
	if len(pairs) == 0 {
		return nil
	}
	found := Found{pairs, pack(slices.SortedFunc(maps.Values(records), packed.compare))}
	data, err := found.encode()
	if err == nil {
		emit(data)
	}
	return err
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
func (f *compareFn) block(members []member, pairs []match.Pair, records map[match.Place]packed) []match.Pair {
	if f.matcher.Two && !slices.ContainsFunc(members, func(m member) bool { return m.data[0] != members[0].data[0] }) {
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
		r := f.matcher.Record(match.Cells{Place: c.Place, Cells: pick(c.Cells, compared)})
		block[i] = &r
	}
	f.matcher.Block(block, func(p match.Pair) {
		pairs = append(pairs, p)
		records[p.A], records[p.B] = all[p.A], all[p.B]
	})
	return pairs
}
