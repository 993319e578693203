package clean

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/beamline-go/beamline/internal/dates"
)

// spreadsheets undoes what a spreadsheet program does to cells that it takes for
// dates: a range such as 10-12 that became 12-Oct, a name such as MARCH1 that
// became 1-Mar, a date that became the number of its day. Seconds since 1970 among
// dates are of the same kind.
var spreadsheets = cellRule("spreadsheet", learnSpreadsheets, func(s accidents) (Repair, error) {
	var lead dates.Layout
	if s.Layout != "" {
		var err error
		if lead, err = dates.Named(s.Layout); err != nil {
			return nil, err
		}
	}
	write := writer(lead, s.Bare)
	sure := precisionOf("spreadsheet")
	return func(cell string) (string, float64, bool) {
		switch {
		case s.Ranges:
			if m := dayMonth.FindStringSubmatch(cell); m != nil {
				return strconv.Itoa(monthNumber(m[2])) + "-" + strings.TrimLeft(m[1], "0"), sure, true
			}
			if m := monthYear.FindStringSubmatch(cell); m != nil {
				return strconv.Itoa(monthNumber(m[1])) + "-" + m[2], sure, true
			}
		case s.Genes:
			if m := dayMonth.FindStringSubmatch(cell); m != nil {
				if name := geneMonths[strings.ToLower(m[2])]; name != "" {
					return name + strings.TrimLeft(m[1], "0"), sure, true
				}
			}
		case s.Layout != "":
			if day, ok := serialDay(cell); ok && !lead.HasTime() && s.near(day) {
				return write(day), sure, true
			}
			if at, ok := s.epoch(cell); ok && (lead.HasTime() || at.Equal(at.Truncate(24*time.Hour))) {
				return write(at), sure, true
			}
		}
		return "", 0, false
	}, nil
})

// accidents are what may have happened in a column.
type accidents struct {
	Ranges bool   `json:"ranges,omitempty"`
	Genes  bool   `json:"genes,omitempty"`
	Layout string `json:"layout,omitempty"` // of the dates of which some are numbers
	// First and Last are the dates of the column, in seconds since 1970.
	First int64 `json:"first,omitempty"`
	Last  int64 `json:"last,omitempty"`
	Bare  bool  `json:"bare,omitempty"` // days and months below ten have one digit
}

var (
	dayMonth   = regexp.MustCompile(`^([0-9]{1,2})-([A-Za-z]{3})$`)
	monthYear  = regexp.MustCompile(`^([A-Za-z]{3})-([0-9]{2})$`)
	pageRange  = regexp.MustCompile(`^[A-Za-z]?[0-9]{1,6}[-–][A-Za-z]?[0-9]{1,6}$`)
	geneName   = regexp.MustCompile(`^[A-Z]{2,8}[0-9]{1,3}[A-Z]?$`)
	geneMonths = map[string]string{"mar": "MARCH", "sep": "SEPT", "dec": "DEC"}
)

const accidentShare = 0.5 // cells that must be of the kind that accidents happen to

func learnSpreadsheets(c *Column) *accidents {
	if c.Type.Temporal() {
		if len(c.Layouts) == 0 {
			return nil
		}
		s := &accidents{Layout: c.Layouts[0]}
		s.First, s.Last = c.span()
		if lead, err := dates.Named(c.Layouts[0]); err == nil {
			s.Bare = c.bare(lead)
		}
		return s
	}
	if c.Type.Numeric() {
		return nil
	}
	switch {
	case c.share(pageRange.MatchString) >= accidentShare:
		return &accidents{Ranges: true}
	case c.share(geneName.MatchString) >= accidentShare:
		return &accidents{Genes: true}
	}
	return nil
}

func monthNumber(name string) int {
	t, err := time.Parse("Jan", title(strings.ToLower(name)))
	if err != nil {
		return 0
	}
	return int(t.Month())
}

// span is the first and the last date of a column, in seconds since 1970.
func (c *Column) span() (first, last int64) {
	first, last = math.MaxInt64, math.MinInt64
	for v := range c.Present() {
		if r, n := dates.Readings(v.Text); n == 1 {
			first, last = min(first, r[0].Time.Unix()), max(last, r[0].Time.Unix())
		}
	}
	if first > last {
		return 0, 0
	}
	return first, last
}

// epoch reads seconds since 1970, or thousandths of them, that lie between the
// dates of the column.
func (s accidents) epoch(cell string) (time.Time, bool) {
	if len(cell) != 10 && len(cell) != 13 {
		return time.Time{}, false
	}
	n, err := strconv.ParseInt(cell, 10, 64)
	if err != nil {
		return time.Time{}, false
	}
	at := time.Unix(n, 0)
	if len(cell) == 13 {
		at = time.UnixMilli(n)
	}
	return at.UTC(), s.First <= at.Unix() && at.Unix() <= s.Last
}

// near reports whether a day is among the dates of the column, or within a year of them.
func (s accidents) near(day time.Time) bool {
	const year = 366 * 24 * 3600
	return s.First == 0 && s.Last == 0 || s.First-year <= day.Unix() && day.Unix() <= s.Last+year
}

// serialDay reads the number of a day since 1899-12-30, as spreadsheets count,
// from 1954 to 2064.
func serialDay(cell string) (time.Time, bool) {
	if len(cell) != 5 {
		return time.Time{}, false
	}
	n, err := strconv.Atoi(cell)
	if err != nil || n < 20000 || n > 60000 {
		return time.Time{}, false
	}
	return time.Date(1899, 12, 30+n, 0, 0, 0, 0, time.UTC), true
}
