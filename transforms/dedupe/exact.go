// Package dedupe finds records that are there more than once.
package dedupe

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"reflect"
	"slices"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"github.com/cespare/xxhash/v2"

	"github.com/beamline-go/beamline/table"
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
// Only hashes are shuffled: 36 bytes a record, many records an element. Records
// without a key are no duplicates.
func Exact(s beam.Scope, key string, batches ...beam.PCollection) (found beam.PCollection) {
	s = s.Scope("Find duplicates")
	var hashes []beam.PCollection
	for _, b := range batches {
		hashes = append(hashes, beam.ParDo(s, &hashFn{Key: key}, b))
	}
	return beam.ParDo(s, &findFn{}, beam.GroupByKey(s, beam.Flatten(s, hashes...)))
}

const (
	partitions = 32
	entrySize  = 36
)

// entry is a record as it is shuffled.
type entry struct {
	key, check, content uint64
	row                 Row
}

func (e entry) append(dst []byte) []byte {
	dst = binary.LittleEndian.AppendUint64(dst, e.key)
	dst = binary.LittleEndian.AppendUint64(dst, e.check)
	dst = binary.LittleEndian.AppendUint64(dst, e.content)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(e.row.File))
	return binary.LittleEndian.AppendUint64(dst, uint64(e.row.Row))
}

func readEntry(b []byte) entry {
	u := binary.LittleEndian.Uint64
	return entry{u(b), u(b[8:]), u(b[16:]), Row{int(binary.LittleEndian.Uint32(b[24:])), int64(u(b[28:]))}}
}

type hashFn struct{ Key string }

func (f *hashFn) ProcessElement(b table.Batch, emit func(int, []byte)) error {
	k := b.Index(f.Key)
	if k < 0 && f.Key != "" {
		return fmt.Errorf("dedupe: no column %q", f.Key)
	}
	columns := make([]*array.String, b.Record.NumCols())
	for c := range columns {
		columns[c] = b.Text(c)
	}
	var parts [partitions][]byte
	var buf []byte
	for i := range b.Len() {
		if k >= 0 && columns[k].Value(i) == "" {
			continue
		}
		buf = buf[:0]
		for _, c := range columns {
			buf = binary.AppendUvarint(buf, uint64(len(c.Value(i))))
			buf = append(buf, c.Value(i)...)
		}
		e := entry{content: xxhash.Sum64(buf), row: Row{b.File, b.Row(i)}}
		if key := buf; k >= 0 {
			key = []byte(columns[k].Value(i))
			e.key, e.check = xxhash.Sum64(key), xxhash.Sum64(append(key, 0))
		} else {
			e.key, e.check = e.content, xxhash.Sum64(append(key, 0))
		}
		p := e.key % partitions
		parts[p] = e.append(parts[p])
	}
	for p, data := range parts {
		if len(data) > 0 {
			emit(p, data)
		}
	}
	return nil
}

type findFn struct{}

func (*findFn) ProcessElement(_ int, parts func(*[]byte) bool, emit func(Found)) {
	var entries []entry
	var data []byte
	for parts(&data) {
		for ; len(data) >= entrySize; data = data[entrySize:] {
			entries = append(entries, readEntry(data))
		}
	}
	emit(find(entries))
}

// find compares the records of each key, in the order of the input.
func find(entries []entry) Found {
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.check, b.check), a.row.Compare(b.row))
	})
	var out Found
	for i := 0; i < len(entries); {
		j := i + 1
		seen := map[uint64]bool{entries[i].content: true}
		for ; j < len(entries) && entries[j].key == entries[i].key && entries[j].check == entries[i].check; j++ {
			if seen[entries[j].content] {
				out.Duplicates = append(out.Duplicates, entries[j].row)
				continue
			}
			seen[entries[j].content] = true
			out.conflict(entries[i].row, entries[j].row)
		}
		i = j
	}
	slices.SortFunc(out.Duplicates, Row.Compare)
	return out
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
