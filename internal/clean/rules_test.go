package clean_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/beamline-go/beamline/internal/clean"
	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/profile"
	"github.com/beamline-go/beamline/table"
)

// column is a table of one column: each text as often as it says.
func column(cells map[string]int, o profile.Reading) profile.Table {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	for _, text := range slices.Sorted(maps.Keys(cells)) {
		for range cells[text] {
			b.Append(text)
		}
	}
	a := b.NewArray()
	var t profile.Table
	t.Add(table.Batch{Record: array.NewRecordBatch(csv.TextSchema([]string{"c"}), []arrow.Array{a}, int64(a.Len()))}, o)
	return t
}

// TestRules holds what each rule makes of a cell, by the other cells of its
// column; an empty rule means that the cell stays as it is.
func TestRules(t *testing.T) {
	days := map[string]int{"2021-03-14": 20, "2020-11-30": 20}
	with := func(cells map[string]int, more ...string) map[string]int {
		out := map[string]int{}
		for k, n := range cells {
			out[k] = n
		}
		for _, k := range more {
			out[k]++
		}
		return out
	}
	numbers := map[string]int{"12": 20, "1050": 20, "7": 20}
	words := map[string]int{"Oak Hill": 40, "Lake": 40}
	for _, c := range []struct {
		name       string
		cells      map[string]int
		cell, want string
		rule       string
	}{
		{"space at an end", with(words, "Lake "), "Lake ", "Lake", "whitespace"},
		{"spaces in a row", with(words, "Oak  Hill"), "Oak  Hill", "Oak Hill", "whitespace"},
		{"a rare case", with(words, "LAKE"), "LAKE", "Lake", "case"},
		{"two customs", with(words, "LAKE", "LAKE", "LAKE", "LAKE", "LAKE"), "LAKE", "LAKE", ""},
		{"another word", with(words, "Like"), "Like", "Like", ""},
		{"N/A among numbers", with(numbers, "N/A"), "N/A", "", "missing_token"},
		{"N/A among words", with(words, "N/A"), "N/A", "N/A", ""},
		{"thousands", with(numbers, "1,050"), "1,050", "1050", "number"},
		{"currency", with(numbers, "$7"), "$7", "7", "number"},
		{"thousands as the custom", map[string]int{"1,050": 20, "2,000": 20, "3,100": 9, "7": 1}, "1,050", "1,050", ""},
		{"a word among numbers", with(numbers, "many"), "many", "many", ""},
		{"another layout", with(days, "31/12/2020"), "31/12/2020", "2020-12-31", "date"},
		{"day or month, proven by others", with(days, "31/12/2020", "30/01/2021", "05/04/2021"), "05/04/2021", "2021-04-05", "date"},
		{"day or month, not proven", with(days, "31/12/2020", "01/30/2021", "05/04/2021"), "05/04/2021", "05/04/2021", ""},
		{"a date in words", with(days, "3 May 2020"), "3 May 2020", "2020-05-03", "date"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := column(c.cells, profile.Reading{})
			cleaner, err := clean.Learn(p, profile.Infer(p, profile.Options{}), clean.Options{}).Cleaner("c")
			if err != nil {
				t.Fatal(err)
			}
			rule := ""
			got := cleaner.Cell(c.cell, func(_, _, by string, confidence float64) {
				rule = by
				if confidence <= 0 || confidence > 1 {
					t.Errorf("confidence %v", confidence)
				}
			})
			if got != c.want || rule != c.rule {
				t.Errorf("%q becomes %q by %q, want %q by %q", c.cell, got, rule, c.want, c.rule)
			}
			again := cleaner.Cell(got, func(_, _, by string, _ float64) { t.Errorf("a clean cell is changed by %s", by) })
			if again != got {
				t.Errorf("%q becomes %q the second time", got, again)
			}
		})
	}
}

func TestMissingTextsThatTheUserListed(t *testing.T) {
	p := column(map[string]int{"1": 19, "2": 19, "-99": 3, "NA": 1}, profile.Reading{Missing: []string{"-99"}})
	s := profile.Infer(p, profile.Options{})
	if got := s.Columns[0].Missing; len(got) != 1 || got[0] != "-99" {
		t.Errorf("missing texts %q", got)
	}
	cleaner, err := clean.Learn(p, s, clean.Options{}).Cleaner("c")
	if err != nil {
		t.Fatal(err)
	}
	for cell, want := range map[string]string{"-99": "", "NA": "NA", "2": "2"} {
		if got := cleaner.Cell(cell, func(string, string, string, float64) {}); got != want {
			t.Errorf("%q becomes %q", cell, got)
		}
	}
}

func TestUnknownRules(t *testing.T) {
	if err := (clean.Options{Rules: []string{"whitespaces"}}).Validate(); err == nil || !strings.Contains(err.Error(), `did you mean "whitespace"?`) {
		t.Error(err)
	}
}
