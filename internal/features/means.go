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
)

// fitMeans learns the means of all rows, and returns the columns of the
// training rows too: each of them is encoded by the means of the other folds,
// so that no row sees its own target.
func fitMeans(c *Column, t Target, standardize bool) (*meansPart, [][]float64) {
	n := c.N()
	k := meansColumns(t)
	fold := func(i int) int { return int(mix(uint64(i)) % meansFolds) }
	own := newColumns(k, n)
	for f := range meansFolds {
		p := meansOf(c, t, k, func(i int) bool { return fold(i) != f })
		for i := range n {
			if fold(i) != f {
				continue
			}
			m := p.mean(c.level(i))
			for j := range k {
				own[j][i] = m[j]
			}
		}
	}
	p := meansOf(c, t, k, func(int) bool { return true })
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

func meansColumns(t Target) int {
	if t.Classes > 2 {
		return t.Classes
	}
	return 1
}

// value is the target of row i as column j of the encoding takes it.
func (t Target) value(i, j int) float64 {
	if t.Classes <= 2 {
		return t.Y[i]
	}
	if int(t.Y[i]) == j {
		return 1
	}
	return 0
}

func meansOf(c *Column, t Target, k int, use func(int) bool) *meansPart {
	sums, counts := map[string][]float64{}, map[string]float64{}
	all, n := make([]float64, k), 0.0
	for i := range c.N() {
		if !use(i) {
			continue
		}
		l := c.level(i)
		if sums[l] == nil {
			sums[l] = make([]float64, k)
		}
		for j := range k {
			v := t.value(i, j)
			sums[l][j] += v
			all[j] += v
		}
		counts[l]++
		n++
	}
	for j := range all {
		all[j] /= max(n, 1)
	}
	p := &meansPart{Means: sums, All: all}
	for l, s := range sums {
		for j := range s {
			s[j] = (s[j] + meansPrior*all[j]) / (counts[l] + meansPrior)
		}
	}
	return p
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
