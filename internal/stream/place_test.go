package stream

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

// post is a place in memory, with what was acknowledged and what was written. Any call may fail.
type post struct {
	Place
	rng     *rand.Rand
	fails   float64
	records []Record // that are there to be read
	polled  int
	came    []Record
	unsent  []Record
	refused *post
	held    atomic.Int64
}

func (p *post) flaky() bool    { return p.rng.Float64() < p.fails }
func (p *post) Reader() string { return "group g" }
func (p *post) Refused() Place { return p.refused }
func (p *post) Close()         {}

func (p *post) Source(context.Context) (Source, error) { p.polled = 0; return p, nil }

func (p *post) Sink(context.Context) (Sink, error) { p.unsent = nil; return p, nil }

func (p *post) Poll(ctx context.Context) ([]Record, error) {
	if len(p.records) > 0 && p.flaky() {
		return nil, errFlaky
	}
	p.polled = min(len(p.records), 1+p.rng.IntN(7))
	return slices.Clone(p.records[:p.polled]), ctx.Err()
}

func (p *post) Ack(context.Context) error {
	if p.flaky() {
		return errFlaky
	}
	p.records = p.records[p.polled:]
	return nil
}

func (p *post) Hold(context.Context) error { p.held.Add(1); return nil }

func (p *post) HoldEvery() time.Duration { return time.Millisecond }

func (p *post) Write(_ context.Context, r Record) error {
	p.unsent = append(p.unsent, r)
	return nil
}

func (p *post) Flush(context.Context) (int64, error) {
	if p.flaky() {
		return 0, errFlaky
	}
	p.came, p.unsent = append(p.came, p.unsent...), nil
	return int64(len(p.came)), nil
}

// TestJoined brings each record over at least once, however often the places fail; what comes
// again has the same identity.
func TestJoined(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 2))
		in := &post{rng: rng, fails: 0.05, refused: &post{rng: rng, fails: 0.05}}
		out := &post{rng: rng, fails: 0.05}
		const n = 300
		for i := range n {
			in.records = append(in.records, Record{Offset: int64(i), ID: "the one", Once: fmt.Sprint(i)})
		}
		step := func(records []Record) (r Results, confirm func(), err error) {
			for _, x := range records {
				x.Headers = []Header{{HeaderSource, []byte(x.Source())}}
				if x.Offset%10 == 3 {
					r.Refused = append(r.Refused, x)
				} else {
					r.Made = append(r.Made, x)
				}
			}
			return r, func() {}, nil
		}
		open := func(ctx context.Context) (Log, error) { return Joined(ctx, in, out) }
		if err := Run(t.Context(), open, step, Options{Idle: time.Millisecond, Patience: time.Minute, Log: quiet, first: time.Microsecond, last: time.Millisecond}); err != nil {
			t.Fatal(err)
		}
		once := map[string]int64{}
		for _, r := range append(slices.Clone(out.came), in.refused.came...) {
			if was, ok := once[r.Once]; ok && was != r.Offset {
				t.Fatalf("seed %d: records %d and %d have the identity %q", seed, was, r.Offset, r.Once)
			}
			once[r.Once] = r.Offset
		}
		if len(once) != n {
			t.Errorf("seed %d: %d of %d records came over", seed, len(once), n)
		}
		for _, r := range in.refused.came {
			if r.Offset%10 != 3 {
				t.Errorf("seed %d: record %d is refused", seed, r.Offset)
			}
		}
	}
}

// TestHeld asks for more time while the step takes it, and no longer.
func TestHeld(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	in := &post{rng: rng, records: []Record{{ID: "1"}}, refused: &post{rng: rng}}
	log, err := Joined(t.Context(), in, &post{rng: rng})
	if err != nil {
		t.Fatal(err)
	}
	if records, err := log.Poll(t.Context()); err != nil || len(records) != 1 {
		t.Fatal(records, err)
	}
	for deadline := time.Now().Add(10 * time.Second); in.held.Load() < 3; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nobody asks for more time")
		}
	}
	if done, err := log.Commit(t.Context(), Results{}); !done || err != nil {
		t.Fatal(done, err)
	}
	held := in.held.Load()
	time.Sleep(10 * time.Millisecond)
	if in.held.Load() != held {
		t.Error("more time is asked for what is done with")
	}
	log.Close()
	if err := (&joined{release: func() error { return errors.New("lost") }}).free(); err == nil {
		t.Error("that time ran out is not said")
	}
}
