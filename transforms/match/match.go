// Package match finds records of the same thing as a Beam pipeline: a thin layer
// over internal/match.
package match

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"github.com/klauspost/compress/zstd"

	"github.com/beamline-go/beamline/internal/match"
	"github.com/beamline-go/beamline/table"
	"github.com/beamline-go/beamline/transforms/beamtable"
)

func init() {
	beam.RegisterDoFn(&blockFn{})
	beam.RegisterDoFn(&compareFn{})
	register.Emitter2[int, []byte]()
	register.Emitter1[[]byte]()
	register.Iter1[[]byte]()
}

// Found is pairs of records that are more probably one than not, and the cells
// of these records.
type Found struct {
	Pairs   []match.Pair
	Records []match.Cells
}

// Merge adds what was found by other keys; each pair and record is kept once.
func (f *Found) Merge(o Found) {
	f.Pairs = append(f.Pairs, o.Pairs...)
	slices.SortFunc(f.Pairs, func(p, q match.Pair) int { return cmp.Or(p.A.Compare(q.A), p.B.Compare(q.B)) })
	f.Pairs = slices.CompactFunc(f.Pairs, func(p, q match.Pair) bool { return p.A == q.A && p.B == q.B })
	f.Records = append(f.Records, o.Records...)
	slices.SortFunc(f.Records, func(a, b match.Cells) int { return a.Compare(b.Place) })
	f.Records = slices.CompactFunc(f.Records, func(a, b match.Cells) bool { return a.Place == b.Place })
}

// Side is one of the tables, as the pipeline reads it.
type Side struct {
	Batches  []beam.PCollection
	Number   uint8
	Columns  []string // of the batches
	Compared []int    // the columns of the model
}

// Compare compares the records of the sides that share a blocking key of the
// model, which is a Model as JSON. Schematically:
//
//	Compare(PCollection<table.Batch>..., PCollection<[]byte>) PCollection<[]byte>
//
// Each element is a Found, for ReadFound. The batches of a side are read twice:
// first to find the keys that several records have. Records are shuffled once for
// each part of those keys that they belong to, compressed, many an element. Keys
// are chosen so that blocks are small; what is larger is sorted, and each record
// compared with the next ones.
func Compare(s beam.Scope, model beam.PCollection, sides ...Side) (found beam.PCollection) {
	s = s.Scope("Match records")
	crowded := shared(s, model, sides)
	var blocks []beam.PCollection
	for _, side := range sides {
		for _, b := range side.Batches {
			f := &blockFn{reader: reader{Side: side.Number, Columns: side.Columns, Compared: side.Compared}}
			blocks = append(blocks, beam.ParDo(s, f, b, beam.SideInput{Input: model}, beam.SideInput{Input: crowded}))
		}
	}
	var compared [2][]int
	for _, side := range sides {
		compared[side.Number] = side.Compared
	}
	return beam.ParDo(s, &compareFn{First: compared[0], Second: compared[1]}, beam.GroupByKey(s, beam.Flatten(s, blocks...)), beam.SideInput{Input: model})
}

const (
	partitions = 64
	fullPart   = 128 << 10 // bytes from which on a part is sent
)

// Both are safe for use by several goroutines.
var (
	packer, _   = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(0))
	unpacker, _ = zstd.NewReader(nil, zstd.WithDecoderConcurrency(0), zstd.WithDecoderMaxMemory(1<<30))
)

func matcherOf(model []byte) (*match.Matcher, error) {
	m := &match.Model{}
	if err := json.Unmarshal(model, m); err != nil {
		return nil, fmt.Errorf("match: %w", err)
	}
	return match.NewMatcher(m), nil
}

// reader finds the keys of records.
type reader struct {
	Side     uint8
	Columns  []string
	Compared []int

	matcher *match.Matcher
	keys    []uint64
}

// each calls f with the cells of each record, all columns, and its keys; both are
// used again for the next.
func (r *reader) each(b table.Batch, model []byte, f func(match.Cells, []uint64)) (err error) {
	if b.Len() == 0 {
		return nil
	}
	if r.matcher == nil {
		if r.matcher, err = matcherOf(model); err != nil {
			return err
		}
	}
	columns := make([]*array.String, len(r.Columns))
	for k, name := range r.Columns {
		at := b.Index(name)
		if at < 0 {
			return fmt.Errorf("match: no column %q", name)
		}
		columns[k] = b.Text(at)
	}
	c := match.Cells{Cells: make([]string, len(r.Columns))}
	compared := match.Cells{Cells: make([]string, len(r.Compared))}
	for i := range b.Len() {
		c.Place = match.Place{Side: r.Side, File: int32(b.File), Row: b.Row(i)}
		for k, column := range columns {
			c.Cells[k] = column.Value(i)
		}
		for k, at := range r.Compared {
			compared.Cells[k] = c.Cells[at]
		}
		r.keys = r.matcher.KeysOfCells(compared, r.keys[:0])
		f(c, r.keys)
	}
	return nil
}

type blockFn struct {
	reader

	parts [partitions][]byte
	entry []byte
	seen  crowd
}

func (f *blockFn) StartBundle(_, _ []byte, _ func(int, []byte)) { clear(f.parts[:]) }

func (f *blockFn) ProcessElement(b table.Batch, model, crowded []byte, emit func(int, []byte)) error {
	if f.seen == nil {
		var err error
		if f.seen, err = unpacker.DecodeAll(crowded, nil); err != nil {
			return fmt.Errorf("match: %w", err)
		}
	}
	err := f.each(b, model, f.add)
	for p := range f.parts {
		if len(f.parts[p]) >= fullPart {
			f.send(p, emit)
		}
	}
	return err
}

// add puts a record into the parts of the keys that others have too, with those
// keys.
func (f *blockFn) add(c match.Cells, keys []uint64) {
	keys = slices.DeleteFunc(keys, func(k uint64) bool { return !f.seen.has(k) })
	if len(keys) == 0 {
		return
	}
	f.entry = appendCells(f.entry[:0], c)
	slices.SortFunc(keys, func(a, b uint64) int { return cmp.Or(cmp.Compare(a%partitions, b%partitions), cmp.Compare(a, b)) })
	keys = slices.Compact(keys)
	for len(keys) > 0 {
		p, n := keys[0]%partitions, 1
		for n < len(keys) && keys[n]%partitions == p {
			n++
		}
		dst := binary.AppendUvarint(f.parts[p], uint64(n))
		for _, k := range keys[:n] {
			dst = binary.LittleEndian.AppendUint64(dst, k)
		}
		dst = binary.AppendUvarint(dst, uint64(len(f.entry)))
		f.parts[p] = append(dst, f.entry...)
		keys = keys[n:]
	}
}

func (f *blockFn) FinishBundle(_, _ []byte, emit func(int, []byte)) {
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

func pick(cells []string, at []int) []string {
	out := make([]string, len(at))
	for i, k := range at {
		out[i] = cells[k]
	}
	return out
}

func appendCells(dst []byte, c match.Cells) []byte {
	dst = append(dst, c.Side)
	dst = binary.AppendUvarint(dst, uint64(c.File))
	dst = binary.AppendUvarint(dst, uint64(c.Row))
	dst = binary.AppendUvarint(dst, uint64(len(c.Cells)))
	for _, cell := range c.Cells {
		dst = binary.AppendUvarint(dst, uint64(len(cell)))
		dst = append(dst, cell...)
	}
	return dst
}

// readCells reads what appendCells wrote.
func readCells(data []byte) match.Cells {
	c := match.Cells{Place: match.Place{Side: data[0]}}
	data = data[1:]
	next := func() uint64 {
		v, n := binary.Uvarint(data)
		data = data[n:]
		return v
	}
	c.File, c.Row = int32(next()), int64(next())
	c.Cells = make([]string, next())
	for k := range c.Cells {
		n := next()
		c.Cells[k], data = string(data[:n]), data[n:]
	}
	return c
}

type compareFn struct {
	First, Second []int // the columns that are compared, of each side

	matcher *match.Matcher
}

// member is a record of a block, and where its cells are.
type member struct {
	key  uint64
	data []byte
}

func (f *compareFn) ProcessElement(_ int, parts func(*[]byte) bool, model []byte, emit func([]byte)) error {
	if f.matcher == nil {
		var err error
		if f.matcher, err = matcherOf(model); err != nil {
			return err
		}
	}
	members, err := readParts(parts)
	if err != nil {
		return err
	}
	slices.SortFunc(members, func(a, b member) int { return cmp.Compare(a.key, b.key) })
	var found Found
	cells := map[match.Place]match.Cells{}
	for len(members) > 0 {
		n := 1
		for n < len(members) && members[n].key == members[0].key {
			n++
		}
		if n > 1 {
			f.block(members[:n], &found, cells)
		}
		members = members[n:]
	}
	for _, c := range cells {
		found.Records = append(found.Records, c)
	}
	slices.SortFunc(found.Records, func(a, b match.Cells) int { return a.Compare(b.Place) })
	if len(found.Pairs) == 0 {
		return nil
	}
	data, err := beamtable.Encode(found)
	if err == nil {
		emit(packer.EncodeAll(data, nil))
	}
	return err
}

// ReadFound reads what Compare found.
func ReadFound(data []byte) (Found, error) {
	data, err := unpacker.DecodeAll(data, nil)
	if err != nil {
		return Found{}, fmt.Errorf("match: %w", err)
	}
	return beamtable.Decode[Found](data)
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
			keys := data[at : at+8*int(n)]
			data = data[at+8*int(n):]
			size, at := binary.Uvarint(data)
			entry := data[at : at+int(size)]
			data = data[at+int(size):]
			for ; len(keys) > 0; keys = keys[8:] {
				members = append(members, member{binary.LittleEndian.Uint64(keys), entry})
			}
		}
	}
	return members, nil
}

func (f *compareFn) block(members []member, found *Found, cells map[match.Place]match.Cells) {
	if f.matcher.Two && !slices.ContainsFunc(members, func(m member) bool { return m.data[0] != members[0].data[0] }) {
		return // all are of one side
	}
	records := make([]*match.Record, len(members))
	all := make(map[match.Place]match.Cells, len(members))
	for i, m := range members {
		c := readCells(m.data)
		all[c.Place] = c
		compared := f.First
		if c.Side == 1 {
			compared = f.Second
		}
		r := f.matcher.Record(match.Cells{Place: c.Place, Cells: pick(c.Cells, compared)})
		records[i] = &r
	}
	f.matcher.Block(records, func(p match.Pair) {
		found.Pairs = append(found.Pairs, p)
		cells[p.A], cells[p.B] = all[p.A], all[p.B]
	})
}
