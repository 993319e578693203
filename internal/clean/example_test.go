package clean_test

import (
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/beamline-go/beamline/internal/clean"
	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/profile"
	"github.com/beamline-go/beamline/table"
)

// fullStop takes the full stop off classes that most cells write without one. It
// stands for a file of its own in this package, with one word in clean.Rules.
type fullStop struct{}

func (fullStop) Name() string { return "full_stop" }

func (fullStop) Learn(c *profile.Column, as table.Column) *clean.Settings {
	if as.Type != table.Categorical {
		return nil
	}
	s := clean.Settings{Values: map[string]string{}}
	for _, v := range c.Values.Top(int(c.Values.NumDistinct())) {
		if plain := strings.TrimSuffix(v.Text, "."); plain != v.Text && c.Values.Count(plain) > 9*v.Count {
			s.Values[v.Text] = plain
		}
	}
	if len(s.Values) == 0 {
		return nil
	}
	return &s
}

func (fullStop) Compile(s clean.Settings) (clean.Repair, error) {
	return func(cell string) (string, float64, bool) {
		plain, ok := s.Values[cell]
		return plain, 0.9, ok
	}, nil
}

// A rule learns from the profile of a column what it has to do there; compiled,
// it repairs one cell at a time.
func Example() {
	defer func(all []clean.Rule) { clean.Rules = all }(clean.Rules)
	clean.Rules = append(clean.Rules, fullStop{})

	cells := array.NewStringBuilder(memory.DefaultAllocator)
	for i := range 40 {
		cells.Append([]string{"yes", "no"}[i%2])
	}
	cells.Append("yes.")
	column := cells.NewArray()
	var t profile.Table
	t.Add(table.Batch{Record: array.NewRecordBatch(csv.TextSchema([]string{"answer"}), []arrow.Array{column}, int64(column.Len()))}, profile.Reading{})

	plan := clean.Learn(t, profile.Infer(t, profile.Options{}), clean.Options{})
	cleaner, err := plan.Cleaner("answer")
	if err != nil {
		fmt.Println(err)
		return
	}
	cleaner.Cell("yes.", func(old, mended, rule string, confidence float64) {
		fmt.Printf("%q becomes %q by %s, confidence %v\n", old, mended, rule, confidence)
	})
	// Output: "yes." becomes "yes" by full_stop, confidence 0.9
}
