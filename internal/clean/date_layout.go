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
	s := Settings{Layouts: as.Layouts}
	leads := false
	for _, l := range c.Layouts {
		leads = leads || l.Layout.String() == as.Layouts[0] && float64(l.Count) >= leadingShare*float64(c.Dates)
		if proven(l, c.Layouts) {
			s.Texts = append(s.Texts, l.Layout.String())
		}
	}
	if !leads {
		return nil
	}
	slices.Sort(s.Texts)
	return &s
}

// proven reports whether some dates can be read in the layout alone, and none in
// the one with day and month exchanged alone.
func proven(l profile.LayoutCount, all []profile.LayoutCount) bool {
	return l.Sole > 0 && !slices.ContainsFunc(all, func(m profile.LayoutCount) bool { return m.Sole > 0 && l.Layout.Mirrors(m.Layout) })
}

// Compile reads the layouts of the column in Layouts, the leading one first, and
// those that are proven in Texts.
func (dateLayout) Compile(s Settings) (Repair, error) {
	layouts, err := dates.NamedAll(s.Layouts)
	if err != nil {
		return nil, err
	}
	proven, err := dates.NamedAll(s.Texts)
	if err != nil {
		return nil, err
	}
	lead := layouts[0]
	return func(cell string) (string, float64, bool) {
		r, n := dates.Readings(cell)
		if n == 0 || slices.ContainsFunc(r[:n], func(r dates.Reading) bool { return r.Layout == lead }) {
			return "", 0, false
		}
		reading, ok := only(r[:n], proven)
		if !ok || reading.Layout.HasTime() != lead.HasTime() {
			return "", 0, false // day and month can't be told apart, or the clock would be lost
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
