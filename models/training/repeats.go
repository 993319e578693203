package training

import (
	"cmp"
	"encoding/binary"
	"hash/fnv"
	"io"
	"math"
	"slices"

	"github.com/beamline-go/beamline/internal/features"
)

// Bounds of repeats.
const (
	fewestTelling = 20   // values of a column by which a record is known again,
	tellingShare  = 0.05 // at least so many for each record
	mostTelling   = 4    // columns
	mostAlike     = 50   // records that are compared with each other
)

// repeats returns for each row the first one that is the same record, or the row itself.
// Two rows are one record where no cell that both have differs, and two columns of many
// values agree, or the only one: what happens to be alike agrees in few of these.
func repeats(f *features.Frame) (of []int, n int) {
	of = make([]int, f.N)
	for i := range of {
		of[i] = i
	}
	telling := tellingColumns(f)
	for a, first := range telling {
		if len(telling) == 1 {
			n += join(f, of, first, first)
		}
		for _, second := range telling[a+1:] {
			n += join(f, of, first, second)
		}
	}
	return of, n
}

// tellingColumns are the columns of the most different values, in the order of the frame.
func tellingColumns(f *features.Frame) (telling []int) {
	distinct := make([]int, len(f.Columns))
	for i := range f.Columns {
		d := distinctOf(&f.Columns[i])
		if d >= fewestTelling && float64(d) >= tellingShare*float64(f.N) {
			distinct[i] = d
			telling = append(telling, i)
		}
	}
	slices.SortStableFunc(telling, func(a, b int) int { return cmp.Compare(distinct[b], distinct[a]) })
	telling = telling[:min(len(telling), mostTelling)]
	slices.Sort(telling)
	return telling
}

// join makes one record of the rows that agree in two columns and differ in none, and
// counts those that were not joined before.
func join(f *features.Frame, of []int, a, b int) (n int) {
	firsts := map[[2]uint64][]int{}
	for i := range f.N {
		if f.Columns[a].Missing(i) || f.Columns[b].Missing(i) {
			continue
		}
		key := [2]uint64{cellHash(&f.Columns[a], i), cellHash(&f.Columns[b], i)}
		known := false
		for _, first := range firsts[key] {
			if known = agree(f, first, i); known {
				if of[i] == i && of[first] != i {
					of[i] = of[first]
					n++
				}
				break
			}
		}
		if !known && len(firsts[key]) < mostAlike {
			firsts[key] = append(firsts[key], i)
		}
	}
	return n
}

// agree reports whether no cell differs that both rows have.
func agree(f *features.Frame, i, j int) bool {
	for k := range f.Columns {
		c := &f.Columns[k]
		switch {
		case c.Missing(i) || c.Missing(j):
		case c.Num != nil && c.Num[i] != c.Num[j], c.Num == nil && c.Str[i] != c.Str[j]:
			return false
		}
	}
	return true
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
