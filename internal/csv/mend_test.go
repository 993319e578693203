package csv

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// slip breaks a record in one of the ways that are mended.
func slip(rng *rand.Rand, line string, d Dialect) (string, string) {
	delimiter := string([]byte{d.Delimiter})
	var at []int
	for i := range len(line) { // outside of quotes
		if line[i] == d.Delimiter && strings.Count(line[:i], `"`)%2 == 0 {
			at = append(at, i)
		}
	}
	k := at[rng.IntN(len(at))]
	switch rng.IntN(4) {
	case 0:
		return "delimiter lost", line[:k] + line[k+1:]
	case 1:
		return "delimiter doubled", line[:k] + delimiter + line[k:]
	case 2:
		return "stray quote", line[:k+1] + `"` + line[k+1:]
	}
	return "last cell lost", line[:at[len(at)-1]]
}

// TestRealMends breaks records of real tables, on which nothing was tuned, and asks
// that what is mended is right: a mended record has the cells that it had, but for a
// quote that was put before one of them, and its last cell where that was lost.
func TestRealMends(t *testing.T) {
	dir := os.Getenv("BEAMLINE_DATA")
	if dir == "" {
		t.Skip("BEAMLINE_DATA is not set")
	}
	type score struct{ right, wrong, refused int }
	sum := map[string]score{}
	for _, name := range []string{"ames/train.csv", "tabular/penguins.csv", "tabular/titanic_train.csv", "tabular/diamonds.csv",
		"tabular/winequality-red.csv", "dirty/hospital/clean.csv", "dirty/beers/clean.csv", "entities/dataset1.csv", "stream/elec.csv"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		data = data[:min(len(data), 600<<10)]
		data = Default.wholeLines(data)
		f, whole, err := detected(t, data, Settings{})
		if err != nil {
			t.Fatal(name, err)
		}
		rng := rand.New(rand.NewPCG(uint64(len(data)), 5))
		lines := strings.SplitAfter(string(data), "\n")
		broken, how := bytes.Buffer{}, map[int64]string{}
		for i, line := range lines {
			row := int64(i)
			if !f.Header {
				row++
			}
			if i > 20 && line != "" && rng.IntN(25) == 0 {
				how[row], line = slip(rng, strings.TrimRight(line, "\r\n"), f.Dialect)
				line += "\n"
			}
			broken.WriteString(line)
		}
		_, got, err := detected(t, broken.Bytes(), Settings{Repair: true})
		if err != nil {
			t.Fatal(name, err)
		}
		own := score{}
		for i, row := range got.Numbers {
			kind := how[row]
			if kind == "" {
				continue
			}
			same := true
			for c := range got.Rows[i] {
				a, b := got.Rows[i][c], whole.Rows[row-1][c]
				same = same && (a == b || kind == "stray quote" && strings.Trim(a, `" `) == strings.Trim(b, `" `) ||
					kind == "last cell lost" && c == len(got.Rows[i])-1 && a == "")
			}
			s := sum[kind]
			if same {
				s.right, own.right = s.right+1, own.right+1
			} else {
				s.wrong, own.wrong = s.wrong+1, own.wrong+1
				if own.wrong < 3 {
					t.Logf("%s, record %d, %s: %q, was %q", name, row, kind, got.Rows[i], whole.Rows[row-1])
				}
			}
			sum[kind] = s
		}
		for _, r := range got.Rejects {
			if kind := how[r.Row]; kind != "" {
				s := sum[kind]
				s.refused, own.refused = s.refused+1, own.refused+1
				sum[kind] = s
			}
		}
		t.Logf("%-28s right %4d, wrong %3d, refused %4d", name, own.right, own.wrong, own.refused)
	}
	all := score{}
	for _, kind := range slices.Sorted(maps.Keys(sum)) {
		s := sum[kind]
		t.Logf("%-28s right %4d, wrong %3d, refused %4d", kind, s.right, s.wrong, s.refused)
		all = score{all.right + s.right, all.wrong + s.wrong, all.refused + s.refused}
	}
	if all.right < 500 || all.wrong*50 > all.right {
		t.Errorf("%d right, %d wrong, %d refused", all.right, all.wrong, all.refused)
	}
}
