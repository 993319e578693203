package clean

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/beamline-go/beamline/internal/profile"
)

// TestOutliers tells of a heap that was pushed out of a column, and of few of a long
// tail that is the column's own.
func TestOutliers(t *testing.T) {
	const n = 4000
	rng, fares := rand.New(rand.NewPCG(3, 3)), rand.New(rand.NewPCG(4, 4))
	pushed := map[int]bool{}
	var rows [][]string
	for i := range n {
		x := 50 + 8*rng.NormFloat64()
		if rng.IntN(10) == 0 {
			pushed[i] = true
			x += 40
		}
		fare := 2.5 + 0.5*math.Floor(20*fares.ExpFloat64())
		if fares.IntN(25) == 0 { // to the airport
			fare = 52
		}
		rows = append(rows, []string{fmt.Sprintf("%.1f", x), fmt.Sprintf("%.1f", 50+8*rng.NormFloat64()), fmt.Sprintf("%.2f", math.Exp(2*rng.NormFloat64())), fmt.Sprint(rng.IntN(2)), fmt.Sprintf("%.0f", 1e300*rng.NormFloat64()), fmt.Sprint(fare)})
	}
	columns := []string{"pushed", "normal", "skewed", "flag", "huge", "fare"}
	cleaner := learned(t, tableOf(columns, rows, profile.Reading{}), Options{Rules: []string{"outlier"}})
	told := make([]int, len(columns))
	found := 0
	for i, r := range rows {
		cleaner.Propose(func(column int, e Edit) {
			told[column]++
			if column == 0 && pushed[i] {
				found++
			}
			if e.New != "" || e.Confidence != 0 || e.Because == "" {
				t.Fatalf("it says %+v", e)
			}
		})
		cleaner.Row(r, func(column int, e Edit) { t.Fatalf("%s is changed: %+v", columns[column], e) })
	}
	if found < 95*len(pushed)/100 || told[0]-found > n/100 {
		t.Errorf("%d of %d that were pushed are told, and %d others", found, len(pushed), told[0]-found)
	}
	for k, most := range []int{n, n / 100, n / 50, 0, n / 100, n / 50} {
		if told[k] > most {
			t.Errorf("of %s %d are told, want at most %d", columns[k], told[k], most)
		}
	}
}
