package dates

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// String writes the layout in the notation of schema files: YYYY-MM-DD,
// DD/MM/YY hh:mm, Month D, YYYY.
func (l Layout) String() string {
	year, month, day := "YYYY", "MM", "DD"
	if l.Year2 {
		year = "YY"
	}
	if l.Month > 0 {
		month = []string{"", "Mon", "Month"}[l.Month]
	}
	sep := string(rune(l.Sep))
	var s string
	switch {
	case l.Order == YMD:
		s = year + sep + month + sep + day
	case l.Order == DMY:
		s = day + sep + month + sep + year
	case l.Month > 0 && l.Sep == ' ':
		s = month + " " + day + ", " + year
	default:
		s = month + sep + day + sep + year
	}
	if l.Clock == 0 {
		return s
	}
	between := " "
	if l.T {
		between = "T"
	}
	s += between + []string{"", "hh:mm", "hh:mm:ss", "hh:mm:ss.f"}[l.Clock]
	if l.Half {
		s += " am"
	}
	return s + []string{"", "Z", "+hh:mm"}[l.Zone]
}

// Named reads what String writes.
func Named(s string) (Layout, error) {
	for _, l := range all() {
		if l.String() == s {
			return l, nil
		}
	}
	return Layout{}, fmt.Errorf("dates: unknown layout %q; for example YYYY-MM-DD, DD/MM/YYYY, Mon DD, YYYY, YYYY-MM-DDThh:mm:ssZ", s)
}

// all lists every layout that split can find.
func all() []Layout {
	var out []Layout
	for _, order := range []Order{YMD, DMY, MDY} {
		for _, sep := range []byte("-/. ") {
			for month := range uint8(3) {
				for clock := range uint8(4) {
					for flags := range 8 {
						for zone := range uint8(3) {
							out = append(out, Layout{Order: order, Sep: sep, Month: month, Clock: clock,
								Year2: flags&1 > 0, T: flags&2 > 0, Half: flags&4 > 0, Zone: zone})
						}
					}
				}
			}
		}
	}
	return out
}

// Format writes t in layout l. The offset of a zone is always +00:00.
func (l Layout) Format(t time.Time) string {
	names := []string{"01", "Jan", "January"}
	year, month := "2006", names[l.Month]
	if l.Year2 {
		year = "06"
	}
	sep := string(rune(l.Sep))
	parts := []string{"02", month, year}
	switch {
	case l.Order == YMD:
		parts = []string{year, month, "02"}
	case l.Order == MDY:
		parts = []string{month, "02", year}
	}
	s := strings.Join(parts, sep)
	if l.Order == MDY && l.Month > 0 && l.Sep == ' ' {
		s = month + " 02, " + year
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
	return t.Format(s + []string{"", "Z", "-07:00"}[l.Zone])
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

// Choose orders the layouts of a column, the one that reads the most cells
// first: counts holds how many cells have a reading in each. A layout whose
// cells are all read by layouts before it is left out: where every 03/04/2021
// is also read day first, and only day first reads 13/04/2021, month first is
// not a layout of the column. Of two equal ones that differ only in the order
// of day and month, the first of the Order constants is taken.
func Choose(counts map[Layout]int64) []Layout {
	layouts := make([]Layout, 0, len(counts))
	for l := range counts {
		layouts = append(layouts, l)
	}
	slices.SortFunc(layouts, func(a, b Layout) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a.Order, b.Order), strings.Compare(a.String(), b.String()))
	})
	var out []Layout
	for _, l := range layouts {
		if !slices.ContainsFunc(out, l.Mirrors) {
			out = append(out, l)
		}
	}
	return out
}

// Mirrors reports whether m is l with day and month exchanged.
func (l Layout) Mirrors(m Layout) bool {
	if l.Month > 0 || l.Order == YMD || m.Order == YMD || l.Order == m.Order {
		return false
	}
	m.Order = l.Order
	return l == m
}
