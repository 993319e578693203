package clean

import (
	"fmt"
	"strings"
	"testing"

	"github.com/beamline-go/beamline/internal/profile"
)

// TestConfidenceOfADate: which of two numbers is the month, others of the form prove.
func TestConfidenceOfADate(t *testing.T) {
	var rows [][]string
	for i := range 19 {
		rows = append(rows, []string{fmt.Sprintf("2021-03-%02d", 10+i)})
	}
	for i := range 15 {
		rows = append(rows, []string{fmt.Sprintf("%d/04/2021", 13+i)})
	}
	rows = append(rows, []string{"03/04/2021"})
	cleaner := learned(t, tableOf([]string{"day"}, rows, profile.Reading{}), Options{})
	for cell, want := range map[string]float64{"03/04/2021": 0.941, "13/04/2021": 1} {
		_, edits := cleaned(cleaner, []string{cell})
		if len(edits) != 1 || edits[0].confidence != want {
			t.Errorf("%s: %+v, want confidence %v", cell, edits, want)
		}
	}
}

func TestWhatIsShownOfALongText(t *testing.T) {
	for n, want := range map[int]int{40: 40, 41: 41, 90: 41} { // with an ellipsis
		if got := len([]rune(clipped(strings.Repeat("é", n)))); got != want {
			t.Errorf("of %d characters %d are shown, want %d", n, got, want)
		}
	}
}
