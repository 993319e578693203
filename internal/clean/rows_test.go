package clean

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/beamline-go/beamline/internal/profile"
)

// shops are rows in which the postcode determines the city and the city its
// state.
func shops(n int) (columns []string, rows [][]string) {
	rng := rand.New(rand.NewPCG(3, 4))
	cities := []string{"Springfield", "Riverton", "Lakewood", "Fairview", "Kingston", "Ashland", "Milford", "Clayton"}
	states := []string{"OR", "WA", "OR", "ID", "WA", "NV", "NV", "UT"}
	streets := []string{"Elm", "Oak", "Hill", "Main", "Park", "Lake"}
	for i := range n {
		k := rng.IntN(len(cities))
		rows = append(rows, []string{
			fmt.Sprint(i), fmt.Sprintf("%d %s Street", 1+rng.IntN(400), streets[rng.IntN(6)]),
			fmt.Sprintf("%05d", 97000+13*k+rng.IntN(3)), cities[k], states[k], fmt.Sprint(rng.IntN(9000))})
	}
	return []string{"shop", "street", "postcode", "city", "state", "sales"}, rows
}

// TestRulesOfRows holds what becomes of single cells that are wrong in a table
// that is right otherwise.
func TestRulesOfRows(t *testing.T) {
	small, large := 600, 8000
	for _, c := range []struct {
		name   string
		damage func(row []string)
		rule   string // that mends it; none where it stays
		rows   int
	}{
		{"a misspelled city", func(r []string) { r[3] = r[3][:3] + "q" + r[3][4:] }, "spelling", small},
		{"another city's state", func(r []string) {
			if r[4] = "UT"; r[3] == "Clayton" {
				r[4] = "OR"
			}
		}, "dependency", large},
		{"no state", func(r []string) { r[4] = "" }, "shift|dependency", large},
		{"city and state in one cell", func(r []string) { r[3], r[4] = r[3]+" "+r[4], "" }, "shift", small},
		{"city and state exchanged", func(r []string) { r[3], r[4] = r[4], r[3] }, "swap", small},
		{"an unlikely number", func(r []string) { r[5] = "9999999" }, "", small},
	} {
		t.Run(c.name, func(t *testing.T) {
			columns, right := shops(c.rows)
			rows := make([][]string, len(right))
			for i, r := range right {
				rows[i] = slices.Clone(r)
			}
			hurt := []int{5, 105, 205, 305, 405}
			for _, i := range hurt {
				c.damage(rows[i])
			}
			cleaner := learned(t, tableOf(columns, rows, profile.Reading{}), Options{})
			for i := range rows {
				got, edits := cleaned(cleaner, rows[i])
				want := right[i]
				if c.rule == "" {
					want = rows[i]
				}
				if !slices.Equal(got, want) {
					t.Errorf("row %d: %q becomes %q, want %q: %+v", i, rows[i], got, want, edits)
				}
			}
		})
	}
}

func TestMisspelledWords(t *testing.T) {
	var rows [][]string
	words, wheels := []string{"bicycle", "tricycle", "scooter", "north", "south"}, []string{"two", "three", "two", "none", "none"}
	for i := range 2000 {
		rows = append(rows, []string{words[i%5], wheels[i%5]})
	}
	rows = append(rows, []string{"bicyclw", "two"}, []string{"scooterr", "two"}, []string{"bycicle", "two"}, []string{"scoter", "two"}, []string{"tricycle*", "three"},
		[]string{"noth", "none"}, []string{"tricyle", "three"}, []string{"motor", "none"})
	cleaner := learned(t, tableOf([]string{"word", "wheels"}, rows, profile.Reading{}), Options{})
	for cell, want := range map[string]string{
		"bicyclw": "bicycle", "tricyle": "tricycle", "motor": "motor", "north": "north", "south": "south",
		"scootr":   "scooter",                    // was not there when the rules were learned
		"tram":     "tram",                       // nor was this
		"scooters": "scooters", "forth": "forth", // may be words of their own
	} {
		if got, _ := cleaned(cleaner, []string{cell, "two"}); got[0] != want {
			t.Errorf("%q becomes %q, want %q", cell, got[0], want)
		}
	}
}

// TestSources lets sources speak of things: some are right, some are often
// wrong, and some of the wrong ones copy from each other.
func TestSources(t *testing.T) {
	const things, good, bad, copies = 80, 6, 4, 5
	rng := rand.New(rand.NewPCG(5, 6))
	truth := make([][2]string, things)
	for i := range truth {
		truth[i] = [2]string{fmt.Sprint("g", rng.IntN(60)), fmt.Sprint("h", rng.IntN(60))}
	}
	wrong := func() string { return fmt.Sprint("g", 100+rng.IntN(60)) }
	var rows [][]string
	var copied [things][2]string
	for i := range copied {
		copied[i] = truth[i]
		for k := range 2 {
			if rng.IntN(2) == 0 {
				copied[i][k] = wrong()
			}
		}
	}
	for s := range good + bad + copies {
		for i := range things {
			if rng.IntN(12) == 0 {
				continue
			}
			said := truth[i]
			switch {
			case s >= good+bad:
				said = copied[i]
			case s >= good && rng.IntN(2) == 0, s < good && rng.IntN(20) == 0:
				said[rng.IntN(2)] = wrong()
			}
			rows = append(rows, []string{fmt.Sprint("thing", i), fmt.Sprint("source", s), said[0], said[1]})
		}
	}
	table := tableOf([]string{"thing", "source", "gate", "hall"}, rows, profile.Reading{})
	if r, ok := findRoles(table); !ok || r.entity != 0 || r.source != 1 || !slices.Equal(r.stated, []int{2, 3}) {
		t.Fatalf("roles %+v, %v", r, ok)
	}
	cleaner := learned(t, table, Options{Rules: []string{"source"}})
	written, right, still := 0, 0, 0
	for _, r := range rows {
		var i int
		if _, err := fmt.Sscanf(r[0], "thing%d", &i); err != nil {
			t.Fatal(err)
		}
		got, edits := cleaned(cleaner, r)
		for _, e := range edits {
			written++
			if e.mended == truth[i][e.column-2] {
				right++
			}
		}
		for k := range 2 {
			if got[2+k] != truth[i][k] {
				still++
			}
		}
	}
	if float64(right) < 0.98*float64(written) || float64(still) > 0.02*float64(2*len(rows)) {
		t.Errorf("%d of %d changes are right, %d of %d cells are still wrong", right, written, still, 2*len(rows))
	}
}

// TestPanelsAreNoConflict leaves alone a table in which a second column, a year,
// changes what is said.
func TestPanelsAreNoConflict(t *testing.T) {
	var rows [][]string
	rng := rand.New(rand.NewPCG(7, 8))
	for c := range 40 {
		for y := range 10 {
			rows = append(rows, []string{fmt.Sprint("country", c), fmt.Sprint(2000 + y), fmt.Sprint(1000*c + 37*y), fmt.Sprint(rng.IntN(100))})
		}
	}
	cleaner := learned(t, tableOf([]string{"country", "year", "income", "rank"}, rows, profile.Reading{}), Options{})
	for _, r := range rows {
		if _, edits := cleaned(cleaner, r); len(edits) > 0 {
			t.Fatalf("%q: %+v", r, edits)
		}
	}
}

// TestLedgerReverses applies the changes of damaged tables backwards.
func TestLedgerReverses(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 1))
		columns, rows := shops(200)
		for range 60 {
			r := rows[rng.IntN(len(rows))]
			k := rng.IntN(len(r))
			r[k] = [](func(string) string){
				func(s string) string { return " " + s + " " },
				func(s string) string { return s + "Ã©" },
				func(string) string { return "" },
				func(string) string { return "N/A" },
				func(s string) string { return s[:len(s)/2] + "x" + s[len(s)/2:] },
				func(string) string { return r[rng.IntN(len(r))] },
				func(s string) string { return s + " km" },
			}[rng.IntN(7)](r[k])
		}
		cleaner := learned(t, tableOf(columns, rows, profile.Reading{}), Options{})
		changes := 0
		for _, r := range rows {
			got, edits := cleaned(cleaner, r)
			changes += len(edits)
			for _, e := range slices.Backward(edits) {
				if got[e.column] != e.mended {
					t.Fatalf("seed %d: the ledger says %q, the cell %q", seed, e.mended, got[e.column])
				}
				got[e.column] = e.old
			}
			if !slices.Equal(got, r) {
				t.Fatalf("seed %d: %q goes back to %q", seed, r, got)
			}
		}
		if changes < 10 {
			t.Errorf("seed %d: %d changes", seed, changes)
		}
	}
}

// TestAnyOrder cleans rows in another order, and with what was remembered of
// other rows, alike.
func TestAnyOrder(t *testing.T) {
	columns, rows := shops(300)
	for i, r := range rows {
		if i%7 == 0 {
			r[3] += "e"
		}
		if i%11 == 0 {
			r[4] = ""
		}
	}
	plan, err := Learn(tableOf(columns, rows, profile.Reading{}), Options{})
	if err != nil {
		t.Fatal(err)
	}
	one, err := plan.Cleaner(columns)
	if err != nil {
		t.Fatal(err)
	}
	for i := len(rows) - 1; i >= 0; i-- {
		fresh, err := plan.Cleaner(columns)
		if err != nil {
			t.Fatal(err)
		}
		a, _ := cleaned(one, rows[i])
		b, _ := cleaned(fresh, rows[i])
		if !slices.Equal(a, b) {
			t.Fatalf("row %d: %q or %q", i, a, b)
		}
	}
}

// TestCoordinates mends places that lie far from all others.
func TestCoordinates(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 9))
	var rows [][]string
	for range 300 {
		rows = append(rows, []string{fmt.Sprintf("%.5f", 40.7+0.1*rng.Float64()), fmt.Sprintf("%.5f", -74+0.1*rng.Float64())})
	}
	right := make([][]string, len(rows))
	for i := range rows {
		right[i] = slices.Clone(rows[i])
	}
	rows[7][0], rows[7][1] = rows[7][1], rows[7][0]
	rows[9][1] = rows[9][1][1:]
	right[9] = rows[9] // a place abroad, or a lost minus?
	rows[11][0], right[11][0] = `40°45'18"N`, "40.755"
	rows[13][0], rows[13][1] = "0.00000", "0.00000" // unknown, and nothing says what it was
	right[13] = rows[13]
	cleaner := learned(t, tableOf([]string{"lat", "lon"}, rows, profile.Reading{}), Options{})
	for i := range rows {
		if got, _ := cleaned(cleaner, rows[i]); !slices.Equal(got, right[i]) {
			t.Errorf("%q becomes %q, want %q", rows[i], got, right[i])
		}
	}
}

// TestZerosByGroup pads postcodes as those of their country are.
func TestZerosByGroup(t *testing.T) {
	var rows [][]string
	for i := range 300 {
		switch i % 3 {
		case 0:
			rows = append(rows, []string{"DE", fmt.Sprintf("%05d", 1000+317*i%90000)})
		case 1:
			rows = append(rows, []string{"CH", fmt.Sprint(1000 + 31*i%9000)})
		default:
			rows = append(rows, []string{"GB", fmt.Sprintf("SW%d %dAA", i%20, i%10)})
		}
	}
	rows[0][1], rows[3][1] = "1067", "4109"
	cleaner := learned(t, tableOf([]string{"country", "postcode"}, rows, profile.Reading{}), Options{})
	for i, r := range rows {
		want := r[1]
		if i == 0 || i == 3 {
			want = "0" + r[1]
		}
		if got, _ := cleaned(cleaner, r); got[1] != want {
			t.Errorf("%q becomes %q, want %q", r, got[1], want)
		}
	}
}
