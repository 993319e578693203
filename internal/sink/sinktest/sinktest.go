// Package sinktest holds every sink to the same laws.
package sinktest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/beamline-go/beamline/internal/sink"
	"github.com/beamline-go/beamline/internal/vector"
	"github.com/beamline-go/beamline/table"
)

// Run checks a sink. open returns one of an output of its own each time, and content
// what the output holds after a commit, byte for byte where it has bytes.
//
// However batches are dealt to parts, and in whatever order parts are written and
// named, the output is the same; a part that is given up, or kept and not named, is no
// part of it; a commit that is done again changes nothing; a batch that has nothing for
// the output leaves no trace; and the sink is the same after it has travelled.
func Run(t *testing.T, open func(t *testing.T) sink.Sink, content func(t *testing.T, made []sink.Made) []byte) {
	batches := Batches(23)
	alone := commit(t, open(t), content, [][]table.Batch{batches})
	if len(alone) == 0 {
		t.Fatal("the output is empty")
	}
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("dealt ", seed), func(t *testing.T) {
			if got := commit(t, open(t), content, deal(batches, seed)); !bytes.Equal(got, alone) {
				t.Errorf("dealt to parts it is\n%.300q\nnot\n%.300q", got, alone)
			}
		})
	}
	t.Run("travels", func(t *testing.T) { travels(t, open(t)) })
	t.Run("nothing", func(t *testing.T) {
		p := begin(t, open(t))
		if err := p.Write(table.Batch{Record: batches[0].Record.NewSlice(0, 0)}); err != nil {
			t.Fatal(err)
		}
		if w, err := p.Close(); err != nil || len(w.Pieces) > 0 {
			t.Errorf("an empty batch left %v, %v", w, err)
		}
	})
}

// Batches are n batches of two sources with everything that a batch can hold.
func Batches(n int) (out []table.Batch) {
	for i := range n {
		at := table.Position{Input: i * 2 / n, Sequence: int64(i)}
		first := int64(100 * i)
		b := table.Batch{Position: at, Source: fmt.Sprint("source ", at.Input), First: first,
			Record: vector.Record([]string{"name", "note"}, []string{fmt.Sprint("a", i), "one, two"}, []string{fmt.Sprint("b", i), `say "so"`})}
		b.Changes = []table.Change{{Source: b.Source, Row: first, Column: "name", Old: "A", New: "a", Rule: "case", Confidence: 0.9}}
		b.Proposals = []table.Change{{Source: b.Source, Row: first + 1, Column: "note", Old: "won", New: "one", Rule: "spelling"}}
		b.Rejects = []table.Reject{{Stage: "read", Rule: "ragged", Source: b.Source, Row: first + 2, Input: "c"}}
		out = append(out, b)
	}
	return out
}

// Write writes batches as one part and commits it.
func Write(t *testing.T, s sink.Sink, batches ...table.Batch) (part sink.Written, made []sink.Made) {
	t.Helper()
	p := begin(t, s)
	write(t, p, batches)
	part, err := p.Close()
	if err != nil {
		t.Fatal(err)
	}
	if made, err = s.Commit(t.Context(), []sink.Written{part}); err != nil {
		t.Fatal(err)
	}
	return part, made
}

// deal gives batches to parts by chance, in no order.
func deal(batches []table.Batch, seed uint64) [][]table.Batch {
	rng := rand.New(rand.NewPCG(seed, 1))
	shuffled := slices.Clone(batches)
	rng.Shuffle(len(shuffled), func(i, k int) { shuffled[i], shuffled[k] = shuffled[k], shuffled[i] })
	parts := make([][]table.Batch, 1+rng.IntN(5))
	for _, b := range shuffled {
		k := rng.IntN(len(parts))
		parts[k] = append(parts[k], b)
	}
	return parts
}

// commit writes parts, some of them twice, and commits them twice.
func commit(t *testing.T, s sink.Sink, content func(*testing.T, []sink.Made) []byte, parts [][]table.Batch) []byte {
	t.Helper()
	var named []sink.Written
	for i, own := range parts {
		if i%2 == 0 { // an attempt that fails, and one that is kept and not named
			begun := begin(t, s)
			write(t, begun, own)
			begun.Abort()
			lost := begin(t, s)
			write(t, lost, own)
			if _, err := lost.Close(); err != nil {
				t.Fatal(err)
			}
		}
		p := begin(t, s)
		write(t, p, own)
		w, err := p.Close()
		if err != nil {
			t.Fatal(err)
		}
		if len(own) > 0 {
			named = append(named, w)
		}
	}
	once := committed(t, s, content, named)
	slices.Reverse(named)
	if again := committed(t, s, content, named); !bytes.Equal(once, again) {
		t.Errorf("committed again it is\n%.300q\nnot\n%.300q", again, once)
	}
	return once
}

func committed(t *testing.T, s sink.Sink, content func(*testing.T, []sink.Made) []byte, parts []sink.Written) []byte {
	t.Helper()
	made, err := s.Commit(t.Context(), parts)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range made {
		if m.Output != s.Name() {
			t.Errorf("it made %q, and its name is %q", m.Output, s.Name())
		}
	}
	return content(t, made)
}

func begin(t *testing.T, s sink.Sink) sink.Part {
	t.Helper()
	p, err := s.Part(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func write(t *testing.T, p sink.Part, batches []table.Batch) {
	t.Helper()
	for _, b := range batches {
		if err := p.Write(b); err != nil {
			t.Fatal(err)
		}
	}
}

// travels makes the sink as a worker has it.
func travels(t *testing.T, s sink.Sink) {
	body, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	back := reflect.New(reflect.TypeOf(s).Elem()).Interface().(sink.Sink)
	if err := json.Unmarshal(body, back); err != nil {
		t.Fatal(err)
	}
	if again, err := json.Marshal(back); err != nil || !bytes.Equal(again, body) || back.Name() != s.Name() {
		t.Errorf("%s became %s, %v", body, again, err)
	}
}
