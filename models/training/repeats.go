package training

import (
	"encoding/binary"
	"hash/fnv"
	"io"
	"math"

	"github.com/beamline-go/beamline/internal/features"
)

// Bounds of repeats.
const (
	fewestTelling = 20   // values of a column by which a record is known again,
	tellingShare  = 0.05 // at least so many for each record
)

// repeats returns for each row the first one that is equal to it in all features, or
// the row itself. Rows are the same record once more, and not only alike, where a
// value that no other row has is among what they share, in a column of many values.
func repeats(f *features.Frame) (of []int, n int) {
	hashes := make([]uint64, f.N)
	rows := map[uint64][]int{}
	for i := range hashes {
		h := fnv.New64a()
		for c := range f.Columns {
			writeCell(h, &f.Columns[c], i)
		}
		hashes[i] = h.Sum64()
		rows[hashes[i]] = append(rows[hashes[i]], i)
	}
	of = make([]int, f.N)
	for i := range of {
		of[i] = i
	}
	if len(rows) == f.N {
		return of, 0
	}
	for c := range f.Columns {
		column := &f.Columns[c]
		counts := map[uint64]int{}
		for i := range f.N {
			counts[cellHash(column, i)]++
		}
		if len(counts) < fewestTelling || float64(len(counts)) < tellingShare*float64(f.N) {
			continue
		}
		for _, same := range rows {
			first := same[0]
			if len(same) == 1 || of[same[1]] == first || column.Missing(first) || counts[cellHash(column, first)] != len(same) {
				continue
			}
			for _, i := range same[1:] {
				of[i] = first
				n++
			}
		}
	}
	return of, n
}

func cellHash(c *features.Column, i int) uint64 {
	h := fnv.New64a()
	writeCell(h, c, i)
	return h.Sum64()
}

func writeCell(h io.Writer, c *features.Column, i int) {
	var b [9]byte
	switch {
	case c.Missing(i):
		b[8] = 1
	case c.Num != nil:
		binary.LittleEndian.PutUint64(b[:], math.Float64bits(c.Num[i]))
	default:
		binary.LittleEndian.PutUint64(b[:], uint64(len(c.Str[i])))
		_, _ = io.WriteString(h, c.Str[i])
	}
	_, _ = h.Write(b[:])
}
