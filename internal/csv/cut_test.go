package csv

import (
	"bytes"
	"flag"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"runtime"
	"sync"
	"testing"
)

var cuts = flag.Int("cuts", 3, "into how many different sizes of blocks each large file of the suites is cut")

// sizes are block sizes to cut a file of n bytes by: all of a small one, so that
// there is a cut at each offset, and some of a large one.
func sizes(n int, rng *rand.Rand) []int64 {
	var out []int64
	if n <= 300 {
		for size := 1; size < n; size++ {
			out = append(out, int64(size))
		}
		return out
	}
	for range *cuts {
		out = append(out, 16+rng.Int64N(int64(n)))
	}
	return out
}

// cutAnywhere reads a file whole and cut, with and without repair.
func cutAnywhere(t *testing.T, name string, data []byte) {
	rng := rand.New(rand.NewPCG(uint64(len(data)), 1))
	for _, repair := range []bool{false, true} {
		f, want, err := detected(t, data, Settings{Repair: repair})
		if err != nil {
			continue
		}
		for _, size := range sizes(len(data), rng) {
			if got := readFormat(t, data, f, size); !reflect.DeepEqual(got, want) {
				t.Errorf("%s: blocks of %d bytes give another table (repair %v)", name, size, repair)
				break
			}
		}
	}
}

// TestRealCutAnywhere cuts every delimited file of the suites.
func TestRealCutAnywhere(t *testing.T) {
	files := map[string][]byte{}
	for _, pattern := range []string{"csv-spectrum/csvs/*.csv", "csv-test-data/csv/*.csv"} {
		names, err := filepath.Glob(filepath.Join(suite(t, pattern)))
		if err != nil || len(names) == 0 {
			t.Fatal(pattern, err)
		}
		for _, n := range names {
			files[n] = contents(t, n)
		}
	}
	for i, p := range pollock(t) {
		if !testing.Short() || i%100 == 0 {
			files[p.name] = p.data
		}
	}
	todo := make(chan string)
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for name := range todo {
				cutAnywhere(t, name, files[name])
			}
		})
	}
	for name := range files {
		todo <- name
	}
	close(todo)
	wg.Wait()
}

// TestMendedIsCutAnywhere cuts a table with malformed records, broken lines and
// another table behind it at every offset.
func TestMendedIsCutAnywhere(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("id,day,text,price\n")
	good := func(from, to int) {
		for i := from; i < to; i++ {
			day := i%28 + 1
			b.WriteString(string(rune('A'+i%26)) + "-10" + string(rune('0'+i%10)) + ",2024-05-")
			b.WriteByte(byte('0' + day/10))
			b.WriteByte(byte('0' + day%10))
			b.WriteString([]string{",some words,1", ",\"words, some\",1"}[i%2] + string(rune('0'+i%10)) + ".50\n")
		}
	}
	good(0, 20)
	b.WriteString("Q-101,2024-05-02,broken\nwords,11.50\n")
	b.WriteString("Q-102,2024-05-022,lost words,11.50,\n")
	b.WriteString("Q-1032024-05-03,other words,12.50\n")
	b.WriteString("Q-104,2024-05-04,\"stray words,12.50\n")
	b.WriteString("Q-104;2024-05-04;new words;12.50\n")
	b.WriteString("Q-105,2024-05-05,cut\nhere,10.50\n")
	b.WriteString("what is this\n")
	good(20, 26)
	for range 25 {
		b.WriteString("another,table\n")
	}
	data := b.Bytes()
	f, want, err := detected(t, data, Settings{Repair: true})
	if err != nil {
		t.Fatal(err)
	}
	rules := map[string]int{}
	for _, r := range want.Changes {
		rules[r.Rule]++
	}
	if !reflect.DeepEqual(rules, map[string]int{RuleJoined: 2, RuleRagged: 2, RuleBadQuote: 1, RuleDelimiter: 1}) {
		t.Errorf("repairs %+v", want.Changes)
	}
	if len(want.Rejects) != 26 || len(want.Rows) != 32 {
		t.Errorf("%d rows, rejects%s", len(want.Rows), places(want.Rejects))
	}
	for size := int64(1); size < int64(len(data)); size++ {
		if got := readFormat(t, data, f, size); !reflect.DeepEqual(got, want) {
			t.Fatalf("blocks of %d bytes give another table", size)
		}
	}
}
