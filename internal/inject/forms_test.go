package inject

import (
	"math/rand/v2"
	"testing"
)

// TestForms writes cells otherwise, each as the form says, and leaves alone what it can't.
func TestForms(t *testing.T) {
	right := map[string][]string{ // what some forms make of a cell; nothing where it stays
		"grouped":              {"1234567", "1,234,567"},
		"with a unit":          {"12.5", "12.5 kg"},
		"date":                 {"2021-03-17", "March 17, 2021"},
		"clock":                {"14:05", "2:05 PM"},
		"length of time":       {"90 min", "1 hr. 30 min."},
		"punctuation of codes": {"555-123-4567", "5551234567"},
		"zeros lost":           {"00501", "501"},
		"mangled":              {"Bön & Co", "BÃ¶n &amp; Co"},
		"in marks":             {"Oslo", "*Oslo*"},
		"taken for a date":     {"3-4", "4-Mar"},
		"degrees":              {"-71.0589", "71.0589° W"},
		"a thousand times":     {"12.5", "12500.0"},
	}
	seen := 0
	for _, f := range Forms {
		x, ok := right[f.Name]
		if !ok {
			continue
		}
		found := false
		for seed := range uint64(40) { // some draw which way
			g := &generator{Rand: rand.New(rand.NewPCG(seed, 0))}
			row := []string{x[0]}
			found = found || f.spoil(g, row, 0) && row[0] == x[1]
		}
		if !found {
			t.Errorf("%s never makes %q of %q", f.Name, x[1], x[0])
		}
		seen++
		for _, other := range []string{"", "-", "?"} {
			row := []string{other}
			if f.Name != "in marks" && f.spoil(&generator{Rand: rand.New(rand.NewPCG(1, 0))}, row, 0) {
				t.Errorf("%s makes %q of %q", f.Name, row[0], other)
			}
		}
	}
	if seen != len(right) {
		t.Errorf("%d forms of %d are there", seen, len(right))
	}
}
