package dates

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"time"
)

// String writes the layout in the notation of schema files: YYYY-MM-DD,
// DD/MM/YY hh:mm, Month D, YYYY, DD. Month YYYY (de).
func (l Layout) String() string {
	year, month, day := "YYYY", "MM", "DD"
	if l.Year2 {
		year = "YY"
	}
	if l.Month > 0 {
		month = []string{"", "Mon", "Month"}[l.Month]
	}
	s := l.arranged(year, month, day) + l.clock()
	if l.Sep == logged {
		s = month + " " + day + l.clock() + " " + year
	}
	s = l.weekday("Wkd", "Weekday") + s
	if l.Tongue != English {
		s += " (" + tongueCodes[l.Tongue] + ")"
	}
	return s
}

func (l Layout) clock() string {
	if l.Clock == 0 {
		return ""
	}
	s := " "
	if l.T {
		s = "T"
	}
	s += []string{"", "hh:mm", "hh:mm:ss", "hh:mm:ss.f"}[l.Clock]
	if l.Half {
		s += " am"
	}
	return s + []string{"", "Z", "+hh:mm"}[l.Zone]
}

// arranged puts the parts of a date in their order.
func (l Layout) arranged(year, month, day string) string {
	sep, next := string(rune(l.Sep)), string(rune(l.Sep))
	switch l.Sep {
	case dotted:
		sep, next = ". ", " "
	case linked:
		sep, next = " de ", " de "
	case compact:
		sep, next = "", ""
	case spoken, mailed:
		sep, next = " ", " "
	}
	switch {
	case l.Order == YMD:
		return year + sep + month + next + day
	case l.Order == DMY:
		return day + sep + month + next + year
	case l.Month > 0 && (l.Sep == ' ' || l.Sep == spoken):
		return month + " " + day + ", " + year
	}
	return month + sep + day + next + year
}

// Named reads what String writes.
func Named(s string) (Layout, error) {
	if l, ok := byName()[s]; ok {
		return l, nil
	}
	return Layout{}, fmt.Errorf("dates: unknown layout %q; for example YYYY-MM-DD, DD/MM/YYYY, Mon DD, YYYY, YYYY-MM-DDThh:mm:ssZ", s)
}

var byName = sync.OnceValue(func() map[string]Layout {
	out := map[string]Layout{}
	for _, l := range all() {
		if _, ok := out[l.String()]; !ok {
			out[l.String()] = l
		}
	}
	return out
})

// all lists every layout that split can find.
func all() []Layout {
	var out []Layout
	add := func(l Layout) {
		for clock := range uint8(4) {
			for flags := range 8 {
				for zone := range uint8(3) {
					l.Clock, l.Zone = clock, zone
					l.Year2, l.T, l.Half = flags&1 > 0, flags&2 > 0, flags&4 > 0
					out = append(out, l)
				}
			}
		}
	}
	for _, order := range []Order{YMD, DMY, MDY} {
		for _, sep := range []byte("-/. ") {
			add(Layout{Order: order, Sep: sep})
			for tongue := range tongues {
				add(Layout{Order: order, Sep: sep, Month: 1, Tongue: tongue})
				add(Layout{Order: order, Sep: sep, Month: 2, Tongue: tongue})
			}
		}
	}
	add(Layout{Order: YMD, Sep: compact})
	for month := uint8(1); month <= 2; month++ {
		add(Layout{Order: MDY, Sep: spoken, Month: month})
		add(Layout{Order: DMY, Sep: mailed, Month: month})
		add(Layout{Order: MDY, Sep: logged, Month: month})
	}
	for tongue := range tongues {
		for _, sep := range []byte{dotted, linked} {
			add(Layout{Order: DMY, Sep: sep, Month: 1, Tongue: tongue})
			add(Layout{Order: DMY, Sep: sep, Month: 2, Tongue: tongue})
		}
	}
	return out
}

// Format writes t in layout l. The offset of a zone is always +00:00.
func (l Layout) Format(t time.Time) string { return l.format(t, "01", "02") }

// FormatBare writes t as Format does, with days and months below ten in one digit.
func (l Layout) FormatBare(t time.Time) string { return l.format(t, "1", "2") }

func (l Layout) format(t time.Time, month, day string) string {
	year := "2006"
	if l.Month > 0 {
		month = "\x00" // put in behind, since it may look like a layout of its own
	}
	if l.Year2 {
		year = "06"
	}
	s := l.arranged(year, month, day)
	if l.Sep == logged {
		s = month + " " + day
	}
	if l.Clock > 0 {
		hour, tail := "15", ""
		if l.Half {
			hour, tail = "03", " pm"
		}
		between := " "
		if l.T {
			between = "T"
		}
		fraction := ":04:05.000000"
		if t.Nanosecond()%1000 != 0 {
			fraction += "000"
		}
		s += between + hour + []string{"", ":04", ":04:05", fraction}[l.Clock] + tail
	}
	s += []string{"", "Z", "-07:00"}[l.Zone]
	if l.Sep == logged {
		s = strings.Replace(s, "-07:00", " -0700", 1) + " " + year
	}
	s = t.Format(l.weekday("Mon", "Monday") + s)
	if l.Month > 0 {
		s = strings.Replace(s, month, monthStyles[l.Month][l.Tongue][t.Month()-1], 1)
	}
	return s
}

// NamedAll is Named for several names.
func NamedAll(names []string) ([]Layout, error) {
	layouts := make([]Layout, len(names))
	for i, name := range names {
		var err error
		if layouts[i], err = Named(name); err != nil {
			return nil, err
		}
	}
	return layouts, nil
}

// Seen is how many cells have a reading in a layout.
type Seen struct {
	Cells  int64  `json:"cells"`
	Firsts int64  `json:"firsts"` // of them, which are the first of a month
	Months uint16 `json:"months"` // in which they are, a bit each
}

// Add counts n cells of a time.
func (s *Seen) Add(t time.Time, n int64) {
	s.Cells += n
	_, month, day := t.Date()
	if day == 1 {
		s.Firsts += n
	}
	s.Months |= 1 << month
}

// Merge adds what was seen elsewhere.
func (s *Seen) Merge(o Seen) {
	s.Cells += o.Cells
	s.Firsts += o.Firsts
	s.Months |= o.Months
}

// fewestMonths is from how many different months on dates are a series of months.
const fewestMonths = 6

// Choose orders the layouts of a column, the one that reads the most cells
// first: counts holds how many cells have a reading in each. A layout whose
// cells are all read by layouts before it is left out: where every 03/04/2021
// is also read day first, and only day first reads 13/04/2021, month first is
// not a layout of the column. Nor is one in which only the names of the months are
// others, as far as some names are alike. Of two equal ones that differ only in the order
// of day and month, the one in which all dates are the first of a month is taken, since
// days that end with the twelfth are rarer than months, or else the first of the Order
// constants.
func Choose(counts map[Layout]Seen) []Layout {
	layouts := make([]Layout, 0, len(counts))
	for l := range counts {
		layouts = append(layouts, l)
	}
	daily := func(l Layout) int {
		if s := counts[l]; bits.OnesCount16(s.Months) >= fewestMonths && s.Firsts == s.Cells {
			return 0
		}
		return 1
	}
	slices.SortFunc(layouts, func(a, b Layout) int {
		return cmp.Or(cmp.Compare(counts[b].Cells, counts[a].Cells), cmp.Compare(daily(a), daily(b)), cmp.Compare(a.Order, b.Order), strings.Compare(a.String(), b.String()))
	})
	var out []Layout
	for _, l := range layouts {
		if !slices.ContainsFunc(out, l.Mirrors) && !slices.ContainsFunc(out, func(m Layout) bool { return l.akin(m, 2*counts[l].Cells <= counts[m].Cells) }) {
			out = append(out, l)
		}
	}
	return out
}

// akin reports whether m is l in another language, since names of several are
// alike, or, of few cells, with short names, since May is one that is spelled out.
func (l Layout) akin(m Layout, few bool) bool {
	m.Tongue = l.Tongue
	if few && l.Month > 0 && m.Month > 0 {
		m.Month = l.Month
	}
	return l == m
}

// Mirrors reports whether m is l with day and month exchanged.
func (l Layout) Mirrors(m Layout) bool {
	if l.Month > 0 || l.Order == YMD || m.Order == YMD || l.Order == m.Order {
		return false
	}
	m.Order = l.Order
	return l == m
}
