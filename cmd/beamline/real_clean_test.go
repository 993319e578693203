package main

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestRealDirtyTables cleans tables of which the right cells are known. Every
// changed cell counts, white space is normalised. Taken backwards, the ledger
// gives the table as it was.
func TestRealDirtyTables(t *testing.T) {
	tidy := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	for _, c := range []struct {
		name                  string
		f1, precision, damage float64
	}{{"hospital", 0.95, 0.95, 0.001}, {"beers", 0.98, 0.95, 0.001}, {"flights", 0.65, 0.85, 0.02}, {"movies", 0.4, 0.95, 0.001}} {
		out := filepath.Join(t.TempDir(), "out")
		dirtyFile := real(t, "dirty/"+c.name+"/dirty.csv")
		done(t, "clean", dirtyFile, "--format", "csv", "--out", out)
		dirty, right, mended := readCSV(t, dirtyFile), readCSV(t, real(t, "dirty/"+c.name+"/clean.csv")), readCSV(t, filepath.Join(out, "clean.csv"))
		var errors, changed, good, damaged, clean float64
		for i := 1; i < len(dirty); i++ {
			for k := range dirty[i] {
				d, r, m := tidy(dirty[i][k]), tidy(right[i][k]), tidy(mended[i][k])
				if d != r {
					errors++
				} else {
					clean++
				}
				if m != d {
					changed++
					if m == r {
						good++
					}
					if d == r {
						damaged++
					}
				}
			}
		}
		f1, precision, damage := 2*good/(changed+errors), good/changed, damaged/clean
		t.Logf("%s: F1 %.4f, precision %.4f, recall %.4f, damage %.5f", c.name, f1, precision, good/errors, damage)
		if f1 < c.f1 || precision < c.precision || damage > c.damage {
			t.Errorf("%s: F1 %.4f, precision %.4f, damage %.5f", c.name, f1, precision, damage)
		}
		takeBack(t, c.name, dirty, mended, readCSV(t, filepath.Join(out, "changes.csv")))
	}
}

// takeBack applies a ledger backwards.
func takeBack(t *testing.T, name string, dirty, mended, ledger [][]string) {
	t.Helper()
	column := map[string]int{}
	for k, n := range dirty[0] {
		column[n] = k
	}
	for i := len(ledger) - 1; i > 0; i-- {
		row, err := strconv.Atoi(ledger[i][1])
		if err != nil {
			t.Fatal(err)
		}
		k := column[ledger[i][3]]
		if mended[row][k] != ledger[i][5] {
			t.Fatalf("%s: line %d of the ledger says %q, the cell is %q", name, i, ledger[i][5], mended[row][k])
		}
		mended[row][k] = ledger[i][4]
	}
	for i := range dirty {
		for k := range dirty[i] {
			if dirty[i][k] != mended[i][k] {
				t.Fatalf("%s: row %d, column %d goes back to %q, not to %q", name, i, k, mended[i][k], dirty[i][k])
			}
		}
	}
}
