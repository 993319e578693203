package dates

import (
	"strings"
	"time"
)

// CompactLayout is that of 20210304. A cell of eight digits is a number as well: it is
// its column that tells.
var CompactLayout = Layout{Order: YMD, Sep: compact}

// Compact reads eight digits as year, month and day, of the years 1900 to 2099.
func Compact(s string) (time.Time, bool) {
	if len(s) != 8 || s[0] != '1' && s[0] != '2' {
		return time.Time{}, false
	}
	n := 0
	for i := range len(s) {
		d := s[i] - '0'
		if d > 9 {
			return time.Time{}, false
		}
		n = n*10 + int(d)
	}
	y, m, d := n/10000, n/100%100, n%100
	if y < 1900 || y > 2099 || m < 1 || m > 12 || d < 1 || d > daysIn(m, y) {
		return time.Time{}, false
	}
	return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC), true
}

// weekday is what stands before a date, given the name of its day short and spelled out.
func (l Layout) weekday(name, full string) string {
	if l.Month == 2 {
		name = full
	}
	switch l.Sep {
	case spoken, mailed:
		return name + ", "
	case logged:
		return name + " "
	}
	return ""
}

// spelled reads a date behind the English name of its day of the week, which must be the
// right one.
func spelled(s string) (Reading, bool) {
	if s == "" || s[0] < 'F' || s[0] > 'W' { // most texts, at no cost
		return Reading{}, false
	}
	name, rest, ok := strings.Cut(s, " ")
	if !ok || len(s) > MaxLength+len("Wednesday, ") {
		return Reading{}, false
	}
	day, comma := strings.CutSuffix(name, ",")
	weekday, full := dayOf(day)
	if weekday < 0 {
		return Reading{}, false
	}
	logs := !comma
	if logs {
		rest = yearForward(rest)
	}
	p, ok := split(rest)
	if !ok {
		return Reading{}, false
	}
	layouts, n := p.layouts()
	l := layouts[0]
	if n != 1 || l.Sep != ' ' || l.Month == 0 || l.Tongue != English || l.Year2 || p.nth {
		return Reading{}, false
	}
	for _, m := range p.names { // May is both
		if m.tongue == English && full == (m.style == 2) {
			l.Month = m.style
		}
	}
	switch {
	case full != (l.Month == 2), logs && (full || l.Clock == 0 || l.Order != MDY):
		return Reading{}, false
	case logs:
		l.Sep = logged
	case l.Order == MDY:
		l.Sep = spoken
	case l.Order == DMY:
		l.Sep = mailed
	default:
		return Reading{}, false
	}
	t, ok := p.time(l)
	if !ok || t.Add(time.Duration(p.offset)*time.Minute).Weekday() != weekday {
		return Reading{}, false
	}
	return Reading{l, t}, true
}

// dayOf is the day that a name means, or -1, and whether it is spelled out.
func dayOf(name string) (day time.Weekday, full bool) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if of := d.String(); name == of || name == of[:3] {
			return d, name == of
		}
	}
	return -1, false
}

// yearForward makes "Mar 3, 2021 21:34:00 +0000" of "Mar  3 21:34:00 +0000 2021".
func yearForward(s string) string {
	words := strings.Fields(s)
	n := len(words)
	if n < 4 || n > 5 || len(words[n-1]) != 4 {
		return ""
	}
	return words[0] + " " + words[1] + ", " + words[n-1] + " " + strings.Join(words[2:n-1], " ")
}

// Within is the time of a reading whose year has two digits, in one of the hundred
// years from since on; 0 leaves it where it is, and so do years of four digits. The
// 29th of February may not be there.
func (r Reading) Within(since int) (time.Time, bool) {
	if since == 0 || !r.Layout.Year2 {
		return r.Time, true
	}
	y, m, d := r.Time.Date()
	to := since + ((y-since)%100+100)%100
	if d > daysIn(int(m), to) {
		return time.Time{}, false
	}
	return r.Time.AddDate(to-y, 0, 0), true
}

// Century chooses the hundred years for the years of two digits of a column; used tells
// which of them are there, and from and to are the first and the last year of four
// digits beside them, or 0. The hundred years begin behind the longest run of years
// that are not used, in the century that brings the middle of the used ones nearest to
// that of those of four digits, or, where there are none, to 1985: neither births nor
// what tables mostly tell of lies in the future.
func Century(used [100]bool, from, to int) (since int) {
	middle := 1985
	if from > 0 {
		middle = (from + to) / 2
		for y := from; y <= to && to-from < 100; y++ {
			used[y%100] = true
		}
	}
	start, longest := 0, -1
	for i := range used { // the run that ends before i
		if !used[i] {
			continue
		}
		n := 0
		for n < 100 && !used[((i-1-n)%100+100)%100] {
			n++
		}
		if n > longest {
			start, longest = i, n
		}
	}
	if longest < 0 {
		return 0
	}
	span := 99 - longest
	for _, century := range []int{1700, 1800, 1900, 2000} {
		at := century + start
		if since == 0 || distance(at+span/2, middle) < distance(since+span/2, middle) {
			since = at
		}
	}
	return since
}

func distance(a, b int) int { return max(a-b, b-a) }
