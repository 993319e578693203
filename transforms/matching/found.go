package matching

import (
	"encoding/binary"
	"fmt"
	"slices"
	"sort"

	"github.com/beamline-go/beamline/internal/match"
	"github.com/beamline-go/beamline/internal/wire"
)

// Found is pairs of records that are more probably one than not, and these
// records.
type Found struct {
	Pairs   []match.Pair
	Records Records
}

// Merge adds what was found by other keys; each pair and record is kept once.
func (f *Found) Merge(others ...Found) {
	var pairs []match.Pair
	var records []packed
	for _, o := range others {
		pairs, records = append(pairs, o.Pairs...), o.Records.all(records)
	}
	f.Pairs = union(f.Pairs, pairs, match.Pair.Compare)
	f.Records = pack(union(f.Records.all(nil), records, packed.compare))
}

// union merges what is in order and what is in none; what compares as equal is
// kept once.
func union[T any](ordered, other []T, compare func(a, b T) int) []T {
	slices.SortFunc(other, compare)
	out := make([]T, 0, len(ordered)+len(other))
	for len(ordered) > 0 && len(other) > 0 {
		if compare(ordered[0], other[0]) <= 0 {
			out, ordered = append(out, ordered[0]), ordered[1:]
		} else {
			out, other = append(out, other[0]), other[1:]
		}
	}
	out = append(append(out, ordered...), other...)
	return slices.CompactFunc(out, func(a, b T) bool { return compare(a, b) == 0 })
}

func (f *Found) encode() ([]byte, error) {
	data, err := wire.Encode(*f)
	return packer.EncodeAll(data, nil), err
}

// ReadFound reads what Compare found.
func ReadFound(data []byte) (Found, error) {
	data, err := unpacker.DecodeAll(data, nil)
	if err != nil {
		return Found{}, fmt.Errorf("match: %w", err)
	}
	return wire.Decode[Found](data)
}

// Records are the cells of records in the order of the input. They are kept as
// bytes: as strings they would take three times the memory.
type Records struct {
	Data []byte
	Ends []int // of the records in Data
}

// packed is a record as appendCells writes it.
type packed struct {
	match.Place
	data []byte
}

func (p packed) compare(o packed) int { return p.Compare(o.Place) }

// pack takes records in order.
func pack(records []packed) (out Records) {
	size := 0
	for _, r := range records {
		size += len(r.data)
	}
	out.Data, out.Ends = make([]byte, 0, size), make([]int, 0, len(records))
	for _, r := range records {
		out.Data = append(out.Data, r.data...)
		out.Ends = append(out.Ends, len(out.Data))
	}
	return out
}

func (r *Records) at(i int) packed {
	from := 0
	if i > 0 {
		from = r.Ends[i-1]
	}
	data := r.Data[from:r.Ends[i]]
	place, _ := readPlace(data)
	return packed{place, data}
}

func (r *Records) all(dst []packed) []packed {
	for i := range r.Ends {
		dst = append(dst, r.at(i))
	}
	return dst
}

// Cells returns the cells of a record, nil where it is none of them.
func (r *Records) Cells(of match.Place) []string {
	i := sort.Search(len(r.Ends), func(i int) bool { return r.at(i).Compare(of) >= 0 })
	if i == len(r.Ends) {
		return nil
	}
	found := r.at(i)
	if found.Place != of {
		return nil
	}
	return readCells(found.data).Cells
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

// readPlace reads the place of what appendCells wrote, and returns the rest.
func readPlace(data []byte) (match.Place, []byte) {
	file, n := binary.Uvarint(data[1:])
	rest := data[1+n:]
	row, n := binary.Uvarint(rest)
	return match.Place{Side: data[0], File: int32(file), Row: int64(row)}, rest[n:]
}

// readCells reads what appendCells wrote.
func readCells(data []byte) (c match.Cells) {
	c.Place, data = readPlace(data)
	next := func() uint64 {
		v, n := binary.Uvarint(data)
		data = data[n:]
		return v
	}
	c.Cells = make([]string, next())
	for k := range c.Cells {
		n := next()
		c.Cells[k], data = string(data[:n]), data[n:]
	}
	return c
}
