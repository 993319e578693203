// Package dedupe finds records that are there more than once.
package dedupe

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"reflect"
	"slices"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"github.com/cespare/xxhash/v2"

	"github.com/beamline-go/beamline/internal/parallel"
	"github.com/beamline-go/beamline/internal/repeats"
	"github.com/beamline-go/beamline/internal/store"
	"github.com/beamline-go/beamline/table"
	_ "github.com/beamline-go/beamline/transforms/beamtable" // carries batches
)

func init() {
	beam.RegisterDoFn(&hashFn{})
	beam.RegisterDoFn(&findFn{})
	register.Emitter1[Found]()
	register.Emitter2[int, []byte]()
	register.Iter1[[]byte]()
	beam.RegisterCoder(reflect.TypeFor[Found](), encodeFound, decodeFound)
}

// Row names a record: its file and its number there.
type Row struct {
	File int
	Row  int64
}

// Compare orders rows as the input does.
func (r Row) Compare(o Row) int {
	return cmp.Or(cmp.Compare(r.File, o.File), cmp.Compare(r.Row, o.Row))
}

// Found is what was found among the records of one part of the keys.
type Found struct {
	// Duplicates are records whose key and every cell equal an earlier one's.
	Duplicates []Row
	// First and Second are two records with one key and different content,
	// the earliest such pair; Conflict says that there are any.
	Conflict      bool
	First, Second Row
}

// Exact finds duplicates by the key column, or, where key is empty, records that
// equal an earlier one. Schematically:
//
//	Exact(PCollection<table.Batch>) PCollection<Found>
//
// Only hashes are shuffled: some 20 bytes a record, or 30 with a key, many records
// an element. Records without a key are no duplicates.
func Exact(s beam.Scope, key string, batches ...beam.PCollection) (found beam.PCollection) {
	return exact(s, key, "", leastPartitions, batches)
}

// Again is Exact for a runner of this machine, and for records of which Seen left in the
// folder dir which are there several times: the hashes of the others are not looked at, and
// those of these are in files there, not in memory. records is about how many there are.
func Again(s beam.Scope, key, dir string, records int64, batches ...beam.PCollection) (found beam.PCollection) {
	return exact(s, key, dir, int(min(max(records/partitionRecords, leastPartitions), mostPartitions)), batches)
}

func exact(s beam.Scope, key, seen string, parts int, batches []beam.PCollection) beam.PCollection {
	s = s.Scope("Find duplicates")
	var hashes []beam.PCollection
	for _, b := range batches {
		hashes = append(hashes, beam.ParDo(s, &hashFn{hasher: hasher{Key: key}, Parts: parts, Seen: seen}, b))
	}
	return beam.ParDo(s, &findFn{Keyed: key != "", Spilled: seen != ""}, beam.GroupByKey(s, beam.Flatten(s, hashes...)))
}

// The entries of a partition are held in memory: some 40 bytes each.
const (
	leastPartitions  = 32
	mostPartitions   = 4096
	partitionRecords = 2_000_000
)

// entry is a record, by its hashes.
type entry struct {
	key, check uint64
	content    uint64 // of a record with a key
	row        Row
}

// part is entries of one file, in the order of the input, as they are shuffled.
type part struct {
	data []byte
	row  int64 // of the last
}

func (p *part) add(e entry, keyed bool) {
	if len(p.data) == 0 {
		p.data, p.row = binary.AppendUvarint(p.data, uint64(e.row.File)), 0
	}
	p.data = binary.AppendUvarint(p.data, uint64(e.row.Row-p.row))
	p.row = e.row.Row
	p.data = binary.LittleEndian.AppendUint64(p.data, e.key)
	p.data = binary.LittleEndian.AppendUint64(p.data, e.check)
	if keyed {
		p.data = binary.LittleEndian.AppendUint64(p.data, e.content)
	}
}

// leastEntry is the bytes of an entry in a part, at least.
func leastEntry(keyed bool) int {
	if keyed {
		return 1 + 3*8
	}
	return 1 + 2*8
}

// readPart appends the entries of a part.
func readPart(data []byte, keyed bool, dst []entry) []entry {
	file, n := binary.Uvarint(data)
	data = data[n:]
	next := func() uint64 {
		v := binary.LittleEndian.Uint64(data)
		data = data[8:]
		return v
	}
	e := entry{row: Row{File: int(file)}}
	for len(data) > 0 {
		step, n := binary.Uvarint(data)
		data = data[n:]
		e.row.Row += int64(step)
		e.key, e.check = next(), next()
		if keyed {
			e.content = next()
		}
		dst = append(dst, e)
	}
	return dst
}

// hasher hashes records.
type hasher struct{ Key string }

// each calls f with each record that has a key, where there is a column of keys,
// and that is wanted by the hash of its key, or of the whole where there is none.
func (h hasher) each(b table.Batch, want func(key uint64) bool, f func(entry)) error {
	k := b.Index(h.Key)
	if k < 0 && h.Key != "" {
		return fmt.Errorf("dedupe: no column %q", h.Key)
	}
	columns := make([]*array.String, b.Record.NumCols())
	for c := range columns {
		columns[c] = b.Text(c)
	}
	var buf []byte
	for i := range b.Len() {
		if k >= 0 && columns[k].Value(i) == "" {
			continue
		}
		buf = buf[:0]
		if k >= 0 {
			buf = append(buf, columns[k].Value(i)...)
		} else {
			buf = appendRow(buf, columns, i)
		}
		e := entry{key: xxhash.Sum64(buf), row: Row{b.Input, b.Row(i)}}
		if !want(e.key) {
			continue
		}
		buf = append(buf, 0)
		e.check = xxhash.Sum64(buf)
		if k >= 0 {
			buf = appendRow(buf[:0], columns, i)
			e.content = xxhash.Sum64(buf)
		}
		f(e)
	}
	return nil
}

func appendRow(dst []byte, columns []*array.String, row int) []byte {
	for _, c := range columns {
		dst = binary.AppendUvarint(dst, uint64(len(c.Value(row))))
		dst = append(dst, c.Value(row)...)
	}
	return dst
}

type hashFn struct {
	hasher
	Parts int
	Seen  string // where Seen left its file, and the entries go; in memory where it is empty

	seen  repeats.Filter
	spill *spill
	crew  parallel.Crew[struct{}, []part]
}

func (f *hashFn) StartBundle(_ func(int, []byte)) { f.crew.Disband() }

func (f *hashFn) ProcessElement(ctx context.Context, b table.Batch, emit func(int, []byte)) (err error) {
	if f.Seen != "" && f.seen == nil {
		if f.seen, err = repeats.Load(ctx, store.Join(f.Seen, seenFile)); err != nil {
			return err
		}
	}
	return f.crew.Do(func(*struct{}) ([]part, error) { return f.hash(b) }, f.send(emit))
}

func (f *hashFn) FinishBundle(emit func(int, []byte)) error {
	if err := f.crew.Wait(f.send(emit)); err != nil || f.spill == nil {
		return err
	}
	for partition, ref := range f.spill.refs {
		emit(partition, ref)
	}
	err := f.spill.close()
	f.spill = nil
	return err
}

// hash returns the entries of a batch, by the partitions that they are in.
func (f *hashFn) hash(b table.Batch) ([]part, error) {
	parts := make([]part, f.Parts)
	want := func(key uint64) bool { return f.seen == nil || f.seen.Has(key) }
	err := f.each(b, want, func(e entry) { parts[e.key%uint64(f.Parts)].add(e, f.Key != "") })
	return parts, err
}

func (f *hashFn) send(emit func(int, []byte)) func([]part) error {
	return func(parts []part) (err error) {
		for p := range parts {
			switch {
			case len(parts[p].data) == 0:
				continue
			case f.Seen == "":
				emit(p, parts[p].data)
				continue
			case f.spill == nil:
				if f.spill, err = newSpill(f.Seen); err != nil {
					return err
				}
			}
			if err := f.spill.add(p, parts[p].data); err != nil {
				return err
			}
		}
		return nil
	}
}

type findFn struct{ Keyed, Spilled bool }

func (f *findFn) ProcessElement(_ int, parts func(*[]byte) bool, emit func(Found)) error {
	var entries []entry
	var data []byte
	for parts(&data) {
		if !f.Spilled {
			entries = readPart(data, f.Keyed, entries)
			continue
		}
		r := readReference(data)
		entries = slices.Grow(entries, r.bytes/leastEntry(f.Keyed))
		if err := r.each(func(data []byte) { entries = readPart(data, f.Keyed, entries) }); err != nil {
			return err
		}
	}
	emit(find(entries))
	return nil
}

// find compares the records of each key, in the order of the input.
func find(entries []entry) Found {
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.check, b.check), a.row.Compare(b.row))
	})
	var out Found
	for len(entries) > 0 {
		n := 1
		for n < len(entries) && entries[n].key == entries[0].key && entries[n].check == entries[0].check {
			n++
		}
		if n > 1 {
			out.same(entries[:n])
		}
		entries = entries[n:]
	}
	slices.SortFunc(out.Duplicates, Row.Compare)
	return out
}

// same compares the records of one key.
func (f *Found) same(entries []entry) {
	seen := map[uint64]bool{entries[0].content: true}
	for _, e := range entries[1:] {
		if seen[e.content] {
			f.Duplicates = append(f.Duplicates, e.row)
			continue
		}
		seen[e.content] = true
		f.conflict(entries[0].row, e.row)
	}
}

func (f *Found) conflict(first, second Row) {
	if !f.Conflict || second.Compare(f.Second) < 0 {
		f.Conflict, f.First, f.Second = true, first, second
	}
}

// Merge joins what was found in two parts, in any order.
func (f *Found) Merge(o Found) {
	f.Duplicates = append(f.Duplicates, o.Duplicates...)
	slices.SortFunc(f.Duplicates, Row.Compare)
	if o.Conflict {
		f.conflict(o.First, o.Second)
	}
}

// Has reports whether the record is a duplicate.
func (f *Found) Has(r Row) bool {
	_, ok := slices.BinarySearchFunc(f.Duplicates, r, Row.Compare)
	return ok
}
