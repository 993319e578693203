package inject

import (
	"fmt"
	"slices"
	"testing"
)

func table(n int) (rows [][]string) {
	for i := range n {
		rows = append(rows, []string{fmt.Sprint(1000 + i), "Oak Hill", fmt.Sprintf("2021-03-%02d", 1+i%28), []string{"red", "green", "blue"}[i%3]})
	}
	return rows
}

// TestSpoil counts the errors of each kind, and repeats them.
func TestSpoil(t *testing.T) {
	rows := table(2000)
	for _, kind := range Kinds {
		spoiled := Spoil(rows, kind, 0.05, 7)
		wrong, more := 0, 0
		for i := range rows {
			n := 0
			for k := range rows[i] {
				if rows[i][k] != spoiled[i][k] {
					n++
				}
			}
			wrong += n
			if n > 2 {
				more++
			}
		}
		if wrong < 100 || wrong > 1000 || more > 20 {
			t.Errorf("%s: %d wrong cells, %d rows with several", kind.Name, wrong, more)
		}
		for i, r := range Spoil(rows, kind, 0.05, 7) {
			if !slices.Equal(r, spoiled[i]) {
				t.Fatalf("%s: another error in row %d the second time", kind.Name, i)
			}
		}
	}
	if slices.ContainsFunc(rows, func(r []string) bool { return r[1] != "Oak Hill" }) {
		t.Error("the clean rows have changed")
	}
}

func TestRepeat(t *testing.T) {
	rows := table(1000)
	all, of := Repeat(rows, 0.1, 3)
	if len(all) != len(rows)+len(of) || len(of) < 60 || len(of) > 140 {
		t.Fatalf("%d rows, %d copies", len(all), len(of))
	}
	for i, from := range of {
		different := 0
		for k := range rows[from] {
			if all[len(rows)+i][k] != rows[from][k] {
				different++
			}
		}
		if different != 1 {
			t.Errorf("%q is a copy of %q", all[len(rows)+i], rows[from])
		}
	}
}

// TestSlips puts slips into some columns, the same ones for the same seed.
func TestSlips(t *testing.T) {
	var rows [][]string
	for i := range 400 {
		rows = append(rows, []string{"Lakeside Road", "Oak", "a word", "", string(rune('a' + i%26))})
	}
	count := func(out [][]string) (n int) {
		for i := range rows {
			for k := range rows[i] {
				if rows[i][k] != out[i][k] {
					n++
				}
			}
		}
		return n
	}
	n, again := 0, 0
	for seed := range uint64(20) {
		out := Slips(rows, 0.2, seed)
		n += count(out)
		again += count(Slips(rows, 0.2, seed))
		for i := range out {
			if out[i][3] != "" {
				t.Fatalf("an empty cell became %q", out[i][3])
			}
		}
		if count(Dissent(rows, 0.2, seed)) > 2000 {
			t.Error("too many cells dissent")
		}
	}
	if n == 0 || n != again {
		t.Errorf("%d slips, %d with the same seeds", n, again)
	}
}
