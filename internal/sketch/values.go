package sketch

import (
	"cmp"
	"slices"
	"strings"
)

// Bounds of Values.
const (
	MaxValues = 1024 // distinct values that are counted exactly
	keptOver  = 256  // counters that are kept when there are more
	maxValue  = 256  // bytes of a value; longer ones are counted as distinct only
)

// Value is a text and how often it occurs.
type Value struct {
	Text  string `json:"value"`
	Count int64  `json:"count"`
}

// Values counts the values of a column: exactly while there are at most
// MaxValues, and then the frequent ones after Misra and Gries, "Finding
// repeated elements" (1982), in the mergeable form of Agarwal and others
// (2012): each count is too low by at most Missed. The zero value is empty.
type Values struct {
	entries []Value
	hashes  []uint64 // of the entries
	places  []uint32 // open addressing: an entry's place and 1, or 0
	// Over is set when there were more than MaxValues.
	Over     bool
	Missed   int64
	Distinct Distinct // filled once Over is set
}

// Add counts v n times.
func (c *Values) Add(v string, n int64) {
	h := Hash(v)
	if c.find(v, h) == nil {
		v = strings.Clone(v) // so that an entry does not keep a whole batch alive
	}
	c.Borrow(v, h, n)
}

// Borrow counts v, whose hash is h, n times. v must stay as it is until Own is called.
func (c *Values) Borrow(v string, h uint64, n int64) {
	if c.Over {
		c.Distinct.Add(h)
	}
	if p := c.find(v, h); p != nil {
		p.Count += n
		return
	}
	if len(v) > maxValue {
		c.overflow()
		c.Distinct.Add(h)
		return
	}
	c.insert(Value{v, n}, h)
	if len(c.entries) > MaxValues {
		c.reduce()
	}
}

// Own copies the texts that were borrowed.
func (c *Values) Own() {
	for i := range c.entries {
		c.entries[i].Text = strings.Clone(c.entries[i].Text)
	}
}

// find returns the entry of v, whose hash is h, or nil.
func (c *Values) find(v string, h uint64) *Value {
	if len(c.places) == 0 {
		return nil
	}
	mask := uint64(len(c.places) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		e := c.places[i]
		if e == 0 {
			return nil
		}
		if c.hashes[e-1] == h && c.entries[e-1].Text == v {
			return &c.entries[e-1]
		}
	}
}

// insert adds an entry that is not there.
func (c *Values) insert(v Value, h uint64) {
	if c.places == nil {
		c.prepare()
	}
	c.entries, c.hashes = append(c.entries, v), append(c.hashes, h)
	if 2*len(c.entries) > len(c.places) {
		c.places = make([]uint32, max(16, 4*len(c.places)))
		for e := range c.entries {
			c.place(e)
		}
		return
	}
	c.place(len(c.entries) - 1)
}

func (c *Values) place(e int) {
	mask := uint64(len(c.places) - 1)
	i := c.hashes[e] & mask
	for c.places[i] != 0 {
		i = (i + 1) & mask
	}
	c.places[i] = uint32(e + 1)
}

// overflow hands all values to the estimate of distinct ones.
func (c *Values) overflow() {
	if c.Over {
		return
	}
	c.Over = true
	for _, h := range c.hashes {
		c.Distinct.Add(h)
	}
}

// Drop gives up the counts and keeps the number of distinct values: columns of
// measurements have no frequent values that are worth their cost.
func (c *Values) Drop() {
	c.overflow()
	kept := Values{Over: true, Missed: c.Missed, Distinct: c.Distinct}
	c.Recycle()
	*c = kept
}

// Full reports whether the next new value would exceed MaxValues.
func (c *Values) Full() bool { return len(c.entries) >= MaxValues }

// reduce keeps the most frequent values and takes the count of the first one
// that goes off all of them.
func (c *Values) reduce() {
	c.overflow()
	counts := make([]int64, len(c.entries))
	for i, e := range c.entries {
		counts[i] = e.Count
	}
	slices.Sort(counts)
	if len(counts) <= keptOver {
		return
	}
	cut := counts[len(counts)-1-keptOver]
	c.Missed += cut
	kept := Values{Over: true, Missed: c.Missed, Distinct: c.Distinct}
	for i, e := range c.entries {
		if e.Count > cut {
			kept.insert(Value{e.Text, e.Count - cut}, c.hashes[i])
		}
	}
	c.Recycle()
	*c = kept
}

// Merge counts all that d counted.
func (c *Values) Merge(d Values) {
	if d.Over {
		c.overflow()
		c.Distinct.Merge(d.Distinct)
	}
	c.Missed += d.Missed
	for i, e := range d.entries {
		if p := c.find(e.Text, d.hashes[i]); p != nil {
			p.Count += e.Count
		} else {
			c.insert(e, d.hashes[i])
		}
		if c.Over {
			c.Distinct.Add(d.hashes[i])
		}
	}
	if len(c.entries) > MaxValues {
		c.reduce()
	}
}

// Top returns the n most frequent values, the most frequent first, equal
// counts in the order of their texts.
func (c *Values) Top(n int) []Value {
	all := slices.Clone(c.entries)
	slices.SortFunc(all, func(a, b Value) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Text, b.Text))
	})
	return all[:min(n, len(all))]
}

// NumDistinct returns the number of distinct values, exact while Over is not
// set.
func (c *Values) NumDistinct() int64 {
	if !c.Over {
		return int64(len(c.entries))
	}
	return max(c.Distinct.Estimate(), int64(len(c.entries)))
}

// Count returns how often v was seen, too low by at most Missed.
func (c *Values) Count(v string) int64 {
	if p := c.find(v, Hash(v)); p != nil {
		return p.Count
	}
	return 0
}

// wire is Values as it is written.
type wire struct {
	Values   []Value  `json:"values"`
	Over     bool     `json:"over,omitempty"`
	Missed   int64    `json:"missed,omitempty"`
	Distinct Distinct `json:"distinct"`
}
