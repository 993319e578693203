package trees

import (
	"fmt"
	"math"
	"slices"

	"github.com/beamline-go/beamline/models/learn"
)

// loss is what boosting makes small. Scores are row after row, a group each
// output of the trees.
type loss interface {
	groups() int
	link() link
	init() []float64
	// point is where the derivatives of a round are taken: the scores, or what is made of
	// them once for all outputs, in space.
	point(scores, space []float64) []float64
	// bounds are what the size of no derivative there is above.
	bounds(point []float64) (g, h float64)
	// gradients are the derivatives of some rows by output k.
	gradients(point []float64, k int, rows []int32, g, h []float64)
	of(scores []float64, row int) float64 // the loss of a row of those scores
}

func newLoss(e learn.Examples) loss {
	switch {
	case e.Classes == 0:
		return squared{e.Y}
	case e.Classes == 2:
		return binary2{e.Y}
	}
	return classes{e.Y, e.Classes}
}

// squared is half the squared error.
type squared struct{ y []float64 }

func (squared) groups() int { return 1 }
func (squared) link() link  { return identity }

func (l squared) init() []float64 {
	mean := 0.0
	for _, v := range l.y {
		mean += v
	}
	return []float64{mean / float64(max(len(l.y), 1))}
}

func (squared) point(scores, _ []float64) []float64 { return scores }

func (l squared) bounds(point []float64) (g, h float64) {
	for i, y := range l.y {
		if a := math.Abs(point[i] - y); a > g && a <= math.MaxFloat64 {
			g = a
		}
	}
	return g, 1
}

func (l squared) gradients(point []float64, _ int, rows []int32, g, h []float64) {
	g, h = g[:len(rows)], h[:len(rows)]
	for i, r := range rows {
		g[i], h[i] = point[r]-l.y[r], 1
	}
}

func (l squared) of(scores []float64, row int) float64 {
	d := scores[row] - l.y[row]
	return d * d
}

// binary2 is the log loss of two classes, as the log odds of the second.
type binary2 struct{ y []float64 }

func (binary2) groups() int { return 1 }
func (binary2) link() link  { return logistic }

func (l binary2) init() []float64 {
	ones := 0.0
	for _, v := range l.y {
		ones += v
	}
	n := float64(len(l.y))
	p := min(max(ones/n, 1/(n+2)), 1-1/(n+2))
	return []float64{math.Log(p / (1 - p))}
}

func (binary2) point(scores, _ []float64) []float64 { return scores }

func (binary2) bounds([]float64) (g, h float64) { return 1, 0.25 }

func (l binary2) gradients(point []float64, _ int, rows []int32, g, h []float64) {
	g, h = g[:len(rows)], h[:len(rows)]
	for i, r := range rows {
		p := sigmoid(point[r])
		g[i], h[i] = p-l.y[r], p*(1-p)
	}
}

func (l binary2) of(scores []float64, row int) float64 {
	s := scores[row]
	if l.y[row] > 0 {
		s = -s
	}
	return max(s, 0) + math.Log1p(math.Exp(-math.Abs(s)))
}

// classes is the log loss of several classes.
type classes struct {
	y []float64
	k int
}

func (l classes) groups() int { return l.k }
func (classes) link() link    { return softmax }

func (l classes) init() []float64 {
	out := make([]float64, l.k)
	for _, v := range l.y {
		out[int(v)]++
	}
	for k := range out {
		out[k] = math.Log((out[k] + 1) / float64(len(l.y)+l.k))
	}
	return out
}

// point is the shares of the classes.
func (l classes) point(scores, space []float64) []float64 {
	for i := 0; i < len(scores); i += l.k {
		softmax.apply(scores[i:i+l.k], space[i:i+l.k])
	}
	return space
}

func (classes) bounds([]float64) (g, h float64) { return 1, 0.25 }

func (l classes) gradients(point []float64, k int, rows []int32, g, h []float64) {
	g, h = g[:len(rows)], h[:len(rows)]
	for i, r := range rows {
		p := point[int(r)*l.k+k]
		g[i], h[i] = p, p*(1-p)
		if int(l.y[r]) == k {
			g[i]--
		}
	}
}

func (l classes) of(scores []float64, row int) float64 {
	s := scores[row*l.k : (row+1)*l.k]
	top, total := slices.Max(s), 0.0
	for _, v := range s {
		total += math.Exp(v - top)
	}
	return top + math.Log(total) - s[int(l.y[row])]
}

// checkInit holds the outputs of a loaded model against its trees.
func checkInit(h header, f *Form) error {
	switch {
	case f.Stride != 1, len(h.Init) == 0, len(f.Roots)%len(h.Init) != 0:
		return fmt.Errorf("trees: %d trees for %d outputs", len(f.Roots), len(h.Init))
	case h.Link != identity && h.Link != logistic && h.Link != softmax:
		return fmt.Errorf("trees: unknown link %q", h.Link)
	}
	return nil
}
