// Package sink writes tables to where they go, from many workers in any order, as if
// one had written them in the order of the input.
//
// A worker begins a Part, writes batches to it and closes it. Once all parts are there,
// Commit makes them the output, as a whole, by the positions of their batches. Nothing
// is sorted in memory; no folder is listed; a part that a failed attempt left is never
// read, since only those count that are named. Doing any of it again gives the same.
//
// A system that takes tables is a file of this package, or a package of its own, and a
// line in package systems; package sinktest holds all of them to the same laws.
package sink

import (
	"context"
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
