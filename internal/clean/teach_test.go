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
	cleaner := learned(t, table, Options{Labels: []Label{{Column: "c", Old: "03/04/2021", New: "2021-04-03"}}})
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
	cleaner := learned(t, table, Options{Rejected: rejected, Labels: []Label{{Column: "c", Old: "hill", New: "hill"}}})
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

// TestAccepted makes the changes that a person took, and asks for more evidence
// where more precision is asked for.
func TestAccepted(t *testing.T) {
	table := columnOf(map[string]int{"Lake": 40, "Hill": 40, "Pond": 1}, profile.Reading{})
	accepted := []Label{{Column: "c", Old: "Pond", New: "Lake", Rule: "spelling"}, {Column: "c", Old: "Hill", New: "Lake", Rule: "dependency"}}
	cleaner := learned(t, table, Options{Accepted: accepted})
	for cell, want := range map[string]string{"Pond": "Lake", "Hill": "Hill"} {
		if got, _ := cleaned(cleaner, []string{cell}); got[0] != want {
			t.Errorf("%q becomes %q, want %q", cell, got[0], want)
		}
	}
}

// TestPrecision asks for more evidence: what is written then is less, and proposed.
func TestPrecision(t *testing.T) {
	var rows [][]string
	for i := range 2000 {
		rows = append(rows, []string{[]string{"bicycle", "tricycle", "scooter"}[i%3], []string{"two", "three", "two"}[i%3]})
	}
	rows = append(rows, []string{"bicyclw", "two"}, []string{"tricyle", "three"}, []string{"scoter", "two"}, []string{"bycicle", "two"})
	count := func(precision float64) (made, proposed int) {
		c := learned(t, tableOf([]string{"word", "wheels"}, rows, profile.Reading{}), Options{Precision: precision})
		c.Propose(func(int, Edit) { proposed++ })
		for _, r := range rows {
			_, edits := cleaned(c, r)
			made += len(edits)
		}
		return made, proposed
	}
	made, _ := count(0.6)
	few, proposed := count(0.99999)
	if made == 0 || few >= made || proposed == 0 {
		t.Errorf("%d made, %d and %d proposed where nearly no doubt is left", made, few, proposed)
	}
}
