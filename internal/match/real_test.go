package match

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/vector"
)

// readCells reads a table as text; the first column is the name of the record.
func readCells(t *testing.T, path string) (columns []string, rows [][]string) {
	t.Helper()
	root := os.Getenv("BEAMLINE_DATA")
	if root == "" {
		t.Skip("BEAMLINE_DATA is not set")
	}
	data, err := os.ReadFile(filepath.Join(root, "entities", path))
	if err != nil {
		t.Fatal(err)
	}
	header := true
	b, err := csv.ReadBytes(data, path, csv.Settings{Header: &header})
	if err != nil {
		t.Fatal(err)
	}
	return vector.Rows(b.Record)
}

// run matches tables in this process.
func run(columns []string, tables ...[][]string) (*Model, []Pair, []Cells) {
	var all []Cells
	for side, rows := range tables {
		for i, r := range rows {
			all = append(all, Cells{Place{Side: uint8(side), Row: int64(i)}, r})
		}
	}
	m := Learn(columns, all, int64(len(all)))
	x, keyer := NewMatcher(m), NewKeyer(m, 0, len(m.Blocking))
	blocks := map[uint64][]*Record{}
	for _, c := range all {
		r := x.Record(c)
		keyer.Each(c, func(_ int, value uint64) { blocks[value] = append(blocks[value], &r) })
	}
	var pairs []Pair
	for _, b := range blocks {
		x.Block(b, func(p Pair) { pairs = append(pairs, p) })
	}
	return m, Decide(pairs, m.Two), all
}

func without(rows [][]string, column int) [][]string {
	out := make([][]string, len(rows))
	for i, r := range rows {
		out[i] = slices.Concat(r[:column], r[column+1:])
	}
	return out
}

// f1 compares links with the truth, which says of which thing each record is.
func f1(found int, right int, truth int) float64 { return 2 * float64(right) / float64(found+truth) }

// TestRealPersons finds the duplicates of the febrl tables, whatever the order of
// their rows.
func TestRealPersons(t *testing.T) {
	for _, c := range []struct {
		file  string
		least float64
	}{{"dataset1.csv", 0.99}, {"dataset2.csv", 0.997}} {
		columns, rows := readCells(t, c.file)
		for seed := range uint64(3) {
			rng := rand.New(rand.NewPCG(seed, 9))
			rng.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
			thing := func(row []string) string { return strings.Split(row[0], "-")[1] }
			count := map[string]int{}
			truth := 0
			for _, r := range rows {
				truth += count[thing(r)]
				count[thing(r)]++
			}
			m, pairs, _ := run(columns[1:], without(rows, 0))
			right := 0
			for _, p := range pairs {
				if thing(rows[p.A.Row]) == thing(rows[p.B.Row]) {
					right++
				}
			}
			got := f1(len(pairs), right, truth)
			t.Logf("%s, order %d: %d pairs, %d right of %d, F1 %.4f, %d keys", c.file, seed, len(pairs), right, truth, got, len(m.Blocking))
			if got < c.least {
				t.Errorf("%s: F1 %.4f, want %.4f", c.file, got, c.least)
			}
		}
	}
}

// TestRealPapers links two bibliographies.
func TestRealPapers(t *testing.T) {
	columns, a := readCells(t, "dblp-acm/DBLP2.csv")
	_, b := readCells(t, "dblp-acm/ACM.csv")
	_, links := readCells(t, "dblp-acm/DBLP-ACM_perfectMapping.csv")
	truth := map[[2]string]bool{}
	for _, l := range links {
		truth[[2]string{l[0], l[1]}] = true
	}
	for seed := range uint64(3) {
		rng := rand.New(rand.NewPCG(seed, 9))
		rng.Shuffle(len(a), func(i, j int) { a[i], a[j] = a[j], a[i] })
		rng.Shuffle(len(b), func(i, j int) { b[i], b[j] = b[j], b[i] })
		m, pairs, _ := run(columns[1:], without(a, 0), without(b, 0))
		right := 0
		for _, p := range pairs {
			if truth[[2]string{a[p.A.Row][0], b[p.B.Row][0]}] {
				right++
			}
		}
		got := f1(len(pairs), right, len(truth))
		t.Logf("order %d: %d pairs, %d right of %d, F1 %.4f, %d keys", seed, len(pairs), right, len(truth), got, len(m.Blocking))
		if got < 0.987 {
			t.Errorf("F1 %.4f, want 0.987", got)
		}
	}
}
