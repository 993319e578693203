package sink

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/ptest"

	"github.com/beamline-go/beamline/table"
)

func TestMain(m *testing.M) { ptest.Main(m) }

// fragments are lines of two outputs, in no order.
func fragments(n int) []Fragment {
	var out []Fragment
	for i := range n {
		block := (i * 7) % n // every block once, where n is no multiple of 7
		out = append(out, Fragment{"a.txt", table.Position{File: block % 2, Block: int64(block)}, fmt.Appendf(nil, "block %d\n", block)})
	}
	return append(out, Fragment{"b.txt", table.Position{}, []byte("b\n")}, Fragment{"b.txt", table.Position{Block: 1}, nil})
}

func TestJoinKeepsTheOrderOfTheInput(t *testing.T) {
	for _, shards := range []int{1, 3, 40} {
		dir := t.TempDir()
		p, s := beam.NewPipelineWithRoot()
		all := fragments(20)
		parts := []beam.PCollection{Parts(s, dir, beam.CreateList(s, all[:9])), Parts(s, dir, beam.CreateList(s, all[9:]))}
		o := Options{Headers: map[string]string{"a.txt": "header\n"}, Shards: map[string]int{"a.txt": shards}}
		Results(s, dir, Done(s, Join(s, dir, o, parts...))...)
		ptest.RunAndValidate(t, p)
		want := ""
		for file := range 2 {
			for block := file; block < 20; block += 2 {
				want += fmt.Sprintf("block %d\n", block)
			}
		}
		got := ""
		for k := range shards {
			body, err := os.ReadFile(filepath.Join(dir, ShardName("a.txt", k, shards)))
			if err != nil {
				t.Fatal(err)
			}
			rest, ok := strings.CutPrefix(string(body), "header\n")
			if !ok {
				t.Errorf("part %d of %d begins with %q", k, shards, body)
			}
			got += rest
		}
		if got != want {
			t.Errorf("in %d parts: %q", shards, got)
		}
		if body, err := os.ReadFile(filepath.Join(dir, "b.txt")); err != nil || string(body) != "b\n" {
			t.Errorf("b.txt is %q, %v", body, err)
		}
		left, err := ReadResults(t.Context(), dir)
		if err != nil {
			t.Fatal(err)
		}
		if joined, err := All[Joined](left, joinedKind); err != nil || len(joined) != shards+1 {
			t.Errorf("%v, %v", joined, err)
		}
	}
}

func TestJoinOfNothing(t *testing.T) {
	dir := t.TempDir()
	p, s := beam.NewPipelineWithRoot()
	Results(s, dir, Done(s, Join(s, dir, Options{}, Parts(s, dir, beam.CreateList(s, []Fragment{}))))...)
	ptest.RunAndValidate(t, p)
	left, err := ReadResults(t.Context(), dir)
	if err != nil || len(left) != 0 {
		t.Errorf("%v, %v", left, err)
	}
	if _, err := One[Joined](left, joinedKind); err == nil {
		t.Error("one result was found of none")
	}
}

// TestAFailedAttemptLeavesNothing writes a file whose writer fails.
func TestAFailedAttemptLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out")
	if err := os.WriteFile(path, []byte("before"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := join(t.Context(), path, "", []piece{{part: filepath.Join(dir, "nosuch")}}); err == nil {
		t.Error("a part that is not there was joined")
	}
	body, err := os.ReadFile(path)
	entries, _ := os.ReadDir(dir)
	if err != nil || !bytes.Equal(body, []byte("before")) || len(entries) != 1 {
		t.Errorf("%q, %v, %v", body, err, slices.Collect(func(yield func(string) bool) {
			for _, e := range entries {
				if !yield(e.Name()) {
					return
				}
			}
		}))
	}
}
