package clean

import (
	"fmt"
	"slices"
	"testing"

	"github.com/beamline-go/beamline/internal/profile"
)

// TestFormThatIsMeaning holds columns in which what looks like another form of a
// value is another value: no cell may change.
func TestFormThatIsMeaning(t *testing.T) {
	repeat := func(n int, cells ...string) (out []string) {
		for i := range n {
			out = append(out, cells[i%len(cells)])
		}
		return out
	}
	numbered := func(n int, form string, more ...string) []string {
		var out []string
		for i := range n {
			out = append(out, fmt.Sprintf(form, 11+7*i%80))
		}
		return append(out, more...)
	}
	for name, cells := range map[string][]string{
		"accents":              append(repeat(100, "pâte", "côte"), "pâté", "pâté", "coté"),
		"grades":               append(repeat(200, "A", "B", "C"), repeat(40, "A-", "B-", "C+")...),
		"languages":            append(repeat(100, "C", "F", "Java"), repeat(9, "C#", "F#")...),
		"blood":                append(repeat(200, "A+", "O+", "B+"), repeat(30, "A-", "O-", "B-")...),
		"genotypes":            append(repeat(200, "AA", "AA", "AA", "AA"), repeat(40, "Aa", "aa")...),
		"chemistry":            append(repeat(200, "CO", "NO", "CO"), repeat(20, "Co", "No")...),
		"negative percents":    append(repeat(60, "3%", "12%", "7%"), "-3%", "-12%", "-7%"),
		"negative euros":       append(repeat(90, "3 EUR", "12 EUR", "7 EUR"), "-3 EUR", "-12 EUR", "-7 EUR"),
		"credits":              append(numbered(90, "%d.50"), numbered(9, "%d.50 CR")...),
		"years before Christ":  append(numbered(90, "7%d"), numbered(20, "7%d BC")...),
		"degrees south":        append(numbered(90, "%d.12"), numbered(20, "%d.12 S")...),
		"house numbers":        append(numbered(90, "%d"), "91 bis", "12A", "14 bis", "33B"),
		"pounds in kilograms":  append(numbered(90, "%d"), numbered(9, "1%d lbs")...),
		"months among years":   append(numbered(190, "%d"), "7 months", "5 months", "8 months"),
		"qualified":            append(numbered(190, "%d"), "≥68", "less than 5", "under 10", "ca. 44", "after 12"),
		"decades":              append(numbered(90, "18%d"), "1850s", "1860s", "1870s", "1880s"),
		"three currencies":     repeat(90, "$542", "€932", "£17"),
		"addresses of a net":   repeat(60, "10.0.97.2", "10.0.9.72", "10.12.1.45", "10.1.21.45"),
		"numbers of employers": append(numbered(60, "445-48-12%d"), "44-5481261", "44-5481262"),
		"dockets":              append(numbered(80, "28-682%d"), numbered(20, "286-82%d")...),
		"books":                append(numbered(80, "0-191-089%d-4"), numbered(20, "0-19-1089%d-4")...),
		"lists of codes":       append(repeat(60, "281", "315", "234"), repeat(8, "281,315", "234,333,281", "315,234")...),
		"minor units":          append(repeat(240, "2", "0", "3"), repeat(8, "2,2", "2,4")...),
		"clocks with seconds":  append(repeat(60, "2024-05-25 07:19", "2024-05-26 08:20"), "2024-05-25 07:19:37", "2024-06-25 05:03:12"),
		"zones":                append(repeat(60, "2024-05-25 07:19:00", "2024-05-26 08:20:00"), "2024-04-07 06:15:00+02:00"),
		"births":               append(repeat(60, "23/12/1952", "14/02/1961", "30/11/1985"), "24/12/46", "27/07/41"),
		"two-digit years":      append(repeat(60, "23/12/85", "14/02/91", "30/11/99"), "23/12/1952", "27/07/1941"),
		"a company":            append(repeat(90, "Germany", "France", "Spain"), "S.A.", "S.A."),
		"words for letters":    append(repeat(90, "M", "S", "D"), "Married", "Separated"),
		"countries":            append(repeat(90, "Zambia", "Kenya", "Ghana"), "Gambia"),
	} {
		t.Run(name, func(t *testing.T) {
			var rows [][]string
			for i, c := range cells {
				rows = append(rows, []string{fmt.Sprint(i), c, fmt.Sprint(i * 7919 % 9973)})
			}
			cleaner := learned(t, tableOf([]string{"id", "c", "v"}, rows, profile.Reading{}), Options{})
			for _, r := range rows {
				if got, edits := cleaned(cleaner, r); !slices.Equal(got, r) {
					t.Fatalf("%q becomes %q: %+v", r, got, edits)
				}
			}
		})
	}
}

// TestFormThatIsNone holds columns in which another form says the same.
func TestFormThatIsNone(t *testing.T) {
	var columns = map[string]struct {
		cells, want []string
	}{
		"a minus behind":        {[]string{"923.50-", "12.25"}, []string{"-923.50", "12.25"}},
		"a minus of Unicode":    {[]string{"−21", "33"}, []string{"-21", "33"}},
		"a dash":                {[]string{"–50.5", "3.5"}, []string{"-50.5", "3.5"}},
		"points for thousands":  {[]string{"2.730.819", "1.448.808"}, []string{"2730819", "1448808"}},
		"a bookkeeper's minus":  {[]string{"(1,234)", "5,678"}, []string{"-1234", "5678"}},
		"thousands of a dollar": {[]string{"$1,234", "$5,678"}, []string{"$1,234", "$5,678"}},
	}
	for name, c := range columns {
		t.Run(name, func(t *testing.T) {
			var rows [][]string
			for i := range 60 {
				rows = append(rows, []string{fmt.Sprint(i), c.cells[i%len(c.cells)]})
			}
			cleaner := learned(t, tableOf([]string{"id", "c"}, rows, profile.Reading{}), Options{})
			for i, r := range rows {
				if got, _ := cleaned(cleaner, r); got[1] != c.want[i%len(c.want)] {
					t.Fatalf("%q becomes %q, want %q", r[1], got[1], c.want[i%len(c.want)])
				}
			}
		})
	}
}

// TestSwapsThatAreNone holds two columns that say the same kind of thing.
func TestSwapsThatAreNone(t *testing.T) {
	for name, values := range map[string][2][]string{
		"flights":   {{"LAX", "SFO", "OAK"}, {"EWR", "JFK", "LGA"}},
		"answers":   {{"Yes"}, {"No"}},
		"languages": {{"de", "fr"}, {"en"}},
	} {
		var rows [][]string
		for i := range 300 {
			a, b := values[0][i%len(values[0])], values[1][i%len(values[1])]
			if i%40 == 7 {
				a, b = b, a
			}
			rows = append(rows, []string{fmt.Sprint(i), a, b})
		}
		cleaner := learned(t, tableOf([]string{"id", "a", "b"}, rows, profile.Reading{}), Options{})
		for _, r := range rows {
			if got, edits := cleaned(cleaner, r); !slices.Equal(got, r) {
				t.Fatalf("%s: %q becomes %q: %+v", name, r, got, edits)
			}
		}
	}
}

// TestScale brings numbers back that are a thousand times too large, and leaves those
// of another measure.
func TestScale(t *testing.T) {
	var rows, other [][]string
	for i := range 300 {
		kg := fmt.Sprintf("%d.%d", 50+i%40, i%10)
		if i%30 == 3 {
			kg = fmt.Sprintf("%d%d00", 50+i%40, i%10)
		}
		rows = append(rows, []string{fmt.Sprint(i), "weight", kg})
		measure := "weight"
		if i%30 == 3 {
			measure = "income"
		}
		other = append(other, []string{fmt.Sprint(i), measure, kg})
	}
	cleaner := learned(t, tableOf([]string{"id", "measure", "kg"}, rows, profile.Reading{}), Options{})
	if got, _ := cleaned(cleaner, rows[33]); got[2] != "83.3" {
		t.Errorf("%q becomes %q", rows[33][2], got[2])
	}
	cleaner = learned(t, tableOf([]string{"id", "measure", "kg"}, other, profile.Reading{}), Options{})
	if got, edits := cleaned(cleaner, other[33]); !slices.Equal(got, other[33]) {
		t.Errorf("%q becomes %q: %+v", other[33], got, edits)
	}
}
