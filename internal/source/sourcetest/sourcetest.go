// Package sourcetest holds every source to the same laws.
package sourcetest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/table"
)

// Run checks a source, which must have several blocks. secret is a text that nothing it
// says may hold; empty for a source that has none.
//
// The records are the same in whatever order blocks are read, by one reader or by
// several, however often; each is numbered once, in the order of the blocks, and there
// are as many as the plan says; planning again, or in parts, gives the same plan; a
// source that has travelled reads the same; columns that are not there are empty; what is cancelled ends.
func Run(t *testing.T, s source.Source, secret string) {
	plan, err := s.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	n := len(plan.Grid.Blocks)
	if n < 2 {
		t.Fatalf("the source has %d blocks; the laws need several", n)
	}
	wanted := source.Wanted{Columns: append(slices.Clone(s.Columns()), "no such column"), Input: 3}
	alone := Rows(t, s, plan, wanted)
	numbered(t, alone, plan)
	t.Run("planned again", func(t *testing.T) {
		again, err := s.Plan(t.Context())
		if err != nil || !reflect.DeepEqual(plan, again) {
			t.Errorf("another plan: %v, %v", again, err)
		}
	})
	t.Run("planned in parts", func(t *testing.T) { inParts(t, s, plan) })
	t.Run("travelled", func(t *testing.T) {
		if got := Rows(t, travelled(t, s), plan, wanted); !slices.Equal(got, alone) {
			t.Error("it reads other records")
		}
	})
	if !plan.Serial {
		for seed := range uint64(3) {
			t.Run(fmt.Sprint("order ", seed), func(t *testing.T) {
				if got := shuffled(t, s, plan, wanted, seed); !slices.Equal(got, alone) {
					t.Error("it reads other records")
				}
			})
		}
	}
	t.Run("secret", func(t *testing.T) { discreet(t, s, plan, secret) })
}

// inParts plans a source in parts, where it can be.
func inParts(t *testing.T, s source.Source, want source.Plan) {
	x, ok := source.As[source.Ranged](s)
	if !ok {
		return
	}
	if n, err := x.Ranges(t.Context()); err != nil || n < 1 {
		t.Errorf("it is planned in %d parts: %v", n, err)
	}
	for _, n := range []int{2, 3, len(want.Grid.Blocks)} {
		parts := make([][]byte, n)
		for i := range parts {
			var err error
			if parts[i], err = x.Range(t.Context(), i, n); err != nil {
				t.Fatal(err)
			}
		}
		got, err := x.Join(t.Context(), parts)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("in %d parts the plan is %+v, %v", n, got, err)
		}
	}
}

// Rows reads all blocks in their order, each record as a line.
func Rows(t *testing.T, s source.Source, p source.Plan, w source.Wanted) (lines []string) {
	t.Helper()
	blocks := opened(t, s, p, w)
	defer blocks.Close()
	for b := range p.Grid.Blocks {
		lines = append(lines, read(t, blocks, b, w)...)
	}
	return lines
}

func opened(t *testing.T, s source.Source, p source.Plan, w source.Wanted) source.Blocks {
	t.Helper()
	blocks, err := s.Open(t.Context(), p, w)
	if err != nil {
		t.Fatal(err)
	}
	return blocks
}

// read returns the records of a block and its rejects, in their order.
func read(t *testing.T, blocks source.Blocks, b int, w source.Wanted) (lines []string) {
	t.Helper()
	batch, err := blocks.Read(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	if want := (table.Position{Input: w.Input, Sequence: int64(b)}); batch.Position != want {
		t.Errorf("block %d is at %v", b, batch.Position)
	}
	rejects := batch.Rejects
	refuse := func(before int64) {
		for ; len(rejects) > 0 && rejects[0].Row < before; rejects = rejects[1:] {
			lines = append(lines, fmt.Sprintf("%d refused %s %q", rejects[0].Row, rejects[0].Rule, rejects[0].Input))
		}
	}
	for i := range batch.Len() {
		refuse(batch.Row(i))
		cells := make([]string, batch.Record.NumCols())
		for c := range cells {
			cells[c] = strings.Clone(batch.Record.Column(c).(*array.String).Value(i))
		}
		if last := cells[len(cells)-1]; last != "" {
			t.Errorf("a column that is not there has the cell %q", last)
		}
		lines = append(lines, fmt.Sprintf("%d %q", batch.Row(i), cells))
	}
	refuse(1 << 62)
	return lines
}

// shuffled reads blocks in another order, by two readers, some of them twice.
func shuffled(t *testing.T, s source.Source, p source.Plan, w source.Wanted, seed uint64) []string {
	rng := rand.New(rand.NewPCG(seed, 7))
	readers := []source.Blocks{opened(t, s, p, w), opened(t, s, p, w)}
	defer readers[0].Close()
	defer readers[1].Close()
	found := make([][]string, len(p.Grid.Blocks))
	for _, b := range append(rng.Perm(len(found)), rng.Perm(len(found))[:len(found)/2]...) {
		found[b] = read(t, readers[rng.IntN(2)], b, w)
	}
	return slices.Concat(found...)
}

// numbered checks that records have the numbers from 1 on.
func numbered(t *testing.T, lines []string, p source.Plan) {
	t.Helper()
	for i, l := range lines {
		if !strings.HasPrefix(l, fmt.Sprintf("%d ", i+1)) {
			t.Fatalf("record %d is %s", i+1, l)
		}
	}
	if int64(len(lines)) != p.Grid.Records {
		t.Errorf("%d records, and the plan has %d", len(lines), p.Grid.Records)
	}
}

// travelled is the source as a worker has it.
func travelled(t *testing.T, s source.Source) source.Source {
	t.Helper()
	body, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	out := reflect.New(reflect.TypeOf(s).Elem()).Interface().(source.Source)
	if err := json.Unmarshal(body, out); err != nil {
		t.Fatal(err)
	}
	return out
}

// discreet looks for the secret in what the source says of itself and of its faults.
func discreet(t *testing.T, s source.Source, p source.Plan, secret string) {
	said := []string{s.Name(), s.String(), fmt.Sprint(p)}
	p.Version.Token += "?" // as if it were another version
	if blocks, err := s.Open(t.Context(), p, source.Wanted{Columns: s.Columns()}); err == nil {
		blocks.Close()
		t.Error("another version was opened")
	} else {
		said = append(said, err.Error())
	}
	for _, text := range said {
		if secret != "" && strings.Contains(text, secret) {
			t.Errorf("it says its secret: %s", text)
		}
	}
}
