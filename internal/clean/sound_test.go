package clean

import (
	"fmt"
	"testing"

	"github.com/beamline-go/beamline/internal/profile"
)

func TestSound(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"Philadelphia", "Filadelfia", true}, {"Catherine", "Kathryn", true}, {"Schmidt", "Shmit", true}, {"Jackson", "Jaxon", true},
		{"Cincinnati", "Sinsinati", true}, {"München", "Munchen", true}, {"Boston", "Austin", false}, {"Dallas", "Tulsa", false}, {"Salem", "Selma", true},
	} {
		if (sound(c.a) == sound(c.b)) != c.same {
			t.Errorf("%s sounds like %q, %s like %q", c.a, sound(c.a), c.b, sound(c.b))
		}
	}
	if sound("Route 66") != "" {
		t.Error("a text with digits has a sound")
	}
}

// TestHeard mends what was written by ear where its row speaks for it, and
// nothing that only sounds alike.
func TestHeard(t *testing.T) {
	var rows [][]string
	cities := [][3]string{{"Philadelphia", "PA", "215"}, {"Boston", "MA", "617"}, {"Cincinnati", "OH", "513"}, {"Raleigh", "NC", "919"}}
	for i := range 400 {
		c := cities[i%4]
		rows = append(rows, []string{c[0], c[1], c[2], fmt.Sprint(i)})
	}
	rows[40][0] = "Filadelfia"
	rows[41][0] = "Filadelfiah" // in Boston
	cleaner := learned(t, tableOf([]string{"city", "state", "area", "n"}, rows, profile.Reading{}), Options{Rules: []string{"spelling"}})
	if got, edits := cleaned(cleaner, rows[40]); got[0] != "Philadelphia" || edits[0].by != "spelling" {
		t.Errorf("%q, %v", got, edits)
	}
	if got, edits := cleaned(cleaner, rows[41]); len(edits) > 0 {
		t.Errorf("%q, %v", got, edits)
	}
}
