package sketch

import (
	"cmp"
	"slices"
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
	counts map[string]*int64
	// Over is set when there were more than MaxValues.
	Over     bool
	Missed   int64
	Distinct Distinct // filled once Over is set
}

// Add counts v n times.
func (c *Values) Add(v string, n int64) {
	if p := c.counts[v]; p != nil {
		*p += n
		if c.Over {
			c.Distinct.Add(Hash(v))
		}
		return
	}
	if c.counts == nil {
		c.counts = make(map[string]*int64, 16)
	}
	if c.Over || len(v) > maxValue {
		c.overflow()
		c.Distinct.Add(Hash(v))
		if len(v) > maxValue {
			return
		}
	}
	c.counts[cloned(v)] = &n
	if len(c.counts) > MaxValues {
		c.reduce()
	}
}

// cloned copies v, so that a map does not keep a whole batch alive.
func cloned(v string) string { return string(append([]byte(nil), v...)) }

// overflow hands all values to the estimate of distinct ones.
func (c *Values) overflow() {
	if c.Over {
		return
	}
	c.Over = true
	for v := range c.counts {
		c.Distinct.Add(Hash(v))
	}
}

// Drop gives up the counts and keeps the number of distinct values: columns of
// measurements have no frequent values that are worth their cost.
func (c *Values) Drop() {
	c.overflow()
	c.counts = nil
}

// Full reports whether the next new value would exceed MaxValues.
func (c *Values) Full() bool { return len(c.counts) >= MaxValues }

// reduce keeps the most frequent values and takes the count of the first one
// that goes off all of them.
func (c *Values) reduce() {
	c.overflow()
	all := c.Top(len(c.counts))
	if len(all) <= keptOver {
		return
	}
	cut := all[keptOver].Count
	c.Missed += cut
	for i, v := range all {
		if i >= keptOver || v.Count <= cut {
			delete(c.counts, v.Text)
			continue
		}
		*c.counts[v.Text] -= cut
	}
}

// Merge counts all that d counted.
func (c *Values) Merge(d Values) {
	if d.Over {
		c.overflow()
		c.Distinct.Merge(d.Distinct)
	}
	c.Missed += d.Missed
	for v, n := range d.counts {
		if c.counts == nil {
			c.counts = map[string]*int64{}
		}
		if p := c.counts[v]; p != nil {
			*p += *n
		} else {
			c.counts[v] = &[]int64{*n}[0]
		}
		if c.Over {
			c.Distinct.Add(Hash(v))
		}
	}
	if len(c.counts) > MaxValues {
		c.reduce()
	}
}

// Top returns the n most frequent values, the most frequent first, equal
// counts in the order of their texts.
func (c *Values) Top(n int) []Value {
	all := make([]Value, 0, len(c.counts))
	for v, p := range c.counts {
		all = append(all, Value{v, *p})
	}
	slices.SortFunc(all, func(a, b Value) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Text, b.Text))
	})
	return all[:min(n, len(all))]
}

// NumDistinct returns the number of distinct values, exact while Over is not
// set.
func (c *Values) NumDistinct() int64 {
	if !c.Over {
		return int64(len(c.counts))
	}
	return max(c.Distinct.Estimate(), int64(len(c.counts)))
}

// Count returns how often v was seen, too low by at most Missed.
func (c *Values) Count(v string) int64 {
	if p := c.counts[v]; p != nil {
		return *p
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
