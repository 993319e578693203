package clean

import "unicode/utf8"

// variants gives a value that differs from a frequent one in punctuation, spaces
// or accents only the spelling of the frequent one.
var variants = cellRule("variant", learnVariants, func(s likeness) (Repair, error) {
	return func(cell string) (string, float64, bool) {
		if !foldable(cell) {
			return "", 0, false
		}
		if lead, ok := s.Leads[fold(cell)]; ok && !s.keeps(cell) {
			return lead, 0.97, lead != cell
		}
		return "", 0, false
	}, nil
})

// leastFolded is the number of letters and digits that alike values must have.
const leastFolded = 4

func foldable(s string) bool {
	return len(s) <= maxKnownCell*4 && trivial(s) && utf8.RuneCountInString(fold(s)) >= leastFolded
}

func learnVariants(c *Column) *likeness {
	if !c.Type.Textual() {
		return nil
	}
	return c.likeness(fold, foldable)
}
