package clean

import (
	"testing"

	"github.com/beamline-go/beamline/internal/profile"
)

// TestClosedDomain mends short slips where a column has a few values and else nothing
// but slips of them, and not where other values are there as well, or too few slips.
func TestClosedDomain(t *testing.T) {
	slips := []string{"yez", "yws", "tes", "yds", "yee", "yrs", "hes", "yex", "ues", "yed"}
	others := []string{"maybe", "refused", "unsure", "later", "both"}
	for name, c := range map[string]struct {
		slips, others []string
		want          int
	}{"slips alone": {slips, nil, len(slips)}, "beside others": {slips, others, 0}, "few": {slips[:3], nil, 0}} {
		t.Run(name, func(t *testing.T) {
			cells := map[string]int{"yes": 800, "no": 150}
			for _, s := range append(c.slips, c.others...) {
				cells[s] = 1
			}
			table := columnOf(cells, profile.Reading{})
			cleaner := learned(t, table, Options{})
			mended := 0
			for _, s := range c.slips {
				if got, _ := cleaned(cleaner, []string{s}); got[0] == "yes" {
					mended++
				}
			}
			for _, s := range append(c.others, "no") {
				if got, _ := cleaned(cleaner, []string{s}); got[0] != s {
					t.Errorf("%q becomes %q", s, got[0])
				}
			}
			if mended != c.want {
				t.Errorf("%d of %d slips are mended, want %d", mended, len(c.slips), c.want)
			}
		})
	}
}
