package main

import (
	"slices"
	"testing"
	"time"
)

// TestSteady has clocks that are wrong among others that are right, at the ends and in the
// middle, a night without records, records that come in a burst, and some that are late.
func TestSteady(t *testing.T) {
	begin := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	at := func(minutes ...int) (times []time.Time) {
		for _, m := range minutes {
			times = append(times, begin.Add(time.Duration(m)*time.Minute))
		}
		return times
	}
	var regular, night, burst, late []int
	for i := range 200 {
		regular, burst, late = append(regular, i), append(burst, i/40), append(late, i-i%7)
		night = append(night, i+i/100*600)
	}
	for name, times := range map[string][]time.Time{"regular": at(regular...), "a night": at(night...), "bursts": at(burst...), "late ones": at(late...), "one": at(5), "two": at(5, 6), "none": nil} {
		if got := steady(times); !slices.Equal(got, times) {
			t.Errorf("%s: the times are changed", name)
		}
	}
	const day = 24 * 60
	for _, wrong := range []int{0, 1, 77, 150, 198, 199} {
		for name, by := range map[string]int{"ahead": day, "of 1970": -56 * 365 * day} {
			times := at(night...)
			times[wrong] = times[wrong].Add(time.Duration(by) * time.Minute)
			got := steady(times)
			for i := range got {
				if d := got[i].Sub(at(night[i])[0]).Abs(); i != wrong && d > 0 || d > 11*time.Hour {
					t.Errorf("a clock %s at %d: record %d is %v off", name, wrong, i, d)
				}
			}
		}
	}
}
