package match

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestJoin finds columns by what they hold.
func TestJoin(t *testing.T) {
	_, rows, _ := people(300, 5)
	rng := rand.New(rand.NewPCG(8, 8))
	first, second := map[string][]string{}, map[string][]string{}
	names := [][2]string{{"first", "given_name"}, {"surname", "family"}, {"", ""}, {"address", "road"}, {"place", "town"}, {"", ""}, {"", ""}}
	for i, r := range rows {
		for k, n := range names {
			switch {
			case n[0] == "":
			case i%2 == 0:
				first[n[0]] = append(first[n[0]], r[k])
			default:
				second[n[1]] = append(second[n[1]], r[k])
			}
		}
		price := 5 + 200*rng.Float64()
		first["price"] = append(first["price"], fmt.Sprintf("$%.2f", price))
		first["stock"] = append(first["stock"], fmt.Sprint(rng.IntN(50)))
		second["list_price"] = append(second["list_price"], fmt.Sprintf("%.2f", price*1.1))
		second["updated"] = append(second["updated"], fmt.Sprintf("2024-%02d-%02d", 1+rng.IntN(12), 1+rng.IntN(28)))
	}
	want := map[string]string{"price": "list_price"}
	for _, n := range names {
		if n[0] != "" {
			want[n[0]] = n[1]
		}
	}
	got := map[string]string{}
	for _, p := range Join(first, second) {
		got[p[0]] = p[1]
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestFewRecords finds companies in a table of a dozen.
func TestFewRecords(t *testing.T) {
	rows := [][]string{{"Acme Corp", "12 Main St", "Boston"}, {"ACME Corporation", "12 Main Street", "Boston"}, {"Globex Inc", "9 Elm Ave", "Austin"}, {"Globex, Inc.", "9 Elm Avenue", "Austin"},
		{"Initech", "4 Oak Rd", "Dallas"}, {"Umbrella Ltd", "7 Hill St", "Reno"}, {"Umbrela Ltd", "7 Hill St", "Reno"}, {"Hooli", "1 Sand Hill", "Menlo Park"},
		{"Stark Industries", "200 Park Ave", "New York"}, {"Wayne Enterprises", "1007 Mountain Dr", "Gotham"}, {"Wonka Co", "3 Sweet Ln", "London"}, {"Cyberdyne", "18 Tech Way", "Sunnyvale"}}
	_, pairs, _ := run([]string{"company", "address", "city"}, rows)
	found := map[string]bool{}
	for _, p := range pairs {
		found[fmt.Sprint(p.A.Row, p.B.Row)] = true
	}
	if want := map[string]bool{"0 1": true, "2 3": true, "5 6": true}; fmt.Sprint(found) != fmt.Sprint(want) {
		t.Errorf("found %v, want %v", found, want)
	}
	_, pairs, _ = run([]string{"company", "address", "city"}, append(rows[4:6:6], rows[7:]...))
	if len(pairs) > 0 {
		t.Errorf("%d pairs among companies that differ", len(pairs))
	}
}
