package clean

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/beamline-go/beamline/internal/profile"
)

// TestDoubts finds what is put into a table that is right otherwise.
func TestDoubts(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	var rows [][]string
	for range 2000 {
		built := 1950 + rng.IntN(60)
		rows = append(rows, []string{fmt.Sprint(built), fmt.Sprint(built + rng.IntN(30)), fmt.Sprintf("%.1f", 40+8*rng.NormFloat64()), "red", fmt.Sprintf("%.2f", rng.NormFloat64())})
	}
	columns := []string{"built", "sold", "size", "color", "x"}
	table := tableOf(columns, rows, profile.Reading{})
	plan, err := Learn(table, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := table.doubts(plan); len(got) > 0 {
		t.Errorf("doubts about a table that is right: %+v", got)
	}
	for i := range 9 {
		rows[100*i][2] = "-999"
	}
	rows[50][0], rows[50][1] = "2005", "1970"
	rows[60][4] = "55"
	for i := range 20 {
		rows[70+i][3] = "N/A"
	}
	table = tableOf(columns, rows, profile.Reading{})
	if plan, err = Learn(table, Options{}); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range table.doubts(plan) {
		if d.Kind != DoubtRow {
			got = append(got, fmt.Sprint(d.Column, " ", d.Kind, " ", d.Cells))
		}
	}
	slices.Sort(got)
	want := []string{"built order 1", "color missing_word 20", "size disguised_missing 9", "size outlier 9", "x outlier 1"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestNotRows finds a row that names most columns, and a sum that is none.
func TestNotRows(t *testing.T) {
	var rows [][]string
	for i := range 80 {
		rows = append(rows, []string{[]string{"north", "south"}[i%2], fmt.Sprint(i), fmt.Sprint(i * i)})
	}
	rows[40] = []string{"region", "sales", "7"}
	rows = append(rows, []string{"Total:", "3161", ""})
	var got []string
	for _, d := range tableOf([]string{"region", "sales", "n"}, rows, profile.Reading{}).notRows() {
		got = append(got, fmt.Sprint(d.Kind, " ", d.Cells))
	}
	if want := []string{"header_row 1", "totals_row 1"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestWhatIsShownOfAnOddRow: the numbers that are odd, and no more than five.
func TestWhatIsShownOfAnOddRow(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	columns := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
	rows := make([][]string, 300)
	for i := range rows {
		rows[i] = make([]string, len(columns))
		for k := range columns {
			rows[i][k] = fmt.Sprint(100 + rng.IntN(100))
		}
	}
	for k := 2; k < 8; k++ {
		rows[120][k] = fmt.Sprint(900 + k)
	}
	rows[120][0], rows[120][1] = "150", "151"
	table := tableOf(columns, rows, profile.Reading{})
	plan, err := Learn(table, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range table.doubts(plan) {
		if d.Kind == DoubtRow && d.Example == "c 902, d 903, e 904, f 905, g 906" {
			return
		}
	}
	t.Errorf("%+v", table.doubts(plan))
}
