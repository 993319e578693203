package learn

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Deal deals the rows to folds by chance, evenly: units as wholes, those of most rows
// first, each to the fold with the fewest rows.
func (e Examples) Deal(folds int) []int {
	rows := e.units()
	order, keys := make([]int, len(rows)), make([]uint64, len(rows))
	for i := range rows {
		order[i], keys[i] = i, mix(e.Seed+uint64(rows[i][0])*0x9e3779b97f4a7c15)
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case len(rows[a]) != len(rows[b]):
			return len(rows[b]) - len(rows[a])
		case keys[a] < keys[b]:
			return -1
		}
		return 1
	})
	fold, load := make([]int, len(e.Y)), make([]int, folds)
	for _, u := range order {
		k := slices.Index(load, slices.Min(load))
		load[k] += len(rows[u])
		for _, r := range rows[u] {
			fold[r] = k
		}
	}
	return fold
}

// Hold draws a share of the units without replacement (Knuth, algorithm S), and returns
// the rows of the others and theirs, both in their order.
func (e Examples) Hold(share float64, rng *rand.Rand) (kept, held []int) {
	rows := e.units()
	want, taken := min(int(math.Ceil(share*float64(len(rows)))), len(rows)-1), 0
	out := make([]bool, len(e.Y))
	for u, of := range rows {
		if rng.Float64()*float64(len(rows)-u) >= float64(want-taken) {
			continue
		}
		taken++
		for _, r := range of {
			out[r] = true
		}
	}
	for i, is := range out {
		if is {
			held = append(held, i)
		} else {
			kept = append(kept, i)
		}
	}
	return kept, held
}

// fewestUnits are held out as wholes: of fewer, what is left could be of one kind alone.
const fewestUnits = 10

// units are the rows of each unit, in the order of their first; of too few units, each row
// by itself.
func (e Examples) units() (rows [][]int) {
	at := map[int]int{}
	for i := range e.Y {
		u := i
		if e.Units != nil {
			u = e.Units[i]
		}
		k, ok := at[u]
		if !ok {
			k = len(rows)
			at[u], rows = k, append(rows, nil)
		}
		rows[k] = append(rows[k], i)
	}
	if len(rows) < fewestUnits && len(rows) < len(e.Y) {
		e.Units = nil
		return e.units()
	}
	return rows
}

// mix is the finalizer of SplitMix64 (Steele, Lea and Flood, 2014).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
