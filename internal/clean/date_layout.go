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
	Proofs  []int64  `json:"proofs"`  // the dates of each of them that can be read in one way
	// First and Last are the years of the dates that have all four digits; 0 where
	// there are none.
	First int `json:"first,omitempty"`
	Last  int `json:"last,omitempty"`
	// Bare says that days and months below ten have one digit.
	Bare bool `json:"bare,omitempty"`
}

const (
	// leadingShare is the share of a column's dates that the leading layout reads.
	leadingShare = 0.5
)

func learnDates(c *Column) *layouts {
	if !c.Type.Temporal() {
		return nil
	}
	read, sole := map[dates.Layout]dates.Seen{}, map[dates.Layout]int64{}
	n := int64(0)
	for v := range c.Present() {
		r, k := dates.Readings(v.Text)
		for _, reading := range r[:k] {
			seen := read[reading.Layout]
			seen.Add(reading.Time, int64(v.Count))
			read[reading.Layout] = seen
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
	for _, name := range s.Proven {
		l, _ := dates.Named(name) // a name that a layout has just given
		s.Proofs = append(s.Proofs, sole[l])
	}
	s.First, s.Last = c.years()
	s.Bare = c.bare(chosen[0])
	return s
}

// bare reports whether most of the dates in a layout have no zeros before days and months
// below ten.
func (c *Column) bare(l dates.Layout) bool {
	n := 0
	for v := range c.Present() {
		t, ok := l.Parse(v.Text)
		if !ok {
			continue
		}
		switch with, without := l.Format(t), l.FormatBare(t); {
		case with == without:
		case v.Text == without:
			n += v.Count
		case v.Text == with:
			n -= v.Count
		}
	}
	return n > 0
}

// writer writes times in a layout.
func writer(l dates.Layout, bare bool) func(time.Time) string {
	if bare {
		return l.FormatBare
	}
	return l.Format
}

// years are the first and the last year of the dates with four digits.
func (c *Column) years() (first, last int) {
	for v := range c.Present() {
		r, n := dates.Readings(v.Text)
		if n == 0 || r[0].Layout.Year2 {
			continue
		}
		y := r[0].Time.Year()
		if first == 0 || y < first {
			first = y
		}
		last = max(last, y)
	}
	return first, last
}

// says reports whether a date that is written in the leading layout says what it
// said before: the clock with all its digits, the zone, the century, and nothing
// that is made up.
func (s layouts) says(lead dates.Layout, r dates.Reading) bool {
	if r.Layout.Zone != lead.Zone && (lead.HasTime() || r.Layout.HasTime()) || lead.Clock > r.Layout.Clock {
		return false
	}
	if back, ok := lead.Parse(lead.Format(r.Time)); !ok || !back.Equal(r.Time) {
		return false
	}
	year := r.Time.Year()
	return !r.Layout.Year2 || lead.Year2 || s.First <= year && year <= s.Last && s.Last-s.First < 100
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
	write := writer(lead, s.Bare)
	return func(cell string) (string, float64, bool) {
		r, n := dates.Readings(cell)
		if n == 0 || lead.Reads(cell) {
			return "", 0, false
		}
		reading, ok := only(r[:n], proven)
		if !ok || !s.says(lead, reading) {
			return "", 0, false // day and month can't be told apart, or something would be lost or made up
		}
		return write(reading.Time), s.sure(reading.Layout, n), true
	}, nil
}

// sure is how sure the reading of a date of n readings in a layout is: as sure as the dates of
// the column that can be read in this layout alone make it, of which none speaks against it
// (Laplace's rule of succession).
func (s layouts) sure(l dates.Layout, n int) float64 {
	if n == 1 {
		return 1
	}
	proofs := int64(0)
	if i := slices.Index(s.Proven, l.String()); i >= 0 && i < len(s.Proofs) {
		proofs = s.Proofs[i]
	}
	return thousandths(float64(proofs+1) / float64(proofs+2))
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

// doubts are dates that are not written in the leading layout.
func (s layouts) doubts(c *Column) (out []doubt) {
	if len(s.Layouts) == 0 {
		return nil
	}
	lead, err := dates.Named(s.Layouts[0])
	if err != nil {
		return nil
	}
	unsure := doubt{Column: c.Name, Kind: DoubtDate, Why: "day and month can't be told apart, or the time of day would be lost", Do: "say which it is in the data, or clean.labels"}
	none := doubt{Column: c.Name, Kind: DoubtDate, Why: "it is no date", Do: "map it, or list it under data.missing"}
	for v := range c.Present() {
		if _, ok := lead.Parse(v.Text); ok {
			continue
		}
		d := &unsure
		if _, n := dates.Readings(v.Text); n == 0 {
			d = &none
		}
		d.Cells += v.Count
		if d.Example == "" {
			d.Example = v.Text
		}
	}
	for _, d := range []doubt{unsure, none} {
		if d.Cells > 0 {
			out = append(out, d)
		}
	}
	return out
}
