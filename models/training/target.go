package training

import "math"

// Target is what makes a target one that little can be said of.
type Target struct {
	// Counts says that it numbers the records: whole numbers without a gap, each once.
	Counts bool
	// Rare are classes of fewer records than there are folds, so that some folds have none
	// of them, and the number of records of each.
	Rare []Rare
}

// Rare is a class of few records.
type Rare struct {
	Label   string
	Records int
}

// fewestNumbered is how many records there are at least of which numbers are no chance.
const fewestNumbered = 30

// lookAt looks at a target before anything is fitted.
func lookAt(y []float64, g Goal, folds int) (t Target) {
	if g.Classes() > 0 {
		count := make([]int, g.Classes())
		for _, v := range y {
			count[int(v)]++
		}
		for k, n := range count {
			if n < folds {
				t.Rare = append(t.Rare, Rare{g.Labels[k], n})
			}
		}
		return t
	}
	least, most, seen := math.Inf(1), math.Inf(-1), make(map[float64]bool, len(y))
	for _, v := range y {
		if v != math.Trunc(v) || seen[v] {
			return t
		}
		seen[v] = true
		least, most = min(least, v), max(most, v)
	}
	t.Counts = len(y) >= fewestNumbered && most-least == float64(len(y)-1)
	return t
}
