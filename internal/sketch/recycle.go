package sketch

import "sync"

// The memory of sketches that were merged into others is used again: a table has
// a sketch for each column of each block, most of them short-lived.
var (
	rawBuffers sync.Pool // *[]float64 of capacity rawSize
	valueSets  sync.Pool // *valueSet
)

// valueSet is the memory of Values.
type valueSet struct {
	entries []Value
	hashes  []uint64
	places  []uint32
}

// setSize is the size of the places of a set that holds MaxValues.
const setSize = 4 * MaxValues

// Recycle empties the sketch and gives its memory to others. Nothing may hold on
// to what it held.
func (q *Quantiles) Recycle() {
	if len(q.Levels) > 0 && cap(q.Levels[0]) >= rawSize {
		buffer := q.Levels[0][:0]
		rawBuffers.Put(&buffer)
	}
	*q = Quantiles{}
}

func newRaw() []float64 {
	if b, ok := rawBuffers.Get().(*[]float64); ok {
		return *b
	}
	return nil // most sketches stay small: let it grow
}

// Recycle empties the sketch and gives its memory to others.
func (c *Values) Recycle() {
	if len(c.places) == setSize {
		clear(c.entries) // of texts
		valueSets.Put(&valueSet{c.entries[:0], c.hashes[:0], c.places})
	}
	*c = Values{}
}

// prepare takes the memory of a set that was recycled, if there is one.
func (c *Values) prepare() {
	if s, ok := valueSets.Get().(*valueSet); ok {
		clear(s.places)
		c.entries, c.hashes, c.places = s.entries, s.hashes, s.places
	}
}
