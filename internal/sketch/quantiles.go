package sketch

import (
	"cmp"
	"math"
	"slices"
)

// quantilesK is the size of the largest buffer above the first. The error of a
// rank is about 1.7/k: a third of a percent.
const quantilesK = 512

// The first buffer holds rawSize values as they come; full, it is sorted, and
// one value of rawStep stands for them all.
const (
	rawSize  = 2048
	rawLevel = 3
	rawStep  = 1 << rawLevel
)

// Quantiles estimates quantiles after Karnin, Lang and Liberty, "Optimal quantile
// approximation in streams" (2016): a value in Levels[i] stands for 2^i values.
// Where the paper tosses a coin, each level keeps its places in turn; and the
// first levels are one buffer, which goes up by rawLevel at once. The zero value
// is empty.
type Quantiles struct {
	N      int64       `json:"n"`
	Levels [][]float64 `json:"levels"`
	Coins  uint64      `json:"coins"` // bit i: which half level i keeps next
}

// Add counts v, which must not be NaN.
func (q *Quantiles) Add(v float64) {
	q.raw()
	q.N++
	q.Levels[0] = append(q.Levels[0], v)
	if len(q.Levels[0]) >= rawSize {
		q.compress()
	}
}

// AddAll counts values, none of which may be NaN.
func (q *Quantiles) AddAll(values []float64) {
	for len(values) > 0 {
		q.raw()
		n := min(len(values), rawSize-len(q.Levels[0]))
		q.Levels[0] = append(q.Levels[0], values[:n]...)
		q.N += int64(n)
		values = values[n:]
		if len(q.Levels[0]) >= rawSize {
			q.compress()
		}
	}
}

// raw makes sure of the first buffer.
func (q *Quantiles) raw() {
	if len(q.Levels) == 0 {
		q.Levels = append(q.Levels, newRaw())
	}
}

// capacity is how many values level i may hold: a third less for each level
// below the top.
func (q *Quantiles) capacity(i int) int {
	if i < rawLevel {
		return rawSize
	}
	c := quantilesK * math.Pow(2.0/3.0, float64(len(q.Levels)-1-i))
	return max(int(c), 8)
}

// compress moves values up from the levels that are full.
func (q *Quantiles) compress() {
	for i := 0; i < len(q.Levels); i++ {
		if len(q.Levels[i]) < q.capacity(i) {
			continue
		}
		up := 1
		if i == 0 {
			up = rawLevel
		}
		for len(q.Levels) <= i+up {
			q.Levels = append(q.Levels, nil)
		}
		q.thin(i, up)
	}
}

// thin sorts level i and moves one value of 2^up, at equal distances, up that
// many levels. What is left over of an uneven number stays.
func (q *Quantiles) thin(i, up int) {
	level, step := q.Levels[i], 1<<up
	sortFloats(level)
	whole := len(level) / step * step
	first := step/2 - int(q.Coins>>i&1)
	for j := first; j < whole; j += step {
		q.Levels[i+up] = append(q.Levels[i+up], level[j])
	}
	q.Coins ^= 1 << i
	q.Levels[i] = append(level[:0], level[whole:]...)
}

// Map returns the sketch of f of what was counted.
func (q *Quantiles) Map(f func(float64) float64) Quantiles {
	out := Quantiles{N: q.N, Coins: q.Coins, Levels: make([][]float64, len(q.Levels))}
	for i, level := range q.Levels {
		for _, v := range level {
			out.Levels[i] = append(out.Levels[i], f(v))
		}
	}
	return out
}

// Merge counts all that r counted.
func (q *Quantiles) Merge(r Quantiles) {
	for len(q.Levels) < len(r.Levels) {
		q.Levels = append(q.Levels, nil)
	}
	for i, level := range r.Levels {
		q.Levels[i] = append(q.Levels[i], level...)
	}
	q.N += r.N
	q.Coins ^= r.Coins
	q.compress()
}

// weighted is a value and how many it stands for.
type weighted struct {
	v float64
	w int64
}

func (q *Quantiles) sorted() []weighted {
	var all []weighted
	for i, level := range q.Levels {
		for _, v := range level {
			all = append(all, weighted{v, 1 << i})
		}
	}
	slices.SortFunc(all, func(a, b weighted) int { return cmp.Or(cmp.Compare(a.v, b.v), cmp.Compare(a.w, b.w)) })
	return all
}

// At returns the quantiles at the given shares in [0,1]. While nothing was
// compressed they are interpolated as by Hyndman and Fan's type 7, the default
// of R and NumPy; otherwise the value whose rank comes nearest. It returns NaNs
// for an empty sketch.
func (q *Quantiles) At(shares ...float64) []float64 {
	all := q.sorted()
	out := make([]float64, len(shares))
	for i, p := range shares {
		switch {
		case len(all) == 0:
			out[i] = math.NaN()
		case int64(len(all)) == q.N:
			out[i] = interpolate(all, p)
		default:
			out[i] = nearest(all, p*float64(q.N))
		}
	}
	return out
}

func interpolate(all []weighted, p float64) float64 {
	h := p * float64(len(all)-1)
	lo := int(h)
	if lo+1 >= len(all) {
		return all[len(all)-1].v
	}
	return all[lo].v + (h-float64(lo))*(all[lo+1].v-all[lo].v)
}

func nearest(all []weighted, rank float64) float64 {
	seen := 0.0
	for _, a := range all {
		if seen += float64(a.w); seen >= rank {
			return a.v
		}
	}
	return all[len(all)-1].v
}

// Histogram counts the values in bins of equal width between lo and hi. The
// counts sum to N; they are exact while nothing was compressed.
func (q *Quantiles) Histogram(lo, hi float64, bins int) []int64 {
	counts := make([]int64, bins)
	for _, a := range q.sorted() {
		b := 0
		if hi > lo {
			b = int(float64(bins) * (a.v - lo) / (hi - lo))
		}
		counts[min(max(b, 0), bins-1)] += a.w
	}
	total := int64(0)
	for _, c := range counts {
		total += c
	}
	return spread(counts, q.N-total)
}

// spread adds the few values by which the weights miss N to the largest bin:
// an odd number of values can't be halved.
func spread(counts []int64, missing int64) []int64 {
	largest := 0
	for i, c := range counts {
		if c > counts[largest] {
			largest = i
		}
	}
	counts[largest] += missing
	return counts
}
