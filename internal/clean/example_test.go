package clean

import (
	"fmt"
	"strings"

	"github.com/beamline-go/beamline/internal/profile"
)

// withStop are the values of a column that lose their full stop.
type withStop struct {
	Values map[string]string `json:"values"`
}

// fullStop takes the full stop off classes that most cells write without one. It
// stands for a file of its own in this package, with one word in Rules.
var fullStop = cellRule("full_stop", func(c *Column) *withStop {
	s := withStop{map[string]string{}}
	for v := range c.Present() {
		if plain := c.Find(strings.TrimSuffix(v.Text, ".")); plain != nil && plain.Count > 9*v.Count {
			s.Values[v.Text] = plain.Text
		}
	}
	if len(s.Values) == 0 {
		return nil
	}
	return &s
}, func(s withStop) (Repair, error) {
	return func(cell string) (string, float64, bool) {
		plain, ok := s.Values[cell]
		return plain, 0.9, ok
	}, nil
})

// A rule learns from the cells of a column what it has to do there; compiled, it
// repairs one cell at a time.
func Example() {
	defer func(all []Rule) { Rules = all }(Rules)
	Rules = []Rule{fullStop}

	t := columnOf(map[string]int{"yes": 20, "no": 20, "yes.": 1}, profile.Reading{})
	plan, err := Learn(t, Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	cleaner, err := plan.Cleaner([]string{"c"})
	if err != nil {
		fmt.Println(err)
		return
	}
	cleaner.Row([]string{"yes."}, func(_ int, e Edit) {
		fmt.Printf("%q becomes %q by %s, confidence %v\n", e.Old, e.New, e.Rule, e.Confidence)
	})
	// Output: "yes." becomes "yes" by full_stop, confidence 0.9
}
