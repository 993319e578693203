package clean

// Map is the name of the rule by which a user maps values.
const Map = "map"

// mapped replaces the values that the user named.
type mapped struct {
	Values map[string]string `json:"values"`
}

var mapping = cellRule(Map,
	func(*Column) *mapped { return nil },
	func(s mapped) (Repair, error) {
		return func(cell string) (string, float64, bool) {
			to, ok := s.Values[cell]
			return to, 1, ok && to != cell
		}, nil
	})
