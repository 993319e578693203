package houses

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Dirt is a cell that is not as it should be.
type Dirt struct {
	Row           int // 1-based number of the record
	Column        string
	Clean, Soiled string
	Kind          string // what was done to it
}

// Table is a table with its dirt.
type Table struct {
	Columns    []string
	Records    [][]string // in their order; a ragged one has too few cells
	Dirt       []Dirt
	Ragged     []int    // 1-based numbers of records that can't be read
	Duplicates []int    // 1-based numbers of records that equal an earlier one
	Prices     []string // what each house sells for, in the order of the records
}

// Make returns a table of n different houses, numbered from first on. clean
// tables have no dirt.
func Make(n, first int, seed uint64, clean bool) Table {
	rng := rand.New(rand.NewPCG(seed, uint64(first)))
	t := Table{Columns: slices.Clone(Columns)}
	for i := range n {
		cells := newHouse(first+i, rng).cells()
		price := cells[len(cells)-1]
		t.add(cells, price)
		if clean {
			continue
		}
		t.soil(rng)
		switch {
		case i%131 == 97: // entered twice
			t.add(slices.Clone(t.Records[len(t.Records)-1]), price)
			t.Duplicates = append(t.Duplicates, len(t.Records))
		case i%701 == 333: // a line break was lost
			t.add(cells[:4], price)
			t.Ragged = append(t.Ragged, len(t.Records))
		}
	}
	return t
}

func (t *Table) add(cells []string, price string) {
	t.Records = append(t.Records, cells)
	t.Prices = append(t.Prices, price)
}

// Without returns the table without a column.
func (t Table) Without(column string) Table {
	k := slices.Index(t.Columns, column)
	out := t
	out.Columns = slices.Delete(slices.Clone(t.Columns), k, k+1)
	out.Records = nil
	for _, r := range t.Records {
		if len(r) > k {
			r = slices.Delete(slices.Clone(r), k, k+1)
		}
		out.Records = append(out.Records, r)
	}
	return out
}

// spoil is a way in which cells go wrong, and how often.
type spoil struct {
	kind, column string
	share        float64
	how          func(cell string, rng *rand.Rand) string
}

var spoils = []spoil{
	{"whitespace", "Town", 0.02, func(s string, _ *rand.Rand) string { return s + "  " }},
	{"whitespace", "Style", 0.01, func(s string, _ *rand.Rand) string { return " " + s }},
	{"case", "Town", 0.02, func(s string, _ *rand.Rand) string { return strings.ToUpper(s) }},
	{"case", "Heating", 0.015, func(s string, _ *rand.Rand) string { return strings.ToUpper(s[:1]) + s[1:] }},
	{"number", "LotArea", 0.03, thousands},
	{"missing_token", "LotArea", 0.02, func(string, *rand.Rand) string { return "N/A" }},
	{"missing_token", "YearBuilt", 0.01, func(string, *rand.Rand) string { return "unknown" }},
	{"date", "SoldOn", 0.04, func(s string, _ *rand.Rand) string { return relay(s, "02.01.2006") }},
	{"date", "SoldOn", 0.02, func(s string, _ *rand.Rand) string { return relay(s, "2 January 2006") }},
	{"missing", "Heating", 0.03, func(string, *rand.Rand) string { return "" }},
	{"missing", "LivingArea", 0.01, func(string, *rand.Rand) string { return "" }},
	{"typo", "Style", 0.01, typo},
	{"type", "Rooms", 0.004, func(s string, _ *rand.Rand) string { return s + " or so" }},
}

// soil spoils cells of the last record.
func (t *Table) soil(rng *rand.Rand) {
	r := t.Records[len(t.Records)-1]
	done := map[string]bool{}
	for _, s := range spoils {
		if rng.Float64() >= s.share || done[s.column] {
			continue
		}
		k := slices.Index(Columns, s.column)
		soiled := s.how(r[k], rng)
		if soiled == r[k] {
			continue
		}
		t.Dirt = append(t.Dirt, Dirt{len(t.Records), s.column, r[k], soiled, s.kind})
		r[k], done[s.column] = soiled, true
	}
}

func thousands(s string, _ *rand.Rand) string {
	if len(s) < 4 {
		return s
	}
	return s[:len(s)-3] + "," + s[len(s)-3:]
}

func relay(s, layout string) string {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(fmt.Sprintf("houses: %v", err)) // it was written by cells
	}
	return t.Format(layout)
}

// typo exchanges two neighbours.
func typo(s string, rng *rand.Rand) string {
	i := 1 + rng.IntN(len(s)-2)
	b := []byte(s)
	b[i], b[i+1] = b[i+1], b[i]
	return string(b)
}
