package clean

import (
	"fmt"
	"testing"

	"github.com/beamline-go/beamline/internal/profile"
	"github.com/beamline-go/beamline/table"
)

// TestQuantities reads columns of one unit, and of numbers beside a few words, as
// numbers, and leaves codes, names and mixed units alone.
func TestQuantities(t *testing.T) {
	kinds := map[string]struct {
		cell func(i int) string
		unit string
		ok   bool
	}{
		"weight": {func(i int) string { return fmt.Sprintf("%d.%d kg", i+40, i%10) }, "kg", true},
		"area":   {func(i int) string { return fmt.Sprintf("%d m2", 50+i) }, "m2", true},
		"price":  {func(i int) string { return fmt.Sprintf("EUR %d.50", i) }, "EUR", true},
		"heat":   {func(i int) string { return fmt.Sprintf("%d °C", i-20) }, "°C", true},
		"ratio":  {func(i int) string { return []string{fmt.Sprintf("%d.25", i), "#DIV/0!", fmt.Sprintf("%d.5", i)}[i%3] }, "", true},
		"lab": {func(i int) string {
			return []string{fmt.Sprintf("0.%03d", i+100), "not measured", "<0.1", fmt.Sprintf("1.%d", i)}[i%4]
		}, "", true},
		"postcode": {func(i int) string { return []string{fmt.Sprint(40200 + i), "Unsheltered"}[i%2] }, "", false},
		"facility": {func(i int) string { return fmt.Sprintf("IN%03d", i) }, "", false},
		"house":    {func(i int) string { return []string{fmt.Sprint(i), fmt.Sprintf("%dA", i), fmt.Sprintf("%dB", i)}[i%3] }, "", false},
		"mixed":    {func(i int) string { return fmt.Sprintf("%d %s", i, []string{"kg", "g"}[i%2]) }, "", false},
		"street":   {func(i int) string { return fmt.Sprintf("%d %s St", i, []string{"Main", "Oak", "Hill"}[i%3]) }, "", false},
		"code":     {func(i int) string { return fmt.Sprintf("A-%d", i) }, "", false},
	}
	for name, k := range kinds {
		var rows [][]string
		for i := range 120 {
			rows = append(rows, []string{k.cell(i), []string{"x", "y"}[i%2]})
		}
		from := tableOf([]string{name, "other"}, rows, profile.Reading{})
		as := table.Schema{Columns: []table.Column{from.Columns[0].Column, from.Columns[1].Column}}
		got := from.Schema(as, Plan{}).Columns[0]
		if (got.Type == table.Float64) != k.ok || got.Unit != k.unit {
			t.Errorf("%s is %s of unit %q", name, got.Type, got.Unit)
		}
	}
}
