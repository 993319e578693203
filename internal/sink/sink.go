// Package sink writes tables to where they go, from many workers in any order, as if
// one had written them in the order of the input.
//
// A worker begins a Part, writes batches to it and closes it. Once all parts are there,
// Commit makes them the output, as a whole, by the positions of their batches. Nothing
// is sorted in memory; no folder is listed; a part that a failed attempt left is never
// read, since only those count that are named. Doing any of it again gives the same.
//
// A system that takes tables is a file of this package, or a package of its own, and a
// line in kinds; package sinktest holds all of them to the same laws.
package sink

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/beamline-go/beamline/table"
)

// Sink is one output of a pipeline. Its exported fields are its settings, which travel
// to workers as JSON.
type Sink interface {
	// Name is that of the output.
	Name() string
	// Part begins a part, under a name that no other attempt has.
	Part(ctx context.Context) (Part, error)
	// Commit makes the output of parts, which are at least one. Parts that are not
	// among them are no part of it.
	Commit(ctx context.Context, parts []Written) ([]Made, error)
}

// Part is what one bundle writes.
type Part interface {
	// Write adds what a batch has for the output, which may be nothing.
	Write(b table.Batch) error
	// Close keeps the part. Without a piece there is no part.
	Close() (Written, error)
	// Abort gives the part up.
	Abort()
}

// Written is a part that is kept.
type Written struct {
	Part   string
	Header []byte // what stands in front of the output
	Pieces []Piece
}

// Piece is what one batch added to a part.
type Piece struct {
	At             table.Position
	Offset, Length int64 // in the part
}

// Made is something that a sink has made.
type Made struct {
	Output string
	Path   string
	Bytes  int64
	Rows   Rows // of staged rows
}

// kinds are the sinks that there are.
var kinds = map[string]func() Sink{
	"lines": func() Sink { return &Lines{} },
	"table": func() Sink { return &Table{} },
	"stage": func() Sink { return &Stage{} },
}

// Spec is a sink as it travels.
type Spec struct {
	Kind     string
	Settings json.RawMessage
}

// Describe returns the spec of a sink.
func Describe(s Sink) (Spec, error) {
	for kind, make := range kinds {
		if fmt.Sprintf("%T", make()) != fmt.Sprintf("%T", s) {
			continue
		}
		settings, err := json.Marshal(s)
		if err != nil {
			return Spec{}, fmt.Errorf("sink: %s: %w", s.Name(), err)
		}
		return Spec{kind, settings}, nil
	}
	return Spec{}, fmt.Errorf("sink: %T is not in the list of kinds", s)
}

// Open returns the sink of a spec.
func (s Spec) Open() (Sink, error) {
	make := kinds[s.Kind]
	if make == nil {
		return nil, fmt.Errorf("sink: there is no kind %q", s.Kind)
	}
	out := make()
	if err := json.Unmarshal(s.Settings, out); err != nil {
		return nil, fmt.Errorf("sink: %w", err)
	}
	return out, nil
}

// place is a piece and the part that it is in.
type place struct {
	Part string
	Piece
}

// inOrder returns the pieces of parts as the input has them.
func inOrder(parts []Written) (all []place) {
	for _, p := range parts {
		for _, x := range p.Pieces {
			all = append(all, place{p.Part, x})
		}
	}
	slices.SortFunc(all, func(a, b place) int { return a.At.Compare(b.At) })
	return all
}

// header is what stands in front of the output: that of the first batch.
func header(parts []Written) []byte {
	first := slices.MinFunc(parts, func(a, b Written) int { return least(a).Compare(least(b)) })
	return first.Header
}

func least(w Written) table.Position {
	return slices.MinFunc(w.Pieces, func(a, b Piece) int { return a.At.Compare(b.At) }).At
}
