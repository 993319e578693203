package stream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/beamline-go/beamline/internal/fault"
)

// tape is a log in memory: what was committed stays, whatever fails. Any call may fail, and a
// commit may go through or not where it does.
type tape struct {
	rng    *rand.Rand
	fails  float64
	size   int64 // records
	done   int64 // committed
	polled int64
	made   []Record
	opened int
}

var errFlaky = errors.New("the connection is gone")

func (x *tape) flaky() bool { return x.rng.Float64() < x.fails }

func (x *tape) open(context.Context) (Log, error) {
	if x.opened++; x.flaky() {
		return nil, errFlaky
	}
	x.polled = x.done
	return x, nil
}

func (x *tape) Poll(ctx context.Context) (records []Record, err error) {
	if x.done < x.size && x.flaky() {
		return nil, errFlaky
	}
	n := min(x.size-x.polled, int64(x.rng.IntN(7)))
	for i := range n {
		records = append(records, Record{Offset: x.polled + i})
	}
	x.polled += n
	return records, ctx.Err()
}

func (x *tape) Commit(_ context.Context, r Results) (bool, error) {
	if x.flaky() { // nothing of it is there, and it comes again
		x.polled = x.done
		return false, nil
	}
	if x.flaky() {
		return false, errFlaky
	}
	x.made, x.done = append(x.made, r.Made...), x.polled
	return true, nil
}

func (x *tape) Close() {}

func echo(records []Record) (Results, func(), error) {
	return Results{Made: slices.Clone(records)}, func() {}, nil
}

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// TestRun brings each record over once, in order, however often the log fails.
func TestRun(t *testing.T) {
	for seed := range uint64(20) {
		x := &tape{rng: rand.New(rand.NewPCG(seed, 1)), fails: 0.02, size: 300}
		confirmed := 0
		step := func(records []Record) (Results, func(), error) {
			r, _, err := echo(records)
			return r, func() { confirmed += len(r.Made) }, err
		}
		if err := Run(t.Context(), x.open, step, Options{Idle: time.Millisecond, Patience: time.Minute, Log: quiet, first: time.Microsecond, last: time.Millisecond}); err != nil {
			t.Fatal(err)
		}
		for i, r := range x.made {
			if r.Offset != int64(i) {
				t.Fatalf("seed %d: record %d stands at %d", seed, r.Offset, i)
			}
		}
		if int64(len(x.made)) != x.done || confirmed != len(x.made) {
			t.Errorf("seed %d: %d records came over, %d were confirmed, and %d are done with", seed, len(x.made), confirmed, x.done)
		}
	}
}

// TestRunEnds ends where it is of no use to go on, and as soon as it is told to.
func TestRunEnds(t *testing.T) {
	wrong := errors.New("what is made of records fails")
	x := &tape{rng: rand.New(rand.NewPCG(1, 1)), size: 10}
	if err := Run(t.Context(), x.open, func([]Record) (Results, func(), error) { return Results{}, nil, wrong }, Options{Log: quiet, Patience: time.Minute}); !errors.Is(err, wrong) || x.done != 0 {
		t.Errorf("%v, %d records done with", err, x.done)
	}
	no := func(context.Context) (Log, error) { return nil, fault.Usagef("there is no such topic") }
	if err := Run(t.Context(), no, echo, Options{Log: quiet, Patience: time.Minute}); fault.CodeOf(err) != fault.Usage {
		t.Error(err)
	}
	down := func(context.Context) (Log, error) { return nil, fmt.Errorf("no broker: %w", errFlaky) }
	if err := Run(t.Context(), down, echo, Options{Log: quiet, Patience: time.Millisecond, first: time.Microsecond, last: time.Millisecond}); !errors.Is(err, errFlaky) {
		t.Error(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	x = &tape{rng: rand.New(rand.NewPCG(1, 1)), size: 1 << 40}
	step := func(records []Record) (Results, func(), error) {
		if x.done > 1000 {
			stop()
		}
		return echo(records)
	}
	if err := Run(ctx, x.open, step, Options{Log: quiet, Patience: time.Minute}); err != nil || int64(len(x.made)) != x.done {
		t.Errorf("%v: what was begun is not at its end: %d of %d", err, len(x.made), x.done)
	}
}
