package features

// meansPart encodes a level by the mean of the target among the training rows
// that have it, drawn to the mean of all by Prior rows (Micci-Barreca, "A
// preprocessing scheme for high-cardinality categorical attributes", 2001). A
// target of more than two classes gives a column for each class.
type meansPart struct {
	Means  map[string][]float64
	All    []float64
	Center []float64
	Scale  []float64 // 1 in the tree view
}

const (
	meansPrior = 10.0
	meansFolds = 5
	// A level of so many training rows has its own mean there, too: what one row adds to it
	// is no news of that row. Means of other folds would tell trees which fold a row is of,
	// and so which way its target is off.
	meansEnough = 30
)

// fitMeans learns the means of all rows, and returns the columns of the training rows too.
// Those of rarer levels are encoded by the means of the other folds, so that no row sees
// its own target.
func fitMeans(c *Column, values [][]float64, standardize bool) (*meansPart, [][]float64) {
	n, k := c.N(), len(values)
	fold := func(i int) int { return int(mix(uint64(i)) % meansFolds) }
	levels, of := numbered(c)
	all, parts := newTally(len(levels), k), make([]tally, meansFolds)
	for f := range parts {
		parts[f] = newTally(len(levels), k)
	}
	for i, l := range of {
		all.add(values, i, l)
		parts[fold(i)].add(values, i, l)
	}
	p := &meansPart{Means: make(map[string][]float64, len(levels)), All: all.mean()}
	means := make([][]float64, len(levels))
	for l, level := range levels {
		means[l] = all.level(int32(l), p.All)
		p.Means[level] = means[l]
	}
	for f := range parts {
		parts[f].restOf(all)
	}
	own, rest := newColumns(k, n), make([][]float64, meansFolds)
	for f := range rest {
		rest[f] = parts[f].mean()
	}
	for i, l := range of {
		m := means[l]
		if f := fold(i); all.counts[l] < meansEnough {
			m = parts[f].level(l, rest[f])
		}
		for j := range k {
			own[j][i] = m[j]
		}
	}
	p.Center, p.Scale = make([]float64, k), make([]float64, k)
	for j := range k {
		p.Scale[j] = 1
		if standardize {
			p.Center[j], p.Scale[j] = centerAndScale(own[j])
		}
		for i := range own[j] {
			own[j][i] = (own[j][i] - p.Center[j]) * p.Scale[j]
		}
	}
	return p, own
}

// numbered returns the levels of a column in the order in which they come up, and which
// of them each row has.
func numbered(c *Column) (levels []string, of []int32) {
	numbers := map[string]int32{}
	of = make([]int32, c.N())
	for i := range of {
		level := c.level(i)
		l, ok := numbers[level]
		if !ok {
			l = int32(len(levels))
			numbers[level], levels = l, append(levels, level)
		}
		of[i] = l
	}
	return levels, of
}

// tally is sums by level, k for each.
type tally struct {
	k      int
	sums   []float64
	counts []float64
}

func newTally(levels, k int) tally {
	return tally{k, make([]float64, levels*k), make([]float64, levels)}
}

func (t *tally) add(values [][]float64, row int, level int32) {
	for j, v := range values {
		t.sums[int(level)*t.k+j] += v[row]
	}
	t.counts[level]++
}

// restOf makes it the sums of all rows but its own.
func (t *tally) restOf(all tally) {
	for i, s := range all.sums {
		t.sums[i] = s - t.sums[i]
	}
	for i, n := range all.counts {
		t.counts[i] = n - t.counts[i]
	}
}

// mean is that of all levels.
func (t *tally) mean() []float64 {
	out, n := make([]float64, t.k), 0.0
	for l, c := range t.counts {
		n += c
		for j := range out {
			out[j] += t.sums[l*t.k+j]
		}
	}
	for j := range out {
		out[j] /= max(n, 1)
	}
	return out
}

// level is the mean of a level, drawn to that of all.
func (t *tally) level(l int32, all []float64) []float64 {
	out := make([]float64, t.k)
	for j := range out {
		out[j] = (t.sums[int(l)*t.k+j] + meansPrior*all[j]) / (t.counts[l] + meansPrior)
	}
	return out
}

// values are what means are taken of: the target, or for more than two classes whether a
// row is of each.
func (t Target) values() [][]float64 {
	if t.Classes <= 2 {
		return [][]float64{t.Y}
	}
	out := newColumns(t.Classes, len(t.Y))
	for i, y := range t.Y {
		out[int(y)][i] = 1
	}
	return out
}

func (p *meansPart) mean(level string) []float64 {
	if m, ok := p.Means[level]; ok {
		return m
	}
	return p.All
}

func (p *meansPart) width() int { return len(p.All) }

func (p *meansPart) encode(c *Column, out [][]float64) {
	for i := range c.N() {
		for j, v := range p.mean(c.level(i)) {
			out[j][i] = (v - p.Center[j]) * p.Scale[j]
		}
	}
}

func (p *meansPart) names(column string) []string {
	if len(p.All) == 1 {
		return []string{column + " by target"}
	}
	out := make([]string, len(p.All))
	for j := range out {
		out[j] = column + " by class " + wholeLevel(float64(j+1))
	}
	return out
}

// mix is the finalizer of SplitMix64 (Steele, Lea and Flood, 2014): a fixed
// shuffle of the integers.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
