package clean

import (
	"slices"
	"time"

	"github.com/beamline-go/beamline/internal/dates"
)

// dateLayout writes dates in the layout that leads in the column, where one
// does: a column without a leading layout is left as it is. Whether a day or a
// month stands first is what the other dates of the same form prove.
var dateLayout = cellRule("date", learnDates, compileDates)

// layouts are those of a column's dates.
type layouts struct {
	Layouts []string `json:"layouts"` // the leading one first
	Proven  []string `json:"proven"`  // those whose order of day and month is
}

const (
	// leadingShare is the share of a column's dates that the leading layout reads.
	leadingShare = 0.5
	// provenByOthers is the confidence in a date that could be read in two ways, of
	// which the column knows one.
	provenByOthers = 0.95
)

func learnDates(c *Column) *layouts {
	if !c.Type.Temporal() {
		return nil
	}
	read, sole := map[dates.Layout]int64{}, map[dates.Layout]int64{}
	n := int64(0)
	for v := range c.Present() {
		r, k := dates.Readings(v.Text)
		for _, reading := range r[:k] {
			read[reading.Layout] += int64(v.Count)
			if k == 1 {
				sole[reading.Layout] += int64(v.Count)
			}
		}
		if k > 0 {
			n += int64(v.Count)
		}
	}
	chosen := dates.Choose(read)
	if len(chosen) == 0 || c.share(chosen[0].Reads)*float64(c.Filled()) < leadingShare*float64(n) {
		return nil
	}
	s := &layouts{}
	for _, l := range chosen {
		s.Layouts = append(s.Layouts, l.String())
	}
	for l := range read {
		if sole[l] == 0 {
			continue
		}
		rivals := 0
		for m, k := range sole {
			if k > 0 && l.Mirrors(m) {
				rivals++
			}
		}
		if rivals == 0 {
			s.Proven = append(s.Proven, l.String())
		}
	}
	slices.Sort(s.Proven)
	return s
}

func compileDates(s layouts) (Repair, error) {
	layouts, err := dates.NamedAll(s.Layouts)
	if err != nil {
		return nil, err
	}
	proven, err := dates.NamedAll(s.Proven)
	if err != nil {
		return nil, err
	}
	lead := layouts[0]
	return func(cell string) (string, float64, bool) {
		r, n := dates.Readings(cell)
		if n == 0 || lead.Reads(cell) {
			return "", 0, false
		}
		reading, ok := only(r[:n], proven)
		if !ok || lead.HasTime() && !reading.Layout.HasTime() {
			return "", 0, false // day and month can't be told apart, or the clock is not known
		}
		if !lead.HasTime() && reading.Layout.HasTime() && !reading.Time.Equal(reading.Time.Truncate(24*time.Hour)) {
			return "", 0, false // the clock would be lost
		}
		if n > 1 {
			return lead.Format(reading.Time), provenByOthers, true
		}
		return lead.Format(reading.Time), 1, true
	}, nil
}

// only returns the one reading there is, or the only one in a layout that is
// proven.
func only(readings []dates.Reading, proven []dates.Layout) (dates.Reading, bool) {
	if len(readings) == 1 {
		return readings[0], true
	}
	var found dates.Reading
	n := 0
	for _, r := range readings {
		if slices.Contains(proven, r.Layout) {
			found = r
			n++
		}
	}
	return found, n == 1
}
