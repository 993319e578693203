package trees

// search finds the best cut of a leaf, among every cut of every column that the tree looks
// at; of equal gains the first wins. A part has too few rows where its share of the second
// derivatives is below that of so many rows, which for a quantity is the same.
func (g *grower) search(l *growing) {
	l.best = split{column: -1}
	rows := l.to - l.from
	sum, h := sums(l.total)
	if rows < 2*g.minLeaf || h <= 0 {
		return
	}
	lambda := g.lambda * g.scale.h
	x := searching{total: l.total, g: sum, h: h, lambda: lambda, den: 1}
	x.floor = float64(g.minLeaf) * h / float64(rows) * (1 - 1e-9)
	for k, c := range g.look {
		at := laneOf(k)
		if x.column(&g.cols[c], &l.hist[at.plane][at.at]) {
			x.best.column = k
		}
	}
	if x.num == 0 {
		return
	}
	l.best = x.best
	l.best.gain = (x.num/x.den - float64(sum*sum)/(h+lambda)) * g.scale.h / float64(g.scale.g*g.scale.g)
}

// sums are the two halves of packed gradients.
func sums(packed int64) (g, h float64) { return float64(packed >> 32), float64(uint32(packed)) }

// searching is the search of the best cut of a leaf: that with the greatest num/den, the
// reduction of the loss by both parts.
type searching struct {
	total         int64
	g, h          float64 // its halves
	lambda, floor float64
	num, den      float64
	best          split
}

// column looks at the cuts of a column, and reports whether one of them is better.
func (x *searching) column(c *column, h *cells) (better bool) {
	missing := int64(0)
	if c.absent {
		missing = h[c.missing()]
	}
	left := int64(0)
	for b := range len(c.uppers) - 1 {
		if h[b] == 0 {
			continue
		}
		left += h[b]
		more := x.consider(left, b, false)
		if missing != 0 {
			more = x.consider(left+missing, b, true) || more
		}
		better = better || more
	}
	if missing != 0 { // what is missing against all others
		better = x.consider(x.total-missing, len(c.uppers)-1, false) || better
	}
	return better
}

// consider takes a cut if it is better. The products that are added up are rounded first,
// so that no machine fuses the two.
func (x *searching) consider(left int64, bin int, missingLeft bool) bool {
	gl, hl := sums(left)
	gr, hr := x.g-gl, x.h-hl // whole numbers, so exact
	if hl < x.floor || hr < x.floor {
		return false
	}
	hl, hr = hl+x.lambda, hr+x.lambda
	num := float64(float64(gl*gl)*hr) + float64(float64(gr*gr)*hl)
	den := hl * hr
	if !(float64(num*x.den) > float64(x.num*den)) {
		return false
	}
	x.num, x.den = num, den
	x.best.bin, x.best.missingLeft, x.best.left = bin, missingLeft, left
	return true
}
