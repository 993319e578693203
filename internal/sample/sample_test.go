package sample

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/beamline-go/beamline/internal/vector"
	"github.com/beamline-go/beamline/table"
)

func batch(file int, first int64, n int) table.Batch {
	rows := make([][]string, n)
	for i := range rows {
		rows[i] = []string{fmt.Sprint(file, " ", first+int64(i)), "x"}
	}
	return table.Batch{Position: table.Position{Input: file}, First: first, Record: vector.Record([]string{"a", "b"}, rows...)}
}

func texts(r Rows) (out []string) {
	r.Each(func(cells []string) { out = append(out, cells[0]) })
	return out
}

func TestAllAreKeptWhereTheyFit(t *testing.T) {
	var r Rows
	r.Add(batch(1, 1, 2))
	r.Add(batch(0, 1, 3))
	if got, want := texts(r), []string{"0 1", "0 2", "0 3", "1 1", "1 2"}; !slices.Equal(got, want) || !r.Whole() {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestOrderDoesNotCount adds and merges batches in many orders.
func TestOrderDoesNotCount(t *testing.T) {
	const limit = 4 << 10
	var batches []table.Batch
	for i := range 40 {
		batches = append(batches, batch(i%3, int64(100*i+1), 10+i))
	}
	var want Rows
	want.Limit = limit
	for _, b := range batches {
		want.Add(b)
	}
	if n := len(texts(want)); want.Whole() || n < 60 || len(want.Data) > limit {
		t.Fatalf("%d rows in %d bytes at level %d", n, len(want.Data), want.Level)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		rng.Shuffle(len(batches), func(i, j int) { batches[i], batches[j] = batches[j], batches[i] })
		parts := make([]Rows, 4)
		for _, b := range batches {
			p := &parts[rng.IntN(4)]
			p.Limit = limit
			p.Add(b)
		}
		got := parts[0]
		for _, p := range parts[1:] {
			got.Merge(p)
		}
		if got.Seen != want.Seen || !slices.Equal(texts(got), texts(want)) {
			t.Fatal("another order gave another sample")
		}
	}
}

func TestSampleIsUniform(t *testing.T) {
	r := Rows{Limit: 60 << 10}
	for f := range 4 {
		r.Add(batch(f, 1, 5000))
	}
	rows := texts(r)
	perFile := map[byte]int{}
	for _, row := range rows {
		perFile[row[0]]++
	}
	for f := range byte(4) {
		if n := float64(perFile['0'+f]); n < 0.8*float64(len(rows))/4 || n > 1.2*float64(len(rows))/4 {
			t.Errorf("%v of %d rows are of file %d", n, len(rows), f)
		}
	}
}
