package pipelines

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/match"
	"github.com/beamline-go/beamline/pipelines/runners"
	"github.com/beamline-go/beamline/transforms/matching"
	"github.com/beamline-go/beamline/transforms/tableio"
)

// persons are records of which every third is there twice, with a typo, and every
// seventh of those exactly so.
func persons(n int) (rows [][]string) {
	rng := rand.New(rand.NewPCG(4, 2))
	word := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = "abcdefghijklmnoprstuvw"[rng.IntN(22)]
		}
		return string(b)
	}
	for i := range n {
		row := []string{word(8), word(9) + " road", word(7), fmt.Sprintf("19%02d-%02d-%02d", rng.IntN(99), 1+rng.IntN(12), 1+rng.IntN(28))}
		rows = append(rows, row)
		if i%3 == 0 {
			again := append([]string{}, row...)
			if i%7 != 0 {
				again[0] = row[0][:3] + "x" + row[0][4:]
			}
			rows = append(rows, again)
		}
	}
	return rows
}

// TestLargeTables: a local runner finds the same in a table that is large for it,
// which it reads several times to hold less in memory.
func TestLargeTables(t *testing.T) {
	defer func(large, shuffled int64) { largeSize, shuffledSize = large, shuffled }(largeSize, shuffledSize)
	columns := []string{"name", "street", "town", "born"}
	rows := persons(900)
	text := strings.Join(columns, ",") + "\n"
	var cells []match.Cells
	for i, r := range rows {
		text += strings.Join(r, ",") + "\n"
		cells = append(cells, match.Cells{Place: match.Place{Row: int64(i)}, Cells: r})
	}
	name := filepath.Join(t.TempDir(), "persons.csv")
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	table, err := tableio.Open(t.Context(), []string{name}, csv.Settings{}, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	model := match.Learn(columns, cells, int64(len(cells)))
	matched := []MatchedTable{{Table: table, Compared: []int{0, 1, 2, 3}, Records: int64(len(rows)), Size: int64(len(text))}}
	var learned [2]Learned
	var found [2]matching.Found
	for i, large := range []int64{1 << 40, 1} {
		largeSize, shuffledSize = large, max(large, int64(len(text))/3)
		r := Launcher{Runner: runnerOf(t, "direct"), Splits: 1 + 2*i}
		if learned[i], err = Learn(t.Context(), r, &table, t.TempDir(), Options{Repeats: true}); err != nil {
			t.Fatal(err)
		}
		if found[i], err = Match(t.Context(), r, model, matched, t.TempDir()); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(learned[0].Found.Duplicates); n != 43 {
		t.Errorf("%d repeats, want 43", n)
	}
	if !reflect.DeepEqual(learned[0].Found, learned[1].Found) {
		t.Errorf("repeats %v, of a large table %v", learned[0].Found, learned[1].Found)
	}
	if n := len(found[0].Pairs); n < 290 || n > 330 {
		t.Errorf("%d pairs, want 300", n)
	}
	if !reflect.DeepEqual(found[0], found[1]) {
		t.Errorf("%d pairs, of a large table %d", len(found[0].Pairs), len(found[1].Pairs))
	}
}

func runnerOf(t *testing.T, name string) runners.Runner {
	t.Helper()
	r, err := runners.New(name, nil, "test")
	if err != nil {
		t.Fatal(err)
	}
	return r
}
