package main

import (
	"context"
	"slices"
	"time"
)

// pace says when the next record is due.
type pace struct {
	rate, speed float64
	begun       time.Time
	first       time.Time // of the times of records
	n           float64
	due         time.Duration // since begun
}

// until has the next record wait for its time.
func (p *pace) until(t time.Time) {
	if p.first.IsZero() {
		p.first = t
	}
	p.due = time.Duration(float64(t.Sub(p.first)) / p.speed)
}

// wait waits until the next record is due.
func (p *pace) wait(ctx context.Context) error {
	if p.rate > 0 {
		p.due = time.Duration(p.n / p.rate * float64(time.Second))
		p.n++
	}
	left := time.Until(p.begun.Add(p.due))
	if left <= 0 {
		return ctx.Err()
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(left):
		return nil
	}
}

// A clock is wrong where its time is further from those of the records around it than so
// many times their spread.
const (
	around   = 16 // records on each side
	farApart = 4
)

// steady are the times of records in their order, with those of clocks that are wrong
// replaced by the median of the times around: a replay would wait for them for hours.
func steady(times []time.Time) []time.Time {
	out := slices.Clone(times)
	var near []time.Time
	for i, t := range times {
		near = append(near[:0], times[max(i-around, 0):min(i+around+1, len(times))]...)
		slices.SortFunc(near, time.Time.Compare)
		low, high := near[len(near)/4], near[len(near)*3/4]
		reach := farApart * max(high.Sub(low), time.Second)
		if t.Before(low.Add(-reach)) || t.After(high.Add(reach)) {
			out[i] = near[len(near)/2]
		}
	}
	return out
}
