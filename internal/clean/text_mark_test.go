package clean

import (
	"testing"

	"github.com/beamline-go/beamline/internal/profile"
)

// TestTextMarks takes marks off numbers, and leaves quotes and minutes alone.
func TestTextMarks(t *testing.T) {
	for cell, c := range map[string]struct {
		beside []string
		want   string
	}{
		"'02134":     {[]string{"94105", "10001", "60601", "02139", "33101", "73301", "98101", "80201", "20001", "48201"}, "02134"},
		`="02134"`:   {[]string{"94105", "10001", "a"}, "02134"},
		`="a ""b"""`: {[]string{"x", "y"}, `a "b"`},
		"'90":        {[]string{"summer of '69", "'tis", "90", "x"}, "'90"},
		"'12'":       {[]string{"'13'", "'14'"}, "'12'"},
		`="a"&"b"`:   {[]string{"x", "y"}, `="a"&"b"`},
	} {
		cells := map[string]int{cell: 1}
		for _, b := range c.beside {
			cells[b] = 2
		}
		s := learnTextMarks(columnOf(cells, profile.Reading{}).Columns[0])
		got := cell
		if s != nil {
			repair, err := textMarks.cells(newStep(textMarks.Name, "c", *s))
			if err != nil {
				t.Fatal(err)
			}
			if to, _, ok := repair(cell); ok {
				got = to
			}
		}
		if got != c.want {
			t.Errorf("%s becomes %s, want %s", cell, got, c.want)
		}
	}
}
