package clean

import (
	"fmt"
	"testing"

	"github.com/beamline-go/beamline/internal/profile"
)

// TestTotals refuses rows that are sums of others, and no row whose numbers don't
// prove it.
func TestTotals(t *testing.T) {
	sales := func(total ...[]string) [][]string {
		var rows [][]string
		for i := range 40 {
			rows = append(rows, []string{[]string{"north", "south"}[i/20], fmt.Sprintf("shop %d", i), fmt.Sprint(10 * i), fmt.Sprintf("%.2f", 0.25*float64(i))})
			if i == 19 {
				rows = append(rows, total[0])
			}
		}
		return append(rows, total[1:]...)
	}
	north, south, all := []string{"North total", "", "1900", "47.50"}, []string{"South total", "", "5900", "147.5"}, []string{"Total", "", "7800", "4.875"}
	columns := []string{"region", "shop", "sales", "price"}
	for _, c := range []struct {
		name string
		rows [][]string
		row  []string // of a later table
		want bool     // it is refused
	}{
		{"sums, and a mean", sales(north, south, all), all, true},
		{"a sum by another word", sales(north, south, all), []string{"Grand Total:", "", "12", "3"}, true},
		{"a region like others", sales(north, south, all), []string{"north", "", "1900", "47.50"}, false},
		{"another name with the word", sales(north, south, all), []string{"Total Wine", "", "4", "4"}, false},
		{"sums that are wrong", sales(north, south, []string{"Total", "", "7801", "195"}), all, false},
		{"a name with the word", sales(north, south, []string{"Total", "", "8", "1"}, all), all, false},
		{"no sum", sales([]string{"south", "", "1", "1"}), all, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			cleaner := learned(t, tableOf(columns, c.rows, profile.Reading{}), Options{})
			refused := cleaner.Row(c.row, func(int, Edit) {})
			if (refused.Rule == totals.Name) != c.want {
				t.Errorf("%q: %+v", c.row, refused)
			}
		})
	}
}
