package main

import (
	"strings"
	"testing"

	"github.com/beamline-go/beamline/internal/profile"
	"github.com/beamline-go/beamline/models/training"
)

func TestPlainly(t *testing.T) {
	price := training.Goal{Target: "price"}
	if got := plainly(price, []float64{1000, 2000, 3000, 4000}, []float64{1100, 2100, 2900, 3900}, nil); got != "Predictions of price are off by 100 on average; always saying 2,500, the middle value, would be off by 1,000, 10 times as much." {
		t.Error(got)
	}
	sick := training.Goal{Target: "sick", Labels: []string{"no", "yes"}, Positive: 1}
	// Of 200 records the last ten are ill, and every third of these is thought likely so.
	var actual, predicted []float64
	for i := range 200 {
		ill, p := 0.0, float64(i%7)/20
		if i >= 190 {
			ill = 1
			if i%3 == 0 {
				p = 0.9
			}
		}
		actual, predicted = append(actual, ill), append(predicted, 1-p, p)
	}
	for _, c := range []struct {
		confusion [][]int
		want      string
	}{
		{[][]int{{50, 10}, {20, 20}}, `sick is called right for 70 % of records; always saying "no" would be right for 60 %. It finds 50 % of those that are "yes", and 66.7 % of what it calls so is.`},
		{[][]int{{180, 10}, {6, 4}}, `"yes" is rare: 5 % of records. The model finds 40 % of them, and 28.6 % of what it calls so is. The tenth of records that it takes for most likely holds 30 % of them, and a tenth by chance would hold 10 %.`},
		{[][]int{{190, 0}, {6, 4}}, `"yes" is rare: 5 % of records. The model finds 40 % of them, and all that it calls so are. The tenth of records that it takes for most likely holds 30 % of them, and a tenth by chance would hold 10 %.`},
		{[][]int{{190, 0}, {10, 0}}, `"yes" is rare, 5 % of records, and the model calls none so. The tenth of records that it takes for most likely holds 30 % of them, and a tenth by chance would hold 10 %.`},
	} {
		if got := plainly(sick, actual, predicted, c.confusion); got != c.want {
			t.Errorf("%v\n%s\n%s", c.confusion, got, c.want)
		}
	}
}

// TestAlerts says what many columns have in common once, the weightiest first.
func TestAlerts(t *testing.T) {
	columns := func(alerts ...string) (p profile.Profile) {
		for i, a := range alerts {
			p.Columns = append(p.Columns, profile.Summary{Name: string(rune('a' + i)), Alerts: []string{a}})
		}
		return p
	}
	for _, c := range []struct {
		p    profile.Profile
		want string
	}{
		{columns("68 % of the cells are zero"), "68 % of the cells are zero: a"},
		{columns("68 % of the cells are zero", "every cell is the same", "76 % of the cells are zero"), "every cell is the same: b|most cells are zero: a 68 %, c 76 %"},
		{columns("every cell is the same", "every cell is the same"), "every cell is the same: a, b"},
		{columns("3 cells are no int64", "1 cells are no date"), "3 cells are no int64: a|1 cells are no date: b"},
		{columns("9 cells have untidy white space", "4 cells have untidy white space"), "some cells have untidy white space: a 9 cells, b 4 cells"},
	} {
		var got []string
		for _, a := range alerts(c.p) {
			got = append(got, a.Text+": "+a.Columns)
		}
		if s := strings.Join(got, "|"); s != c.want {
			t.Errorf("%s, want %s", s, c.want)
		}
	}
	if got := alerts(columns(strings.Split(strings.TrimSuffix(strings.Repeat("dates in 2 layouts|", 20), "|"), "|")...)); len(got) != 1 || !strings.HasSuffix(got[0].Columns, "and 12 more") {
		t.Errorf("%+v", got)
	}
}
