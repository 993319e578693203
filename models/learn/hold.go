package learn

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
)

// Deal deals the rows to folds by chance, evenly: units as wholes, those of most rows
// first, each to the fold with the fewest rows.
func (e Examples) Deal(folds int) []int {
	of, units := e.units()
	order, keys := make([]int, len(units)), make([]uint64, len(units))
	for i, u := range units {
		order[i], keys[i] = i, Mix(e.Seed+uint64(u.first)*0x9e3779b97f4a7c15)
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(units[b].rows, units[a].rows), cmp.Compare(keys[a], keys[b]))
	})
	to, load := make([]int, len(units)), make([]int, folds)
	for _, u := range order {
		to[u] = slices.Index(load, slices.Min(load))
		load[to[u]] += units[u].rows
	}
	return Pick(to, of)
}

// Hold draws a share of the units without replacement (Knuth, algorithm S), and returns
// the rows of the others and theirs, both in their order.
func (e Examples) Hold(share float64, rng *rand.Rand) (kept, held []int) {
	of, units := e.units()
	n, taken := len(units), 0
	want, out := min(int(math.Ceil(share*float64(n))), n-1), make([]bool, n)
	for u := range out {
		if out[u] = rng.Float64()*float64(n-u) < float64(want-taken); out[u] {
			taken++
		}
	}
	for i, u := range of {
		if out[u] {
			held = append(held, i)
		} else {
			kept = append(kept, i)
		}
	}
	return kept, held
}

// fewestUnits are held out as wholes: of fewer, what is left could be of one kind alone.
const fewestUnits = 10

// unit is rows that stay together: the first, and how many there are.
type unit struct{ first, rows int }

// units are the units in the order of their first rows, and the place of that of each row;
// where they are too few, each row is one.
func (e Examples) units() (of []int, units []unit) {
	of = make([]int, len(e.Y))
	if e.Units != nil {
		at := map[int]int{}
		for i, u := range e.Units {
			k, ok := at[u]
			if !ok {
				k = len(units)
				at[u], units = k, append(units, unit{first: i})
			}
			of[i] = k
			units[k].rows++
		}
		if len(units) >= fewestUnits {
			return of, units
		}
	}
	units = make([]unit, len(of))
	for i := range of {
		of[i], units[i] = i, unit{i, 1}
	}
	return of, units
}

// Mix shuffles the integers: the finalizer of SplitMix64 (Steele, Lea and Flood, 2014).
func Mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
