package clean

import (
	"slices"

	"github.com/beamline-go/beamline/internal/dates"
	"github.com/beamline-go/beamline/internal/profile"
	"github.com/beamline-go/beamline/table"
)

// dateLayout writes dates in the layout that leads in the column, where one
// does: a column without a leading layout is left as it is. Whether a day or a
// month stands first is what the other dates of the same form prove.
type dateLayout struct{}

// leadingShare is the share of a column's dates that the leading layout reads.
const leadingShare = 0.5

// provenByOthers is the confidence in a date that could be read in two ways, of
// which the column knows one.
const provenByOthers = 0.95

func (dateLayout) Name() string { return "date" }

func (dateLayout) Learn(c *profile.Column, as table.Column) *Settings {
	if !as.Type.Temporal() || len(as.Layouts) < 2 {
		return nil
	}
	for _, l := range c.Layouts {
		if l.Layout.String() == as.Layouts[0] && float64(l.Count) >= leadingShare*float64(c.Dates) {
			return &Settings{Layouts: as.Layouts}
		}
	}
	return nil
}

func (dateLayout) Compile(s Settings) (Repair, error) {
	layouts := make([]dates.Layout, len(s.Layouts))
	for i, name := range s.Layouts {
		l, err := dates.Named(name)
		if err != nil {
			return nil, err
		}
		layouts[i] = l
	}
	lead := layouts[0]
	return func(cell string) (string, float64, bool) {
		r, n := dates.Readings(cell)
		if n == 0 {
			return "", 0, false
		}
		for i := range r[:n] {
			if r[i].Layout == lead {
				return "", 0, false
			}
		}
		reading, ok := only(r[:n], layouts)
		if !ok || reading.Layout.HasTime() != lead.HasTime() {
			return "", 0, false // day and month can't be told apart, or the clock would be lost
		}
		if n > 1 {
			return lead.Format(reading.Time), provenByOthers, true
		}
		return lead.Format(reading.Time), 1, true
	}, nil
}

// only returns the one reading there is, or the only one in a layout that the
// column has.
func only(readings []dates.Reading, layouts []dates.Layout) (dates.Reading, bool) {
	if len(readings) == 1 {
		return readings[0], true
	}
	known := slices.DeleteFunc(slices.Clone(readings), func(r dates.Reading) bool { return !slices.Contains(layouts, r.Layout) })
	if len(known) != 1 {
		return dates.Reading{}, false
	}
	return known[0], true
}
