package training

import "testing"

// What stays together in the folds stays together inside of fits: groups, rows that are one
// record, stretches of time.
func TestUnitsOfFolds(t *testing.T) {
	const n = 200
	y, groups, times, same := make([]float64, n), make([]string, n), make([]float64, n), make([]int, n)
	for i := range n {
		groups[i], times[i], same[i] = string(rune('a'+i%20)), float64(n-i), i-i%2
	}
	for name, s := range map[string]Split{"chance": {Folds: 4}, "group": {Folds: 4, Group: "g"}, "time": {Folds: 4, Time: "t"}} {
		f, err := Deal(s, y, 0, groups, times, same)
		if err != nil {
			t.Fatal(err)
		}
		units := map[int]int{}
		for i, u := range f.Units {
			if k, ok := units[u]; ok && k != f.Of[i] {
				t.Fatalf("%s: unit %d is in the folds %d and %d", name, u, k, f.Of[i])
			}
			units[u] = f.Of[i]
		}
		want := map[string]int{"chance": n / 2, "group": 20, "time": 5 * stretches}[name]
		if len(units) != want {
			t.Errorf("%s: %d units, %d expected", name, len(units), want)
		}
	}
}
