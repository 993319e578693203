package trees

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/beamline-go/beamline/internal/features"
)

// someColumns are columns with ties, missing values and long tails.
func someColumns(rng *rand.Rand, n, columns int) [][]float64 {
	out := make([][]float64, columns)
	for j := range out {
		out[j] = make([]float64, n)
		for i := range out[j] {
			switch v := rng.NormFloat64(); j % 4 {
			case 0:
				out[j][i] = v
			case 1:
				out[j][i] = float64(rng.IntN(5))
			case 2:
				if out[j][i] = math.Exp(3 * v); rng.IntN(4) == 0 {
					out[j][i] = math.NaN()
				}
			case 3:
				if out[j][i] = float64(rng.IntN(300)); rng.IntN(20) == 0 {
					out[j][i] = math.Inf(rng.IntN(2)*2 - 1)
				}
			}
		}
	}
	return out
}

func someGradients(rng *rand.Rand, n int) []gradient {
	out := make([]gradient, n)
	for i := range out {
		g := int32(rng.IntN(4001) - 2000)
		out[i] = gradient(uint32(g)<<16 | uint32(1+rng.IntN(2000)))
	}
	return out
}

// TestBins puts each value where a search for the first upper end that is not below it does.
func TestBins(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{0, 1, 2, 250, 255, 3000} {
		for _, values := range someColumns(rng, n, 4) {
			if n > 2 {
				values[0], values[1] = math.Copysign(0, -1), 0
			}
			c, got := columnOf(values, maxBins), make([]uint8, n)
			c.bins(values, got)
			for i, v := range values {
				want, _ := slices.BinarySearch(c.uppers, v)
				if math.IsNaN(v) {
					want = len(c.uppers)
				}
				if int(got[i]) != want {
					t.Fatalf("%v of %d values is in bin %d, not %d", v, n, got[i], want)
				}
			}
			if len(c.uppers) > maxBins || !math.IsInf(c.uppers[len(c.uppers)-1], 1) || !slices.IsSorted(c.uppers) {
				t.Errorf("%d bins, the last up to %v", len(c.uppers), c.uppers[len(c.uppers)-1])
			}
		}
	}
}

// TestBinsOfMany are of about as many rows each, though not all rows are looked at.
func TestBinsOfMany(t *testing.T) {
	values := make([]float64, 3*sampled+5)
	for i := range values {
		values[i] = float64(i)
	}
	values[1] = math.NaN()
	rand.New(rand.NewPCG(3, 1)).Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
	c, got := columnOf(values, maxBins), make([]uint8, len(values))
	c.bins(values, got)
	count := make([]int, 256)
	for _, b := range got {
		count[b]++
	}
	if !c.absent || count[c.missing()] != 1 {
		t.Error("the missing value is not seen")
	}
	each := len(values) / maxBins
	for b := range c.uppers {
		if count[b] < each*3/4 || count[b] > each*5/4 {
			t.Errorf("bin %d has %d rows of %d", b, count[b], each)
		}
	}
}

// TestHistogram adds up rows as one would by hand, in all numbers of columns, and takes
// parts away.
func TestHistogram(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	for columns := 1; columns <= 2*laneColumns+3; columns++ {
		n := 1 + rng.IntN(3000)
		table := newPlanes(columns, n)
		for j := range columns {
			bins := make([]uint8, n)
			for i := range bins {
				bins[i] = uint8(rng.IntN(256))
			}
			table.set(j, bins)
		}
		of := someGradients(rng, n)
		look := make([]int, columns)
		for j := range look {
			look[j] = j
		}
		w := workspace{}
		w.reserve(columns, n)
		w.load(table, look, nil, of)
		whole, part := make(histogram, planesFor(columns)), make(histogram, planesFor(columns))
		cut := rng.IntN(n)
		for p := range whole {
			used := min(columns-p*laneColumns, laneColumns)
			whole.add(p, w.sides[0].planes[p], used)
			part.add(p, w.sides[0].planes[p][:cut], used)
		}
		whole.subtract(part, columns)
		for j := range columns {
			var want cells
			for i := cut; i < n; i++ {
				want[table.bin(laneOf(j), int32(i))] += of[i].packed()
			}
			if l := laneOf(j); whole[l.plane][l.at] != want {
				t.Fatalf("column %d of %d adds up to other sums", j, columns)
			}
		}
		whole.clear(columns)
		for j := range columns {
			if l := laneOf(j); whole[l.plane][l.at] != (cells{}) {
				t.Fatalf("column %d of %d is not empty", j, columns)
			}
		}
	}
}

// TestPacked holds sums of packed gradients to those of their halves.
func TestPacked(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 1))
	sum, g, h := int64(0), int64(0), int64(0)
	for range 60000 {
		a, b := int32(rng.IntN(1<<16)-1<<15), rng.IntN(1<<16)
		x := gradient(uint32(a)<<16 | uint32(b))
		sum, g, h = sum+x.packed(), g+int64(a), h+int64(b)
		if gotG, gotH := sums(sum); gotG != float64(g) || gotH != float64(h) {
			t.Fatalf("%v, %v, not %d, %d", gotG, gotH, g, h)
		}
	}
}

// TestQuantise keeps sums within what chance does to them, and gradients within their bits.
func TestQuantise(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 1))
	for _, n := range []int{1, 10, 1000, 300000} {
		g, h := make([]float64, n), make([]float64, n)
		for i := range g {
			g[i], h[i] = math.Exp(2*rng.NormFloat64())*(rng.Float64()-.5), rng.Float64()/4
		}
		out := make([]gradient, n)
		s := quantiseAll(g, h, 7, out)
		var sum int64
		var wantG, wantH float64
		for i := range g {
			sum, wantG, wantH = sum+out[i].packed(), wantG+g[i], wantH+h[i]
		}
		gotG, gotH := sums(sum)
		// The error of a row is even between two quanta: its variance is at most a quarter.
		off := 4 * math.Sqrt(float64(n)) / 2
		if math.Abs(gotG-wantG*s.g) > off+1 || math.Abs(gotH-wantH*s.h) > off+1 {
			t.Errorf("%d rows: %v, %v for %v, %v", n, gotG/s.g, gotH/s.h, wantG, wantH)
		}
	}
	out := make([]gradient, 4)
	if quantiseAll([]float64{math.NaN(), math.Inf(1), 1e308, -1e308}, []float64{1, 1, 1, 1}, 1, out); out[0] != 0 || out[1] != 0 || out[2]>>16 != math.MaxInt16 {
		t.Errorf("%x", out)
	}
	ones := []float64{1, 1, 1, 1}
	quantiseAll([]float64{0, 0, 0, 0}, ones, 1, out)
	for _, x := range out {
		if x>>16 != 0 || x&0xffff != math.MaxUint16 {
			t.Errorf("%x", out)
		}
	}
}

// given is a loss whose derivatives are there.
type given struct {
	squared
	h []float64
}

func (l given) bounds(point []float64) (g, h float64) {
	g, _ = l.squared.bounds(point)
	return g, slices.Max(l.h)
}

func (l given) gradients(_ []float64, _ int, rows []int32, g, h []float64) {
	for i, r := range rows {
		g[i], h[i] = l.y[r], l.h[r]
	}
}

// quantiseAll quantises derivatives that are there.
func quantiseAll(g, h []float64, tree uint64, out []gradient) scale {
	return quantise(given{squared{g}, h}, make([]float64, len(g)), 0, nil, tree, out)
}

// TestSigmoid holds the table of the logistic function to the function.
func TestSigmoid(t *testing.T) {
	for x := -15.99; x < 16; x += .00137 {
		if want := 1 / (1 + math.Exp(-x)); math.Abs(sigmoid(x)-want) > want/30000 {
			t.Fatalf("%v: %v, not %v", x, sigmoid(x), want)
		}
	}
	if sigmoid(-1e308) != sigmoids[0] || sigmoid(math.Inf(1)) < 1-1e-6 || sigmoid(math.Inf(1)) > 1 || !math.IsNaN(sigmoid(math.NaN())) {
		t.Error(sigmoid(-1e308), sigmoid(math.Inf(1)), sigmoid(math.NaN()))
	}
}

// bruteForce is the best reduction of the loss by any cut of rows, from sums made by hand.
func bruteForce(g *grower, ids []int32, of []gradient) (best float64) {
	total := int64(0)
	for _, i := range ids {
		total += of[i].packed()
	}
	score := func(sum int64) float64 {
		a, h := sums(sum)
		a, h = a/g.scale.g, h/g.scale.h
		return a * a / (h + g.lambda)
	}
	_, h := sums(total)
	floor := float64(g.minLeaf) * h / float64(len(ids))
	for _, c := range g.look {
		for bin := range g.cols[c].uppers {
			for _, missingLeft := range []bool{false, true} {
				left := int64(0)
				for _, i := range ids {
					b := g.rows.bin(laneOf(c), i)
					if int(b) <= bin || missingLeft && b == g.cols[c].missing() {
						left += of[i].packed()
					}
				}
				_, hl := sums(left)
				_, hr := sums(total - left)
				if hl >= floor*(1-1e-9) && hr >= floor*(1-1e-9) {
					best = max(best, score(left)+score(total-left)-score(total))
				}
			}
		}
	}
	return best
}

// TestGrow holds a tree that is grown to what each of its cuts could be at best, and its
// leaves to where the tree sends their rows.
func TestGrow(t *testing.T) {
	for seed := range uint64(12) {
		rng := rand.New(rand.NewPCG(seed, 6))
		n, columns := 60+rng.IntN(300), []int{1, 3, 9, 31}[seed%4]
		values := someColumns(rng, n, columns)
		g := newGrower(values, n, growth{leaves: 9, minLeaf: 1 + int(seed), lambda: float64(seed % 3), minGain: 1e-9})
		if seed%2 > 0 {
			g.drawn--
		}
		g.out, g.rng, g.scale = &Form{Stride: 1}, rng, scale{100, 1000}
		of := someGradients(rng, n)
		var rows []int32
		if seed%2 > 0 {
			rows, _ = drawRows(nil, nil, n, .6, rng)
		}
		leaves := g.grow(rows, of)
		if len(leaves) < 3 {
			t.Errorf("seed %d: %d leaves", seed, len(leaves))
		}
		var d descent
		d.follow(g, 0, g.rows)
		falls := make([]int32, n)
		d.leaves(g.rows, allRows(n), falls)
		seen := 0
		for i, l := range leaves {
			ids := g.ids(l)
			seen += len(ids)
			total := int64(0)
			for _, id := range ids {
				if got := falls[id]; int(got) != i {
					t.Fatalf("seed %d: row %d of leaf %d falls into leaf %d", seed, id, i, got)
				}
				total += of[id].packed()
			}
			if total != l.total {
				t.Errorf("seed %d: a leaf's sum is %x, not %x", seed, l.total, total)
			}
		}
		if rows == nil && seen != n || rows != nil && seen != len(rows) {
			t.Errorf("seed %d: the leaves have %d rows", seed, seen)
		}
		// All rows walk by their values where they walk by their bins.
		m := &features.Matrix{N: n, Dense: values}
		g.out.eachTree(m, func(_, first int, got []int32) {
			for i, leaf := range got {
				if want := falls[first+i]; leaf != want {
					t.Fatalf("seed %d: row %d falls into leaf %d by its values, %d by its bins", seed, first+i, leaf, want)
				}
			}
		}, func(int, int) {})
		// The first cut is the best one.
		first := &growing{to: g.work.load(g.rows, g.look, rows, of)}
		all := slices.Clone(g.ids(first))
		for _, id := range all {
			first.total += of[id].packed()
		}
		first.hist = g.histogram(first)
		g.search(first)
		if want := bruteForce(g, all, of); math.Abs(first.best.gain-want) > 1e-6*want {
			t.Errorf("seed %d: the best cut gains %v, and could gain %v", seed, first.best.gain, want)
		}
	}
}

func BenchmarkGrow(b *testing.B) {
	for _, columns := range []int{28, 100} {
		b.Run(fmt.Sprint(columns), func(b *testing.B) {
			rng := rand.New(rand.NewPCG(1, 1))
			const n = 100000
			g := newGrower(someColumns(rng, n, columns), n, growth{leaves: 255, minLeaf: 20, lambda: 1, minGain: 1e-9})
			g.rng, g.scale = rng, scale{1, 1}
			of := someGradients(rng, n)
			for b.Loop() {
				g.out, g.where = &Form{Stride: 1}, nil
				g.grow(nil, of)
			}
		})
	}
}

// TestEdges gives a value that fills a bin one for itself, and the others bins of about
// equal counts, whatever share of the rows has the same value.
func TestEdges(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	for _, same := range []float64{0, .3, .9} {
		const n = 50000
		x := make([]float64, n)
		for i := range x {
			x[i] = math.Round(rng.ExpFloat64() * 1000)
			if rng.Float64() < same {
				x[i] = 100 * float64(rng.IntN(5))
			}
		}
		slices.Sort(x)
		uppers := edges(x, maxBins)
		if !slices.IsSorted(uppers) || len(uppers) > maxBins || len(uppers) < maxBins*3/4 {
			t.Errorf("%v the same: %d bins", same, len(uppers))
		}
		count, most := make([]int, len(uppers)), make([]int, len(uppers)) // rows, and rows of the value that most have
		values, counts := tallied(x)
		for i, v := range values {
			b, _ := slices.BinarySearch(uppers, v)
			count[b] += counts[i]
			most[b] = max(most[b], counts[i])
		}
		for b, c := range count {
			if c == 0 || c-most[b] > n/maxBins {
				t.Errorf("%v the same: bin %d of %d has %d rows, %d of them of one value", same, b, len(uppers), c, most[b])
			}
		}
	}
}

// TestRanked holds the cuts of a forest to those of the values themselves.
func TestRanked(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 9))
	for range 200 {
		x := make([]float64, 2+rng.IntN(500))
		for i := range x {
			x[i] = math.Floor(rng.NormFloat64() * 20)
			if rng.IntN(9) == 0 {
				x[i] = math.NaN()
			}
		}
		r := rank(x)
		lo, hi := uint8(255), uint8(0)
		for i, c := range r.codes {
			if math.IsNaN(x[i]) != (c == 0) {
				t.Fatalf("%v has the code %d", x[i], c)
			}
			if c > 0 {
				lo, hi = min(lo, c), max(hi, c)
			}
		}
		if lo >= hi {
			continue
		}
		cut := r.least[lo] + rng.Float64()*(r.most[hi]-r.least[lo])
		at := r.between(cut, lo, hi)
		for i, c := range r.codes {
			if c > 0 && (c <= at) != (x[i] <= cut) || c > 0 && (c <= at) != (x[i] <= r.threshold(at)) {
				t.Fatalf("%v is cut at %v by code %d, of %v up to %v", x[i], cut, at, c, r.threshold(at))
			}
		}
	}
}

// TestDraw has a tree look at all columns that come from one of the table, or at none.
func TestDraw(t *testing.T) {
	g := &grower{rng: rand.New(rand.NewPCG(1, 4))}
	sources := []int{0, 0, 1, 2, 2, 2, 3}
	for _, c := range []struct {
		share       float64
		least, want int
	}{{.3, 1, 2}, {.01, 1, 1}, {.01, 3, 3}, {0, 0, 1}, {1, 9, 4}} {
		g.draw(sources, c.share, c.least)
		seen := map[int]bool{}
		for range 60 {
			look := g.choose()
			of := map[int]int{}
			for _, column := range look {
				of[sources[column]]++
				seen[sources[column]] = true
			}
			if len(of) != c.want || !slices.IsSorted(look) {
				t.Fatalf("%+v: %v", c, look)
			}
			for s, n := range of {
				if n != []int{2, 1, 3, 1}[s] {
					t.Fatalf("%+v: %d columns of source %d", c, n, s)
				}
			}
		}
		if len(seen) != 4 {
			t.Errorf("%+v: only %v are ever looked at", c, seen)
		}
	}
}
