package csv

import (
	"bytes"
	"fmt"
	"io"

	"github.com/beamline-go/beamline/internal/grid"
)

// maxAgain bounds how many bytes are read once more, as a multiple of the largest
// record, since they followed a quote that was not meant as one.
const maxAgain = 64

// NewPlan reads the source r, from its beginning, and returns its grid. start is
// the offset of the first data byte and line its line number, as the Format says.
//
// Where a quoted field does not end as one (see Broken), nor within the length of
// a record, nor at the end of the source, the quote was not meant as one: only the
// first line of its record is lost, and reading goes on behind it.
//
// With an error comes the plan of what was read before it.
func NewPlan(r io.Reader, d Dialect, blockSize, start, line int64) (grid.Plan, error) {
	if _, err := io.CopyN(io.Discard, r, start); err != nil {
		return grid.Plan{}, fmt.Errorf("csv: %w", err)
	}
	p := planner{d: d, plan: grid.Plan{Start: start, BlockSize: blockSize}, at: start, line: line, last: start, lastLine: line}
	if d, ok := r.(grid.Damaged); ok {
		p.damage = d.Damage
	}
	err := p.run(r)
	return p.plan, err
}

type planner struct {
	d        Dialect
	plan     grid.Plan
	at       int64  // offset of the next byte
	held     []byte // bytes before at, from the latest record start on
	state    State  // before the next byte
	line     int64  // of the next byte
	last     int64  // offset of the latest record start
	lastLine int64
	skip     bool // inside the first line of a record whose quote was no quote
	again    int64
	damage   func() error // nil where the source ends as it should
	tail     []byte       // the last bytes
}

// run fills the plan.
func (p *planner) run(r io.Reader) error {
	buf := make([]byte, p.plan.BlockSize)
	for {
		// The bytes of an unfinished record stay before those that follow.
		buf = append(buf[:0], p.held...)
		have := len(buf)
		if cap(buf) < have+int(p.plan.BlockSize) {
			buf = append(make([]byte, 0, 2*have+int(p.plan.BlockSize)), buf...)
		}
		n, err := io.ReadFull(r, buf[have:have+int(p.plan.BlockSize)])
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return fmt.Errorf("csv: %w", err)
		}
		ended := err != nil
		p.keep(buf[have : have+n])
		p.plan.Cut = ended && p.damage != nil && p.damage() != nil
		if err := p.bytes(buf[:have+n], have, ended); err != nil {
			return err
		}
		if ended {
			p.end()
			return nil
		}
	}
}

// end fills in what is known once all was read.
func (p *planner) end() {
	p.plan.Size = p.at
	for int64(len(p.plan.Blocks))*p.plan.BlockSize < p.plan.Size-p.plan.Start {
		p.plan.Blocks = append(p.plan.Blocks, grid.Block{First: -1})
	}
	if p.skip || p.state != RecordStart && (p.state != BlankCR || p.d.Blank) && p.state != Comment {
		p.plan.Records++ // the last line has no line end
	}
	if n := notes(p.tail, p.d); n > 0 && !p.state.open() && !p.plan.Cut {
		p.plan.Marks.Notes = p.plan.Size - n
	}
}

// bytes runs over data[from:]; what is before is held from the time before. ended
// says that nothing follows.
func (p *planner) bytes(data []byte, from int, ended bool) error {
	base := p.at - int64(from) // the offset of data[0]
	for {
		left := data[p.at-base:]
		switch {
		case p.skip && len(left) > 0:
			p.skipLine(left)
			continue
		case len(left) > 0:
			p.scan(left)
		}
		if err := p.judge(ended && int(p.at-base) == len(data)); err != nil {
			return err
		}
		if int(p.at-base) == len(data) {
			break
		}
	}
	p.held = p.held[:0]
	if p.state != RecordStart && p.state != Comment && !p.skip {
		p.held = append(p.held, data[p.last-base:]...)
	}
	return nil
}

// judge looks at the record at hand: when its quote was no quote it goes back to
// its start, to pass over its first line, and when it is too long it passes over
// the rest of its line. atEnd says that no byte follows.
func (p *planner) judge(atEnd bool) error {
	tooLong := p.at-p.last == int64(p.d.limit()) && p.state != RecordStart && p.state != Comment
	switch {
	case p.skip:
	case p.state == Broken, p.state.open() && (atEnd && !p.plan.Cut || tooLong):
		if p.again += p.at - p.last; p.again > maxAgain*int64(p.d.limit()) {
			return fmt.Errorf("csv: too many quotes are opened and not closed; set quote: none if they are plain characters")
		}
		p.at, p.line, p.state, p.skip = p.last, p.lastLine, RecordStart, true
	case tooLong:
		p.skip = true
	}
	return nil
}

// scan runs to the end of the block, or of data, or to where the record at hand
// is as long as a record may be.
func (p *planner) scan(data []byte) {
	b := p.block()
	room := min(p.plan.Start+int64(b+1)*p.plan.BlockSize-p.at, int64(p.d.limit()))
	if left := p.last + int64(p.d.limit()) - p.at; left > 0 {
		room = min(room, left)
	}
	s := p.d.Scan(p.state, data[:min(int64(len(data)), room)])
	if s.First >= 0 {
		p.note(b, p.at+int64(s.First), p.plan.Records+s.Before+1, p.line+s.LinesBefore)
		p.last, p.lastLine = p.at+int64(s.Last), p.line+s.LinesToLast
	}
	p.plan.Records += s.Ended
	p.line += s.Lines
	p.state = s.State
	p.at += int64(s.Used)
}

// block returns the number of the block of the next byte, and makes it known.
func (p *planner) block() int {
	b := int((p.at - p.plan.Start) / p.plan.BlockSize)
	for len(p.plan.Blocks) <= b {
		p.plan.Blocks = append(p.plan.Blocks, grid.Block{First: -1})
	}
	return b
}

// note keeps the first record of a block.
func (p *planner) note(b int, first, row, line int64) {
	if p.plan.Blocks[b].First < 0 {
		p.plan.Blocks[b] = grid.Block{First: first, Row: row, Line: line}
	}
}

// skipLine passes over the rest of a line as if it held no quotes.
func (p *planner) skipLine(data []byte) {
	p.block()
	n := bytes.IndexByte(data, p.d.end())
	if n < 0 {
		p.at += int64(len(data))
		return
	}
	p.at += int64(n + 1)
	p.skip, p.state = false, RecordStart
	p.line++
	p.plan.Records++
	p.last, p.lastLine = p.at, p.line
}
