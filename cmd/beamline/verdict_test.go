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
	if got := plainly(sick, nil, nil, [][]int{{90, 5}, {3, 2}}); got != `sick is called right for 92 % of records; always saying "no" would be right for 95 %. It finds 40 % of those that are "yes", and 28.6 % of what it calls so is.` {
		t.Error(got)
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
