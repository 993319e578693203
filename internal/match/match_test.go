package match

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/beamline-go/beamline/internal/inject"
)

// people are persons, some of whom live together, and some of whom are there
// twice, with an error or two.
func people(n int, seed uint64) (columns []string, rows [][]string, person []int) {
	rng := rand.New(rand.NewPCG(seed, 2))
	name := func(syllables int) (s string) {
		for range syllables {
			s += []string{"ba", "ko", "mi", "ren", "sa", "tor", "lin", "dey", "vus", "wal", "gri", "mont"}[rng.IntN(12)]
		}
		return s
	}
	var home []string
	for i := range n {
		if i == 0 || rng.IntN(3) > 0 {
			home = []string{name(3), fmt.Sprint(1 + rng.IntN(200)), name(3) + " street", name(4), fmt.Sprint(1000 + rng.IntN(9000))}
		}
		row := []string{name(2), home[0], home[1], home[2], home[3], home[4], fmt.Sprintf("%d-%02d-%02d", 1930+rng.IntN(70), 1+rng.IntN(12), 1+rng.IntN(28))}
		rows, person = append(rows, row), append(person, i)
		if rng.IntN(4) == 0 {
			twin := slices.Clone(row)
			for range 1 + rng.IntN(2) {
				k := rng.IntN(len(twin))
				switch at := len(twin[k]) / 2; rng.IntN(3) {
				case 0:
					twin[k] = twin[k][:at] + "x" + twin[k][at+1:]
				case 1:
					twin[k] = twin[k][:at] + twin[k][at+1:]
				default:
					twin[0], twin[1] = twin[1], twin[0]
				}
			}
			rows, person = append(rows, twin), append(person, i)
		}
	}
	return []string{"given", "family", "number", "street", "town", "postcode", "born"}, rows, person
}

// products are things of makers, which are alike and not the same: those of one
// maker have its town, and often a kind and a strength in common.
func products() (columns []string, rows [][]string) {
	rng := rand.New(rand.NewPCG(6, 6))
	word := func() (s string) {
		for range 3 {
			s += []string{"ba", "ko", "mi", "ren", "sa", "tor", "lin", "dey", "vus", "wal", "gri", "mont"}[rng.IntN(12)]
		}
		return s
	}
	for range 80 {
		maker, town := word()+" "+word(), word()
		for range 4 + rng.IntN(16) {
			kind := rng.IntN(6)
			rows = append(rows, []string{word() + " " + word() + " " + word(), maker, town, fmt.Sprint("kind ", "abcdef"[kind:kind+1]), fmt.Sprint(40+kind, " %"), fmt.Sprint(10*kind + rng.IntN(3))})
		}
	}
	return []string{"name", "maker", "town", "kind", "strength", "bitterness"}, rows
}

// TestAlikeIsNotTheSame finds nothing where nothing is there twice, and, of what
// is, nothing else.
func TestAlikeIsNotTheSame(t *testing.T) {
	columns, rows := products()
	if _, pairs, _ := run(columns, rows); len(pairs) > 0 {
		t.Errorf("%d pairs of %d products that differ", len(pairs), len(rows))
	}
	for _, rate := range []float64{0.02, 0.1} {
		all, of := inject.Repeat(rows, rate, 3)
		_, pairs, _ := run(columns, all)
		right := 0
		for _, p := range pairs {
			if int(p.B.Row) >= len(rows) && of[int(p.B.Row)-len(rows)] == int(p.A.Row) {
				right++
			}
		}
		if float64(right) < 0.9*float64(len(of)) || float64(right) < 0.9*float64(len(pairs)) {
			t.Errorf("%d copies: %d pairs, %d right", len(of), len(pairs), right)
		}
	}
}

// TestAbbreviations finds persons whose street is written out once and not again.
func TestAbbreviations(t *testing.T) {
	columns, rows, _ := people(400, 7)
	var all [][]string
	for i, r := range rows[:300] {
		all = append(all, r)
		if i%4 == 0 {
			twin := slices.Clone(r)
			twin[3] = strings.Replace(r[3], "street", "St.", 1)
			all = append(all, twin)
		}
	}
	m, _, _ := run(columns, all)
	if !m.Columns[3].Short {
		t.Error("streets are not abbreviated")
	}
	record := func(street string) *Record {
		r := m.record(Place{}, []string{"a", "b", "1", street, "c", "1", "d"}, nil)
		return &r
	}
	levels := make([]int8, len(m.Columns))
	for _, c := range []struct {
		a, b string
		same bool
	}{{"Oak Street", "oak st.", true}, {"12 N. Elm Ave", "12 North Elm Avenue", true}, {"St Kilda Road", "Street Kilda Rd", false}, {"Oak Street", "Oak Road", false}} {
		if m.compare(record(c.a), record(c.b), levels); (levels[3] == same) != c.same {
			t.Errorf("%q and %q: level %d", c.a, c.b, levels[3])
		}
	}
}

// TestPersons tells persons from the people they live with.
func TestPersons(t *testing.T) {
	columns, rows, person := people(1500, 5)
	m, pairs, _ := run(columns, rows)
	truth, right := 0, 0
	for i := 1; i < len(person); i++ {
		if person[i] == person[i-1] {
			truth++
		}
	}
	for _, p := range pairs {
		if person[p.A.Row] == person[p.B.Row] {
			right++
		}
	}
	if got := f1(len(pairs), right, truth); got < 0.98 {
		t.Errorf("F1 %.3f: %d pairs, %d of %d; groups %v", got, len(pairs), right, truth, m.Groups)
	}
}

// TestOrderDoesNotCount matches the same rows in another order.
func TestOrderDoesNotCount(t *testing.T) {
	columns, rows, _ := people(800, 6)
	named := func(rows [][]string) (out []string) {
		_, pairs, _ := run(columns, rows)
		for _, p := range pairs {
			names := []string{fmt.Sprint(rows[p.A.Row]), fmt.Sprint(rows[p.B.Row])}
			slices.Sort(names)
			out = append(out, fmt.Sprint(names))
		}
		slices.Sort(out)
		return out
	}
	a := named(rows)
	slices.Reverse(rows)
	b := named(rows)
	missed := 0
	for _, p := range a {
		if _, ok := slices.BinarySearch(b, p); !ok {
			missed++
		}
	}
	if len(a) < 100 || float64(missed) > 0.02*float64(len(a)) {
		t.Errorf("%d pairs, and %d in reverse order, %d of the first are missing", len(a), len(b), missed)
	}
}

// TestNoChains keeps apart what only a chain of matches joins.
func TestNoChains(t *testing.T) {
	at := func(row int64) Place { return Place{Row: row} }
	var chain []Pair
	for i := range int64(6) {
		chain = append(chain, Pair{A: at(i), B: at(i + 1), Odds: float64(10 - i)})
	}
	for _, c := range Clusters(Decide(chain, false)) {
		if len(c) > 3 {
			t.Errorf("a chain became a cluster of %d", len(c))
		}
	}
}

func TestOneToOne(t *testing.T) {
	at := func(side uint8, row int64) Place { return Place{Side: side, Row: row} }
	got := Decide([]Pair{{A: at(0, 1), B: at(1, 1), Odds: 1}, {A: at(0, 1), B: at(1, 2), Odds: 3}, {A: at(0, 2), B: at(1, 2), Odds: 2}, {A: at(0, 1), B: at(1, 2), Odds: 3}}, true)
	if len(got) != 1 || got[0].B != at(1, 2) {
		t.Errorf("%v", got)
	}
}

func TestTidy(t *testing.T) {
	for cell, want := range map[string]string{
		"  Müller-Lüdenscheidt ": "muller ludenscheidt", "O'Brien": "o brien", "A &amp; B": "a b", "N/A": "", "Straße 5": "strasse 5", "x;y|z, w.": "x;y|z, w.",
	} {
		if got := tidy(cell); got != want {
			t.Errorf("%q becomes %q, want %q", cell, got, want)
		}
	}
}

func TestSurvivor(t *testing.T) {
	got := Survivor([][]string{{"Ann", "Main St", ""}, {"ann", "Main Street", "02139"}, {"Anne", "Main Street", ""}})
	if want := []string{"Ann", "Main Street", "02139"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestTooLittle(t *testing.T) {
	for _, rows := range [][][]string{nil, {{"a", "b"}}, {{"", ""}, {"", ""}}} {
		if _, pairs, _ := run([]string{"x", "y"}, rows); len(pairs) != 0 {
			t.Errorf("%q: %v", rows, pairs)
		}
	}
}
