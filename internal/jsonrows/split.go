package jsonrows

import (
	"fmt"
	"io"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/grid"
)

// place is where in an array a byte stands.
type place uint8

const (
	outside  place = iota // before the array
	first                 // behind its bracket: an element, or the end
	expected              // behind a comma: an element
	inside                // in an element
	behind                // behind an element: a comma, or the end
	after                 // behind the array
)

// splitter finds the elements of an array without looking into them: what is
// wrong inside of one leaves the others alone. It may be given the bytes in
// pieces.
type splitter struct {
	place    place
	wrapped  bool // the array is a part of something that goes on behind it
	depth    int
	quoted   bool
	escaped  bool
	line     int64 // line feeds so far
	start    int64 // of the element that is being read, and the lines before it
	startsAt int64
}

// split reads bytes that begin at offset at. It calls found at the end of each
// element with the offset at which it started, the line feeds before it, and the
// index in data behind it.
func (s *splitter) split(data []byte, at int64, found func(start, line int64, end int)) error {
	for i, c := range data {
		if c == '\n' {
			s.line++
		}
		if s.place == inside {
			ended, reads := s.inner(c)
			if !ended {
				continue
			}
			s.place = behind
			if reads { // the byte is its last
				found(s.start, s.startsAt, i+1)
				continue
			}
			found(s.start, s.startsAt, i)
		}
		if err := s.outer(c, at+int64(i)); err != nil {
			return err
		}
		if s.place == inside {
			s.inner(c) // its first byte, which ends none
		}
	}
	return nil
}

// outer reads a byte between elements.
func (s *splitter) outer(c byte, at int64) error {
	switch {
	case s.place == after && s.wrapped:
		return nil
	case c == ' ' || c == '\t' || c == '\n' || c == '\r':
		return nil
	case s.place == outside && c == '[':
		s.place = first
	case s.place == behind && c == ',':
		s.place = expected
	case (s.place == behind || s.place == first) && c == ']':
		s.place = after
	case (s.place == first || s.place == expected) && c != ',' && c != ']' && c != '}':
		s.place, s.start, s.startsAt, s.depth = inside, at, s.line, 0
	default:
		return fmt.Errorf("byte %d: %q does not stand there in an array", at, c)
	}
	return nil
}

// inner reads a byte of an element. It reports whether the element ends, and
// whether the byte is part of it.
func (s *splitter) inner(c byte) (ended, reads bool) {
	if s.quoted {
		switch {
		case s.escaped:
			s.escaped = false
		case c == '\\':
			s.escaped = true
		case c == '"':
			s.quoted = false
			return s.depth == 0, true
		}
		return false, true
	}
	switch c {
	case '"':
		s.quoted = true
	case '{', '[':
		s.depth++
	case '}', ']':
		if s.depth == 0 {
			return true, false
		}
		s.depth--
		return s.depth == 0, true
	case ',', ' ', '\t', '\n', '\r':
		return s.depth == 0, false
	}
	return false, true
}

// NewPlan reads the source r of an array, from its beginning, and returns its grid. start
// is the offset of the first data byte.
func NewPlan(kind Kind, r io.Reader, blockSize, start int64, source string) (grid.Plan, error) {
	if _, err := io.CopyN(io.Discard, r, start); err != nil {
		return grid.Plan{}, fmt.Errorf("jsonrows: %w", err)
	}
	plan := grid.Plan{Start: start, Size: start, BlockSize: blockSize}
	blocks := func(upTo int64) {
		for int64(len(plan.Blocks))*blockSize <= upTo-start {
			plan.Blocks = append(plan.Blocks, grid.Block{First: -1})
		}
	}
	note := func(begun, line int64, _ int) {
		plan.Records++
		blocks(begun)
		if b := &plan.Blocks[(begun-start)/blockSize]; b.First < 0 {
			*b = grid.Block{First: begun, Row: plan.Records, Line: line + 1}
		}
	}
	buf, s := make([]byte, blockSize), splitter{wrapped: kind == Wrapped}
	for {
		n, err := io.ReadFull(r, buf)
		if serr := s.split(buf[:n], plan.Size, note); serr != nil {
			return plan, fault.Dataf("%s: %v; the rest of the file can't be trusted", source, serr)
		}
		plan.Size += int64(n)
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			break
		}
		if err != nil {
			return plan, fmt.Errorf("jsonrows: %w", err)
		}
	}
	if d, ok := r.(grid.Damaged); ok && d.Damage() != nil {
		plan.Cut = true
	} else if s.place != after {
		return plan, fault.Dataf("%s: the array is not closed: the file ends at byte %d", source, plan.Size)
	}
	blocks(plan.Size - 1)
	return plan, nil
}
