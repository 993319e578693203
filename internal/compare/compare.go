// Package compare says what differs between two sets of predictions, row by row and on
// the whole, and whether that is chance.
package compare

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/beamline-go/beamline/internal/number"
	"github.com/beamline-go/beamline/internal/stats"
)

// The two sides.
const (
	A = iota
	B
)

// Change is a row of which the predictions differ.
type Change struct {
	Key string `json:"key"`
	A   string `json:"a"`
	B   string `json:"b"`

	size float64
}

// Mean is a mean and how far it can be off by chance: half of an interval that holds it in
// 95 of 100 cases.
type Mean struct {
	Mean float64 `json:"mean"`
	Off  float64 `json:"off"`
	Rows int64   `json:"rows"`
}

// Result is what differs.
type Result struct {
	Both    int64 `json:"both"`   // rows that are on both sides
	OnlyA   int64 `json:"only_a"` // rows by their keys
	OnlyB   int64 `json:"only_b"`
	Changed int64 `json:"changed"` // of those on both sides, whose prediction differs
	// Lost and Gained are rows on both sides that have a prediction on one of them.
	Lost   int64 `json:"lost"`   // only in A
	Gained int64 `json:"gained"` // only in B
	// Of quantities: the mean on each side, and that of the changes of rows on both.
	MeanA *Mean `json:"mean_a,omitempty"`
	MeanB *Mean `json:"mean_b,omitempty"`
	Shift *Mean `json:"shift,omitempty"`
	// Labels counts rows on both sides by their labels there, where those differ.
	Labels []LabelChange `json:"labels,omitempty"`
	// Largest are the rows that changed most; of labels the first that changed.
	Largest []Change `json:"largest"`
}

// LabelChange is how many rows have another label.
type LabelChange struct {
	A    string `json:"a"`
	B    string `json:"b"`
	Rows int64  `json:"rows"`
}

// Chance reports whether the shift may be chance.
func (m Mean) Chance() bool { return math.Abs(m.Mean) <= m.Off }

const (
	largest    = 10         // changes that are kept
	maxWaiting = 30_000_000 // rows that wait for their like, which are held in memory
)

// Predictions compares two sets of predictions. Rows that stand in about the same order on
// both sides are held for a short time only.
type Predictions struct {
	quantity bool
	waiting  [2]map[string][]string // predictions by key, which the other side has not yet
	held     int
	sides    [2]stats.Moments
	shift    stats.Moments
	labels   map[[2]string]int64
	r        Result
}

// New compares quantities, or labels.
func New(quantity bool) *Predictions {
	return &Predictions{quantity: quantity, waiting: [2]map[string][]string{{}, {}}, labels: map[[2]string]int64{}}
}

// ErrOrder says that too many rows wait for their like.
var ErrOrder = errors.New("the rows of the two stand in another order, and are too many to be held in memory; sort both by the key")

// Put takes a row of a side. Rows of one key are alike in their order.
func (p *Predictions) Put(side int, key, prediction string) error {
	if p.quantity && prediction != "" {
		x, ok := number.Parse(prediction)
		if !ok {
			return fmt.Errorf("the prediction of %q is no number: %.60q", key, prediction)
		}
		p.sides[side] = p.sides[side].Add(x)
	}
	other := p.waiting[1-side]
	if like := other[key]; len(like) > 0 {
		if p.held--; len(like) == 1 {
			delete(other, key)
		} else {
			other[key] = like[1:]
		}
		pair := [2]string{prediction, like[0]}
		if side == B {
			pair = [2]string{like[0], prediction}
		}
		p.both(key, pair[A], pair[B])
		return nil
	}
	if p.held++; p.held > maxWaiting {
		return ErrOrder
	}
	p.waiting[side][key] = append(p.waiting[side][key], prediction)
	return nil
}

// both takes a row that is on both sides.
func (p *Predictions) both(key, a, b string) {
	p.r.Both++
	switch {
	case a == "" && b == "":
		return
	case b == "":
		p.r.Lost++
		return
	case a == "":
		p.r.Gained++
		return
	}
	c := Change{Key: key, A: a, B: b}
	if p.quantity {
		x, _ := number.Parse(a) // Put has seen that they are numbers
		y, _ := number.Parse(b)
		p.shift = p.shift.Add(y - x)
		c.size = math.Abs(y - x)
	} else if a != b {
		p.labels[[2]string{a, b}]++
	}
	if a == b {
		return
	}
	p.r.Changed++
	p.keep(c)
}

// keep keeps the largest changes, of equal ones those that came first.
func (p *Predictions) keep(c Change) {
	at, _ := slices.BinarySearchFunc(p.r.Largest, c, func(have, c Change) int {
		if have.size >= c.size {
			return -1
		}
		return 1
	})
	if at < largest {
		p.r.Largest = slices.Insert(p.r.Largest, at, c)
		p.r.Largest = p.r.Largest[:min(len(p.r.Largest), largest)]
	}
}

// Result is what differs between what was put.
func (p *Predictions) Result() Result {
	r := p.r
	for _, like := range p.waiting[A] {
		r.OnlyA += int64(len(like))
	}
	for _, like := range p.waiting[B] {
		r.OnlyB += int64(len(like))
	}
	if p.quantity {
		r.MeanA, r.MeanB, r.Shift = meanOf(p.sides[A]), meanOf(p.sides[B]), meanOf(p.shift)
	}
	for pair, n := range p.labels {
		r.Labels = append(r.Labels, LabelChange{pair[A], pair[B], n})
	}
	slices.SortFunc(r.Labels, func(x, y LabelChange) int {
		return cmp.Or(cmp.Compare(y.Rows, x.Rows), cmp.Compare(x.A, y.A), cmp.Compare(x.B, y.B))
	})
	if r.Largest == nil {
		r.Largest = []Change{}
	}
	return r
}

// meanOf is the mean, and how far it can be off: twice its standard error, near enough for
// the many rows that there are.
func meanOf(m stats.Moments) *Mean {
	if m.N < 2 {
		return nil
	}
	const z = 1.959964
	return &Mean{m.Mean(), z * m.SD() / math.Sqrt(float64(m.N)), m.N}
}
