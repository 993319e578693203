package clean

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/beamline-go/beamline/internal/inject"
	"github.com/beamline-go/beamline/internal/profile"
)

// TestLearningRepeats learns the rules of a dirty table, by labels that contradict each
// other too, again and again: the order of a map may not show in them.
func TestLearningRepeats(t *testing.T) {
	f, err := os.Open("../../testdata/houses/train.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1 // one record is malformed
	all, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	header, rows := all[0], all[1:251]
	for i, kind := range inject.Kinds {
		rows = inject.Spoil(rows, kind, 0.02, uint64(i))
	}
	labels, err := ReadLabels("labels.csv", strings.NewReader("column,old,new\n"+
		"Town,Elm St,Elm Street\nTown,Oak St,Oak Street\nTown,Hill St,Hill Strasse\nTown,Lake St,Lake Strasse\n"+
		"Style,(a),a\nStyle,(b),b\nStyle,[c],c\nStyle,[d],d\n"+
		"Heating,gas,GAS\nHeating,oil,OIL\nHeating,WOOD,wood\nHeating,COAL,coal\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := ""
	for range 50 {
		plan, err := Learn(tableOf(header, rows, profile.Reading{}), Options{Labels: labels})
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(plan)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case want == "":
			want = string(text)
		case want != string(text):
			t.Fatalf("learned again, the plan is another:\n%s\n%s", want, text)
		}
	}
	if len(want) < 1000 {
		t.Errorf("little is learned of the table: %s", want)
	}
}
