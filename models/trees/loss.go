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
	gradients(scores []float64, k int, g, h []float64)
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

func (l squared) gradients(scores []float64, _ int, g, h []float64) {
	for i, y := range l.y {
		g[i], h[i] = scores[i]-y, 1
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

func (l binary2) gradients(scores []float64, _ int, g, h []float64) {
	for i, y := range l.y {
		p := 1 / (1 + math.Exp(-scores[i]))
		g[i], h[i] = p-y, max(p*(1-p), 1e-16)
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

func (l classes) gradients(scores []float64, k int, g, h []float64) {
	p := make([]float64, l.k)
	for i, y := range l.y {
		softmax.apply(scores[i*l.k:(i+1)*l.k], p)
		g[i], h[i] = p[k], max(p[k]*(1-p[k]), 1e-16)
		if int(y) == k {
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
