package main

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// persons is a table of persons of whom every third is there twice, with a typo.
func persons(n int) string {
	rng := rand.New(rand.NewPCG(8, 1))
	word := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = "abcdefghijklmnoprstuvw"[rng.IntN(22)]
		}
		return string(b)
	}
	var out strings.Builder
	out.WriteString("id,name,street,town,born\n")
	for i := range n {
		name, street, town, born := word(8), word(9)+" road", word(7), fmt.Sprintf("19%02d-%02d-%02d", rng.IntN(99), 1+rng.IntN(12), 1+rng.IntN(28))
		fmt.Fprintf(&out, "%d,%s,%s,%s,%s\n", i, name, street, town, born)
		if i%3 == 0 {
			fmt.Fprintf(&out, "%d-b,%s,%s,%s,%s\n", i, name[:3]+"x"+name[4:], street, town, born)
		}
	}
	return out.String()
}

func readPairs(t *testing.T, dir string) [][]string {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "pairs.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return records[1:]
}

// TestDedupe finds the persons who are there twice, with the same bytes however
// the table is cut.
func TestDedupe(t *testing.T) {
	table := file(t, "persons.csv", persons(600))
	var first [3]string
	for i, splits := range []string{"1", "8"} {
		out := filepath.Join(t.TempDir(), "out")
		done(t, "dedupe", table, "--key", "id", "--splits", splits, "--out", out)
		if run := readRun(t, out); run.Rows.Read != 800 || run.Rows.Used != 800 {
			t.Errorf("rows %+v", run.Rows)
		}
		pairs := readPairs(t, out)
		if len(pairs) < 195 || len(pairs) > 205 {
			t.Errorf("%d pairs, want 200", len(pairs))
		}
		for _, p := range pairs {
			if p[6] != p[3]+"-b" || !strings.Contains(p[8], "name close") {
				t.Errorf("pair %q", p)
			}
		}
		// Each thing is there once, with the records that it was built from.
		if things := readCSV(t, out, "survivors.csv"); len(things) != 1+800-len(pairs) || strings.Join(things[0], ",") != "cluster,records,id,name,street,town,born" {
			t.Errorf("%d things of 800 records and %d pairs: %q", len(things)-1, len(pairs), things[0])
		}
		members := map[string]int{}
		for _, r := range readCSV(t, out, "clusters.csv")[1:] {
			members[r[3]]++
		}
		for _, thing := range readCSV(t, out, "survivors.csv")[1:] {
			if fmt.Sprint(members[thing[0]]) != thing[1] {
				t.Errorf("%q has %d records", thing, members[thing[0]])
			}
			delete(members, thing[0])
		}
		if len(members) > 0 {
			t.Errorf("%d things are not among the survivors", len(members))
		}
		for k, name := range []string{"pairs.csv", "survivors.csv", "clusters.csv"} {
			data, err := os.ReadFile(filepath.Join(out, name))
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				first[k] = string(data)
			} else if string(data) != first[k] {
				t.Errorf("%s differs with %s splits", name, splits)
			}
		}
	}
}

// TestDedupeTwoTables links a table to another, whose columns stand in another
// order and of which one is not in the first.
func TestDedupeTwoTables(t *testing.T) {
	all := strings.Split(strings.TrimSpace(persons(600)), "\n")
	left, right := "id,name,street,town,born\n", "town,note,name,id,born\n"
	for _, line := range all[1:] {
		f := strings.Split(line, ",")
		if strings.HasSuffix(f[0], "-b") {
			right += strings.Join([]string{f[3], "x", f[1], f[0], f[4]}, ",") + "\n"
		} else {
			left += line + "\n"
		}
	}
	out := filepath.Join(t.TempDir(), "out")
	done(t, "dedupe", file(t, "left.csv", left), file(t, "right.csv", right), "--key", "id", "--out", out)
	pairs := readPairs(t, out)
	if len(pairs) < 195 || len(pairs) > 200 {
		t.Errorf("%d pairs, want 200", len(pairs))
	}
	for _, p := range pairs {
		if p[6] != p[3]+"-b" {
			t.Errorf("pair %q", p)
		}
	}
}

// TestThreshold takes fewer records for one where more is asked for.
func TestThreshold(t *testing.T) {
	few := strings.Join(lines(strings.Join(lines(persons(300), 3), "\n"), 3), "\n") // two columns leave doubts
	table := file(t, "persons.csv", few+"\n")
	pairs := map[string]int{}
	for _, threshold := range []string{"0.1", "0.5", "0.999999999999999"} {
		out := filepath.Join(t.TempDir(), "out")
		done(t, "dedupe", table, "--threshold", threshold, "--format", "parquet", "--out", out)
		pairs[threshold] = len(readPairs(t, out))
		page, err := os.ReadFile(filepath.Join(out, "report.html"))
		if err != nil || !strings.Contains(string(page), "Pairs, side by side") && pairs[threshold] > 0 {
			t.Errorf("the page lacks the pairs: %v", err)
		}
		if _, err := os.Stat(filepath.Join(out, "survivors.parquet")); err != nil {
			t.Error(err)
		}
	}
	if pairs["0.1"] < pairs["0.5"] || pairs["0.5"] <= pairs["0.999999999999999"] {
		t.Errorf("pairs by threshold: %v", pairs)
	}
	if s := beamline(t, "dedupe", table, "--threshold", "1"); s.code != 2 {
		t.Errorf("exit %d: %s", s.code, s.stderr)
	}
}
