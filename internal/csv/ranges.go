package csv

import (
	"fmt"
	"io"

	"github.com/beamline-go/beamline/internal/grid"
)

// Range is what a run of whole blocks says of the grid of a source, whatever stands
// before them: of each block, what it holds for each state in which it may begin.
// Ranges are scanned by anyone, in any order, and JoinRanges puts them together.
//
// A block begins in one of few states, and nearly always in two: within quotes or
// not. From the wrong one a scan meets a line end within "quotes" and then text where
// they close, which ends it soon (see Broken).
type Range struct {
	Size   int64 // bytes
	Blocks [][]Lane
}

// Lane is what a block holds for one state before it. Offsets are from the block on.
type Lane struct {
	From, To    State
	First, Last int32 // -1 where nothing starts in the block
	Before      int32 // records that ended before First
	Ended       int32
	LinesBefore int32 // line ends before First
	Lines       int32
	LinesToLast int32 // line ends before Last
}

// states are those that a block can begin in.
func states(first bool) []State {
	if first {
		return []State{RecordStart}
	}
	all := make([]State, Broken)
	for i := range all {
		all[i] = State(i)
	}
	return all
}

// ScanRange scans the blocks that r holds, up to its end. first says that they are the
// first of their source.
func ScanRange(r io.Reader, d Dialect, blockSize int64, first bool) (Range, error) {
	var out Range
	buf := make([]byte, blockSize)
	for from := states(first); ; {
		n, err := io.ReadFull(r, buf)
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return out, fmt.Errorf("csv: %w", err)
		}
		if n > 0 {
			out.Size += int64(n)
			lanes := make([]Lane, len(from))
			for i, s := range from {
				lanes[i] = d.lane(s, buf[:n])
			}
			out.Blocks = append(out.Blocks, lanes)
			from = ends(lanes)
		}
		if err != nil {
			return out, nil
		}
	}
}

func (d Dialect) lane(from State, block []byte) Lane {
	s := d.Scan(from, block)
	return Lane{From: from, To: s.State, First: int32(s.First), Last: int32(s.Last), Before: int32(s.Before), Ended: int32(s.Ended),
		LinesBefore: int32(s.LinesBefore), Lines: int32(s.Lines), LinesToLast: int32(s.LinesToLast)}
}

// ends are the states that the next block can begin in.
func ends(lanes []Lane) (next []State) {
	var seen [Broken]bool
	for _, l := range lanes {
		if l.To != Broken && !seen[l.To] {
			seen[l.To] = true
			next = append(next, l.To)
		}
	}
	return next
}

// Ranged reports whether a source of this dialect that is cut so can be planned by
// ranges: no record that is too long hides in a block.
func (d Dialect) Ranged(blockSize int64) bool { return blockSize <= int64(d.limit()) }

// JoinRanges returns the plan that NewPlan would make of the source, from all its
// ranges in their order; tail is the end of the source, as many bytes as TailSize says
// or all. It reports false where a quote was not meant as one, or a record may be too
// long: only NewPlan, which reads one byte after the other, can tell what is there.
func JoinRanges(ranges []Range, tail []byte, d Dialect, blockSize, start, line int64) (grid.Plan, bool) {
	p := planner{d: d, plan: grid.Plan{Start: start, BlockSize: blockSize}, at: start, line: line, last: start, lastLine: line}
	left := int64(0)
	for _, r := range ranges {
		left += r.Size
	}
	for _, r := range ranges {
		for _, lanes := range r.Blocks {
			size := min(left, blockSize)
			if !p.join(lanes, size) {
				return p.plan, false
			}
			left -= size
		}
	}
	if p.state.open() {
		return p.plan, false
	}
	p.keep(tail)
	p.end()
	return p.plan, true
}

// join goes over a block by the lane of the state before it.
func (p *planner) join(lanes []Lane, size int64) bool {
	for _, l := range lanes {
		if l.From != p.state {
			continue
		}
		b, until := p.block(), p.at+size
		if l.First >= 0 {
			until = p.at + int64(l.First)
		}
		if l.To == Broken || until-p.last >= int64(p.d.limit()) {
			return false
		}
		if l.First >= 0 {
			p.note(b, p.at+int64(l.First), p.plan.Records+int64(l.Before)+1, p.line+int64(l.LinesBefore))
			p.last, p.lastLine = p.at+int64(l.Last), p.line+int64(l.LinesToLast)
		}
		p.plan.Records += int64(l.Ended)
		p.line += int64(l.Lines)
		p.state = l.To
		p.at += size
		return true
	}
	return false
}
