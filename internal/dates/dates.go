// Package dates reads the dates and times that tables hold, and says in which
// layout each is written.
//
// A text such as 03/04/2021 has two readings. Guess gives all of them; which
// layout a column uses is decided by the column's evidence (see Choose), and
// from then on Layout.Parse reads its cells.
package dates

import (
	"slices"
	"strings"
	"time"
)

// Order is the order of day, month and year.
type Order uint8

// The orders.
const (
	YMD Order = iota
	DMY
	MDY
)

// Layout is one way to write a date, with or without a time. Layouts are
// comparable, and String gives a notation that Named reads.
type Layout struct {
	Order Order
	Sep   byte  // between the parts: '-', '/', '.', ' ', dotted or linked
	Month uint8 // 0 a number, 1 a short name, 2 a full name
	Year2 bool  // two digits of the year: 69 to 99 are the 1900s (POSIX)
	Clock uint8 // 0 none, 1 hours and minutes, 2 with seconds, 3 with a fraction
	T     bool  // a T instead of a space before the clock
	Half  bool  // a clock of twelve hours with am or pm
	Zone  uint8 // 0 none, 1 a Z, 2 an offset
	Tongue
}

// Ways in which days and named months are written apart.
const (
	dotted  = 'd' // 3. März 2021
	linked  = 'l' // 3 de marzo de 2021
	compact = 'c' // 20210303
	spoken  = 'w' // Wednesday, March 3, 2021
	mailed  = 'm' // Wed, 3 Mar 2021 (RFC 5322)
	logged  = 'u' // Wed Mar 3 21:34:00 2021, of ctime in C, or with +0000 before the year
)

// HasTime reports whether the layout has a clock.
func (l Layout) HasTime() bool { return l.Clock > 0 }

// parts is a text taken apart: three date parts in the order of the text.
type parts struct {
	n      [3]int
	width  [3]int
	month  int     // which part is a month's name, or -1
	names  []named // what it may be; layout has the first
	nth    bool    // the day is an ordinal
	layout Layout
	ns     int64 // of the day
	offset int   // minutes east of UTC
}

// MaxLength bounds the texts that are looked at.
const MaxLength = 40

// Reading is a text as a point in time, in one layout.
type Reading struct {
	Layout Layout
	Time   time.Time // UTC
}

// Readings returns the readings of s as a date, n of them: none, one, or two
// where day and month can't be told apart.
func Readings(s string) (r [2]Reading, n int) {
	var ok bool
	if r[0], ok = iso(s); ok {
		return r, 1
	}
	return readings(s)
}

func readings(s string) (r [2]Reading, n int) {
	if reading, ok := spelled(s); ok {
		r[0] = reading
		return r, 1
	}
	p, ok := split(s)
	if !ok {
		return r, 0
	}
	layouts, k := p.layouts()
	for _, l := range layouts[:k] {
		if t, ok := p.time(l); ok {
			r[n] = Reading{l, t}
			n++
		}
	}
	return r, n
}

// iso reads the layouts that most tables have, 2021-03-04, 2021-03-04 05:06:07 and the same
// with a T, at a fraction of the cost.
func iso(s string) (r Reading, ok bool) {
	if len(s) != 10 && len(s) != 19 || s[4] != '-' || s[7] != '-' {
		return r, false
	}
	century, ok1 := two(s[0:2])
	year, ok2 := two(s[2:4])
	month, ok3 := two(s[5:7])
	day, ok4 := two(s[8:10])
	year += 100 * century
	if !ok1 || !ok2 || !ok3 || !ok4 || year == 0 || month < 1 || month > 12 || day < 1 || day > daysIn(month, year) {
		return r, false
	}
	r.Layout = Layout{Order: YMD, Sep: '-'}
	if len(s) == 10 {
		r.Time = time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
		return r, true
	}
	hour, ok1 := two(s[11:13])
	minute, ok2 := two(s[14:16])
	second, ok3 := two(s[17:19])
	if s[10] != ' ' && s[10] != 'T' || s[13] != ':' || s[16] != ':' || !ok1 || !ok2 || !ok3 || hour > 23 || minute > 59 || second > 59 {
		return r, false
	}
	r.Layout.Clock, r.Layout.T = 2, s[10] == 'T'
	r.Time = time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC)
	return r, true
}

// two reads two digits.
func two(s string) (int, bool) {
	a, b := s[0]-'0', s[1]-'0'
	return 10*int(a) + int(b), a < 10 && b < 10
}

// Guess returns the layouts in which s is a date, at most two.
func Guess(s string) (found []Layout, ok bool) {
	r, n := Readings(s)
	for _, reading := range r[:n] {
		found = append(found, reading.Layout)
	}
	return found, n > 0
}

// Parse reads s in layout l, as a time in UTC.
func (l Layout) Parse(s string) (time.Time, bool) {
	switch l.Sep {
	case compact:
		return Compact(s)
	case spoken, mailed, logged:
		r, ok := spelled(s)
		return r.Time, ok && r.Layout == l
	}
	if r, ok := iso(s); ok {
		return r.Time, r.Layout == l
	}
	p, ok := split(s)
	if !ok {
		return time.Time{}, false
	}
	layouts, n := p.layouts()
	for _, have := range layouts[:n] {
		if have == l || p.fits(have, l) {
			return p.time(l)
		}
	}
	return time.Time{}, false
}

// Reads reports whether s is a date in layout l.
func (l Layout) Reads(s string) bool {
	_, ok := l.Parse(s)
	return ok
}

// fits reports whether one layout is the other when the name of the month is
// taken for another language's, or for a short name that is spelled out.
func (p *parts) fits(have, l Layout) bool {
	for _, n := range p.names {
		have.Month, have.Tongue = n.style, n.tongue
		if have == l {
			return true
		}
	}
	return false
}

// layouts returns the layouts that the parts have the shape of.
func (p *parts) layouts() (found [2]Layout, n int) {
	l := p.layout
	with := func(o Order, y2 bool) Layout {
		l.Order, l.Year2 = o, y2
		return l
	}
	last4, last2 := p.width[2] == 4, p.width[2] == 2
	switch {
	case p.width[0] == 4 && p.month != 0 && p.month != 2:
		return [2]Layout{with(YMD, false)}, 1
	case p.month == 0 && (last4 || last2):
		return [2]Layout{with(MDY, last2)}, 1
	case p.month == 1 && p.width[0] <= 2 && (last4 || last2):
		return [2]Layout{with(DMY, last2)}, 1
	case p.month < 0 && p.width[0] <= 2 && p.width[1] <= 2 && (last4 || last2 && l.Sep != ' '):
		return [2]Layout{with(DMY, last2), with(MDY, last2)}, 2
	}
	return found, 0
}

// time returns the point in time that the parts give in layout l.
func (p *parts) time(l Layout) (time.Time, bool) {
	var y, m, d int
	switch l.Order {
	case YMD:
		y, m, d = p.n[0], p.n[1], p.n[2]
	case DMY:
		d, m, y = p.n[0], p.n[1], p.n[2]
	case MDY:
		m, d, y = p.n[0], p.n[1], p.n[2]
	}
	if l.Year2 {
		y += 1900
		if y < 1969 {
			y += 100
		}
	}
	if m < 1 || m > 12 || d < 1 || y < 1 || d > daysIn(m, y) {
		return time.Time{}, false
	}
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	return t.Add(time.Duration(p.ns) - time.Duration(p.offset)*time.Minute), true
}

func daysIn(month, year int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// split takes a text apart, and reports whether it has the shape of a date.
func split(s string) (parts, bool) {
	p := parts{month: -1}
	if len(s) < 6 || len(s) > MaxLength {
		return p, false
	}
	r := reader{s: s}
	for i := range p.n {
		if i > 0 && !r.separator(&p, i) {
			return p, false
		}
		if !r.part(&p, i) {
			return p, false
		}
	}
	if p.nth && p.month < 0 {
		return p, false
	}
	if r.s == "" {
		return p, true
	}
	return p, r.clock(&p)
}

// reader eats a text from its front.
type reader struct{ s string }

func (r *reader) digits(most int) (v, n int) {
	for n < len(r.s) && n < most && r.s[n]-'0' < 10 {
		v = v*10 + int(r.s[n]-'0')
		n++
	}
	r.s = r.s[n:]
	return v, n
}

func (r *reader) part(p *parts, i int) bool {
	if p.n[i], p.width[i] = r.digits(5); p.width[i] > 0 {
		p.nth = p.nth || p.width[i] <= 2 && r.ordinal()
		return p.width[i] <= 4
	}
	n := 0
	for n < len(r.s) && n <= longestName && (r.s[n] >= 0x80 || (r.s[n]|0x20)-'a' < 26) {
		n++
	}
	if n < 3 || i == 2 || p.month >= 0 {
		return false
	}
	if p.names = namedMonths[nameKey(r.s[:n])]; len(p.names) == 0 {
		return false
	}
	p.n[i], p.month, p.layout.Month, p.layout.Tongue = p.names[0].month, i, p.names[0].style, p.names[0].tongue
	r.s = r.s[n:]
	if len(r.s) > 1 && r.s[0] == '.' && r.s[1]-'0' > 9 { // before a digit it stands between the parts
		r.s = r.s[1:]
	}
	return true
}

// ordinal eats what makes a number an ordinal: 1st, 1er, 1º.
func (r *reader) ordinal() bool {
	for _, end := range [...]string{"st", "nd", "rd", "th", "er", "º", "°"} {
		if rest, ok := strings.CutPrefix(r.s, end); ok {
			r.s = rest
			return true
		}
	}
	return false
}

// separator eats what stands between two parts; both must be alike, but for
// the comma of "May 3, 2021".
func (r *reader) separator(p *parts, i int) bool {
	if r.s == "" {
		return false
	}
	if i == 2 && p.month == 0 && strings.HasPrefix(r.s, ", ") {
		r.s = r.s[2:]
		return true
	}
	if p.layout.Sep == dotted || p.layout.Sep == linked {
		return p.month == 1 && (p.layout.Sep == dotted && r.eat(" ") || p.layout.Sep == linked && (r.eat(" de ") || r.eat(" del ")))
	}
	if i == 1 && p.month != 0 && r.s[0] == '.' && r.eat(". ") { // behind a day, as in 3. März
		p.layout.Sep = dotted
		return true
	}
	if i == 1 && r.s[0] == ' ' && r.eat(" de ") {
		p.layout.Sep = linked
		return true
	}
	c := r.s[0]
	switch c {
	case '-', '/', '.', ' ':
	default:
		return false
	}
	if i == 1 {
		p.layout.Sep = c
	}
	r.s = r.s[1:]
	return c == p.layout.Sep
}

// clock eats the time of day and the zone, to the end of the text.
func (r *reader) clock(p *parts) bool {
	switch {
	case r.s[0] == 'T' && p.layout.Sep == '-':
		p.layout.T = true
	case r.s[0] == ' ':
	default:
		return false
	}
	r.s = r.s[1:]
	h, n := r.digits(2)
	if n == 0 || !r.eat(":") {
		return false
	}
	m, n := r.digits(2)
	if n != 2 || m > 59 {
		return false
	}
	p.layout.Clock = 1
	ns := int64(m) * int64(time.Minute)
	if r.eat(":") {
		sec, n := r.digits(2)
		if n != 2 || sec > 59 {
			return false
		}
		p.layout.Clock = 2
		ns += int64(sec) * int64(time.Second)
		if r.eat(".") && !r.fraction(p, &ns) {
			return false
		}
	}
	if !r.half(p, &h) || h > 23 {
		return false
	}
	p.ns = ns + int64(h)*int64(time.Hour)
	return r.zone(p) && r.s == ""
}

func (r *reader) eat(s string) bool {
	rest, ok := strings.CutPrefix(r.s, s)
	r.s = rest
	return ok
}

func (r *reader) fraction(p *parts, ns *int64) bool {
	v, n := r.digits(9)
	if n == 0 {
		return false
	}
	for ; n < 9; n++ {
		v *= 10
	}
	*ns += int64(v)
	p.layout.Clock = 3
	return true
}

// half eats am or pm, and moves the hour.
func (r *reader) half(p *parts, h *int) bool {
	t := strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(r.s, " "), ".", ""))
	if t != "am" && t != "pm" {
		return true
	}
	if *h < 1 || *h > 12 {
		return false
	}
	p.layout.Half = true
	*h %= 12
	if t == "pm" {
		*h += 12
	}
	r.s = ""
	return true
}

func (r *reader) zone(p *parts) bool {
	if r.s == "" {
		return true
	}
	if r.eat("Z") || r.eat(" UTC") || r.eat(" GMT") {
		p.layout.Zone = 1
		return true
	}
	r.eat(" ")
	sign := 1
	switch {
	case r.eat("+"):
	case r.eat("-"):
		sign = -1
	default:
		return false
	}
	h, n := r.digits(2)
	r.eat(":")
	m, k := r.digits(2)
	p.layout.Zone, p.offset = 2, sign*(h*60+m)
	return n == 2 && (k == 2 || k == 0) && h < 24 && m < 60
}

// Read reads s in the first of a column's layouts that it has. A reading in a
// layout that the column does not know is taken when it is the only one. since is the
// first of the hundred years of which two digits may be one; 0 leaves it to Layout.
func Read(s string, layouts []Layout, since int) (time.Time, bool) {
	if slices.Contains(layouts, CompactLayout) {
		if t, ok := Compact(s); ok {
			return t, true
		}
	}
	r, n := Readings(s)
	for _, l := range layouts {
		for i := range r[:n] {
			if r[i].Layout == l {
				return r[i].Within(since)
			}
		}
	}
	if n == 1 {
		return r[0].Within(since)
	}
	for i := range r[:n] {
		if slices.ContainsFunc(layouts, func(l Layout) bool { return l.Order == r[i].Layout.Order }) {
			return r[i].Within(since)
		}
	}
	return time.Time{}, false
}
