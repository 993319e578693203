package clean

import (
	"fmt"
	"testing"

	"github.com/beamline-go/beamline/internal/profile"
)

// TestOrders puts parts back in their order, and leaves alone what has its parts in
// both.
func TestOrders(t *testing.T) {
	samples, ids := map[string]int{"patients 121": 1}, map[string]int{"0065_id": 1}
	for i := range 60 {
		samples[fmt.Sprintf("%d patients", 100+7*i)] = 1
		ids[fmt.Sprintf("id_%04d", 13*i)] = 1
	}
	for name, c := range map[string]struct {
		cells map[string]int
		want  map[string]string
	}{
		"grades":         {map[string]int{"Fair": 40, "Good": 90, "Very Good": 120, "Good Very": 6, "Ideal": 200}, map[string]string{"Good Very": "Very Good"}},
		"schools":        {map[string]int{"HS-grad": 100, "grad-HS": 8, "Some-college": 70, "college-Some": 5, "Prof-school": 20}, map[string]string{"grad-HS": "HS-grad", "college-Some": "Some-college"}},
		"routes":         {map[string]int{"Rome-Oslo": 90, "Oslo-Rome": 9, "Rome-Bern": 40, "Bern-Rome": 30, "Oslo-Bern": 20}, map[string]string{}},
		"before, after":  {map[string]int{"yes-yes": 90, "yes-no": 60, "no-yes": 4, "no-no": 40}, map[string]string{}},
		"lists":          {map[string]int{"English": 80, "Spanish": 20, "English/Spanish": 30, "Spanish/English": 2, "Latin/English": 1}, map[string]string{}},
		"results":        {map[string]int{"1-0": 90, "0-1": 8, "2-0": 40, "0-2": 3}, map[string]string{}},
		"persons":        {map[string]int{"James Thomas": 30, "Thomas James": 1, "Thomas Ward": 8, "Henry James": 9, "Ann Lee": 12}, map[string]string{}},
		"beside numbers": {samples, map[string]string{"patients 121": "121 patients"}},
		"codes":          {ids, map[string]string{"0065_id": "id_0065"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := map[string]string{}
			if s := learnOrder(columnOf(c.cells, profile.Reading{}).Columns[0]); s != nil {
				for from, m := range s.Values {
					got[from] = m.To
				}
			}
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}
