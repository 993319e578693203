package csv

import (
	"bytes"
	"fmt"
	"io"
)

// Bounds of the grid. A block is large enough that what is done once a block
// costs nothing, and small enough that a small file still has several.
const (
	minBlock = 64 << 10
	maxBlock = 1 << 20
	blocks   = 64 // a file smaller than blocks*maxBlock is cut in about as many
)

// BlockSize returns the size of the blocks of a file of that many bytes. It
// depends on nothing else, so that every reader has the same grid.
func BlockSize(size int64) int64 {
	per := (size/blocks + minBlock - 1) / minBlock * minBlock
	return min(max(per, minBlock), maxBlock)
}

// Block is where the records of one block begin.
type Block struct {
	First int64 // offset of the first record that starts in the block; -1 if none does
	Row   int64 // 1-based number of that record among the data records
	Line  int64 // 1-based physical line at which it starts
}

// Plan is the grid over one source, made by one pass over its bytes. The header
// is not part of it.
type Plan struct {
	Start     int64 // offset of the first data byte
	Size      int64 // bytes of the source, decompressed
	BlockSize int64
	Blocks    []Block
	Records   int64 // data records, those that will be refused included
	// Unclosed are the offsets of records that open a quote which nothing
	// closes: only their first line is refused.
	Unclosed []int64
}

// End returns the offset at which block b ends.
func (p Plan) End(b int) int64 {
	return min(p.Start+int64(b+1)*p.BlockSize, p.Size)
}

// maxUnclosed bounds how often a plan starts again.
const maxUnclosed = 100

// NewPlan reads the source that open opens, from its beginning, and returns
// its grid. start is the offset of the first data byte and line its line
// number, as the Header says. open is called again when a quote is found that
// is never closed.
func NewPlan(open func() (io.ReadCloser, error), d Dialect, blockSize, start, line int64) (Plan, error) {
	var unclosed []int64
	for {
		r, err := open()
		if err != nil {
			return Plan{}, err
		}
		p := planner{d: d, plan: Plan{Start: start, BlockSize: blockSize, Unclosed: unclosed}, line: line}
		culprit, err := p.run(r)
		if cerr := r.Close(); err == nil {
			err = cerr
		}
		if err != nil {
			return Plan{}, err
		}
		if culprit < 0 {
			return p.plan, nil
		}
		if len(unclosed) == maxUnclosed {
			return Plan{}, fmt.Errorf("csv: more than %d quotes are never closed; set quote: none if they are plain characters", maxUnclosed)
		}
		unclosed = append(unclosed, culprit)
	}
}

type planner struct {
	d     Dialect
	plan  Plan
	state State
	line  int64 // of the next byte
	last  int64 // offset of the latest record start
	skip  bool  // inside the first line of an unclosed record
}

// run fills the plan. It returns the offset of a record that opens a quote
// which is not closed, or -1.
func (p *planner) run(r io.Reader) (int64, error) {
	if _, err := io.CopyN(io.Discard, r, p.plan.Start); err != nil {
		return -1, fmt.Errorf("csv: %w", err)
	}
	buf := make([]byte, p.plan.BlockSize)
	at := p.plan.Start
	for {
		n, err := io.ReadFull(r, buf)
		if n > 0 {
			p.block(at, buf[:n])
			at += int64(n)
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			break
		}
		if err != nil {
			return -1, fmt.Errorf("csv: %w", err)
		}
	}
	p.plan.Size = at
	if p.state == Quoted {
		return p.last, nil
	}
	if p.skip || p.state != RecordStart && p.state != BlankCR {
		p.plan.Records++ // the last line has no line feed
	}
	return -1, nil
}

// block notes one block that starts at offset at.
func (p *planner) block(at int64, data []byte) {
	b := Block{First: -1}
	for len(data) > 0 {
		if p.skip {
			n := p.skipLine(data)
			at, data = at+int64(n), data[n:]
			continue
		}
		part, culprit := p.upToUnclosed(at, data)
		s := p.d.Scan(p.state, part)
		if s.First >= 0 {
			if b.First < 0 {
				b = Block{First: at + int64(s.First), Row: p.plan.Records + s.Before + 1, Line: p.line + s.LinesBefore}
			}
			p.last = at + int64(s.Last)
		}
		p.plan.Records += s.Ended
		p.line += s.Lines
		p.state = s.State
		at, data = at+int64(len(part)), data[len(part):]
		if culprit {
			if b.First < 0 {
				b = Block{First: at, Row: p.plan.Records + 1, Line: p.line}
			}
			p.skip = true
		}
	}
	p.plan.Blocks = append(p.plan.Blocks, b)
}

// upToUnclosed returns the part of data before the next record of Unclosed, and
// whether there is one in data.
func (p *planner) upToUnclosed(at int64, data []byte) ([]byte, bool) {
	for _, off := range p.plan.Unclosed {
		if off >= at && off < at+int64(len(data)) {
			return data[:off-at], true
		}
	}
	return data, false
}

// skipLine passes over the rest of a line as if it held no quotes.
func (p *planner) skipLine(data []byte) int {
	n := bytes.IndexByte(data, '\n')
	if n < 0 {
		return len(data)
	}
	p.skip, p.state = false, RecordStart
	p.line++
	p.plan.Records++
	return n + 1
}
