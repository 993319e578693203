package clean

import (
	"fmt"
	"strings"
	"testing"

	"github.com/beamline-go/beamline/internal/profile"
)

func TestLabels(t *testing.T) {
	labels, err := ReadLabels("labels.csv", strings.NewReader("row,column,old,new\n1,c,Elm St,Elm Street\n7,c,Oak St,Oak Street\n9,c,Hill Rd,Hill Road\n"))
	if err != nil {
		t.Fatal(err)
	}
	table := columnOf(map[string]int{"Elm St": 9, "Oak St": 9, "Hill Rd": 9, "Lake St": 9, "Main Rd": 9}, profile.Reading{})
	cleaner := learned(t, table, Options{Labels: labels})
	for cell, want := range map[string]string{"Elm St": "Elm Street", "Lake St": "Lake Street", "Hill Rd": "Hill Road", "Main Rd": "Main Rd", "Stone Rd": "Stone Rd"} {
		if got, _ := cleaned(cleaner, []string{cell}); got[0] != want {
			t.Errorf("%q becomes %q, want %q", cell, got[0], want)
		}
	}
}

func TestLabelOfADate(t *testing.T) {
	table := columnOf(map[string]int{"03/04/2021": 20, "05/06/2021": 20}, profile.Reading{})
	cleaner := learned(t, table, Options{Labels: []Label{{"c", "03/04/2021", "2021-04-03"}}})
	if got, _ := cleaned(cleaner, []string{"05/06/2021"}); got[0] != "2021-06-05" {
		t.Errorf("05/06/2021 becomes %q", got[0])
	}
}

// TestReview takes back what a person refused, in the table and afterwards.
func TestReview(t *testing.T) {
	_, rejected, err := ReadReview("changes.csv", strings.NewReader(
		"source,row,key,column,old,new,rule,confidence,verdict\na,1,,c,LAKE,Lake,case,1,reject\na,2,,c,HILL,Hill,case,1,accept\na,3,,c,OAK,Oak,case,1,\n"))
	if err != nil || len(rejected) != 1 {
		t.Fatal(rejected, err)
	}
	table := columnOf(map[string]int{"Lake": 40, "Hill": 40, "LAKE": 1, "HILL": 1}, profile.Reading{})
	cleaner := learned(t, table, Options{Rejected: rejected, Labels: []Label{{"c", "hill", "hill"}}})
	for cell, want := range map[string]string{"LAKE": "LAKE", "HILL": "Hill", "hill": "hill", "lake": "Lake"} {
		if got, _ := cleaned(cleaner, []string{cell}); got[0] != want {
			t.Errorf("%q becomes %q, want %q", cell, got[0], want)
		}
	}
	if _, _, err := ReadReview("x", strings.NewReader("column,old,new,verdict\nc,a,b,maybe\n")); err == nil {
		t.Error("a verdict that is none is taken")
	}
	if _, err := ReadLabels("x", strings.NewReader("old,new\na,b\n")); err == nil {
		t.Error("labels without a column are taken")
	}
}

// TestConstraints mends what only a person knows to be wrong.
func TestConstraints(t *testing.T) {
	var rows [][]string
	for i := range 60 {
		rows = append(rows, []string{fmt.Sprint("k", i%6), []string{"red", "blue", "green"}[i%3], "open"})
	}
	rows[12][1], rows[20][2] = "pink", "opne"
	columns := []string{"key", "color", "state"}
	o := Options{Constraints: Constraints{Determines: []Determines{{[]string{"key"}, "color"}}, Values: []Values{{"state", []string{"open", "shut"}}}}}
	cleaner := learned(t, tableOf(columns, rows, profile.Reading{}), o)
	if got, _ := cleaned(cleaner, rows[12]); got[1] != "red" {
		t.Errorf("%q becomes %q", rows[12], got)
	}
	if got, _ := cleaned(cleaner, rows[20]); got[2] != "open" {
		t.Errorf("%q becomes %q", rows[20], got)
	}
	o.Constraints.Values[0].Column = "stat"
	if _, err := Learn(tableOf(columns, rows, profile.Reading{}), o); err == nil || !strings.Contains(err.Error(), `did you mean "state"?`) {
		t.Error(err)
	}
}
