package csv

import (
	"bytes"
	"math/bits"
)

// State is where in the grammar a byte stands. These states are enough to know,
// at any offset, whether a line end ends a record.
type State uint8

// The states before a byte. Those that end in Lines are inside a quoted field in
// which a line end has been seen.
const (
	RecordStart   State = iota // the byte starts a record, or is an empty line
	BlankCR                    // after a CR that started a line
	FieldStart                 // after a delimiter
	Unquoted                   // inside a field without quotes
	Quoted                     // inside quotes
	QuoteEnd                   // after a quote inside quotes: it closes, or is doubled
	Escaped                    // inside quotes, after an escape
	QuotedLines                // as Quoted
	QuoteEndLines              // as QuoteEnd
	EscapedLines               // as Escaped
	QuoteDone                  // behind a closing quote, after what may stand there
	PlainEscaped               // after an escape in a field without quotes
	Comment                    // inside a line that is not data
	// Broken is after the byte that shows that a quote was not meant as one: the
	// field that it opens has gone on over a line end, and behind the quote that
	// closes it there is text.
	Broken
)

// step is the state machine itself, one byte at a time: the definition that
// Scan is tested against. ended reports that c ends a record.
func (d Dialect) step(s State, c byte) (next State, ended bool) {
	switch s {
	case Quoted, QuotedLines:
		return d.insideQuotes(s, c), false
	case Escaped:
		if c == d.end() {
			return QuotedLines, false
		}
		return Quoted, false
	case EscapedLines:
		return QuotedLines, false
	case PlainEscaped:
		return Unquoted, false
	case Comment:
		if c == d.end() {
			return RecordStart, false
		}
		return Comment, false
	case QuoteEndLines, QuoteDone:
		if s == QuoteEndLines && (c == d.Quote || d.apostrophe(c)) {
			return QuotedLines, false
		}
		return d.behindLines(c)
	case QuoteEnd:
		if c == d.Quote || d.apostrophe(c) {
			return Quoted, false
		}
	}
	return d.outside(s, c)
}

// apostrophe reports whether a quote inside quotes that c follows is part of a word,
// as in 'it's'.
func (d Dialect) apostrophe(c byte) bool {
	return d.Quote == '\'' && (letter(c) || digit(c))
}

func (d Dialect) insideQuotes(s State, c byte) State {
	lines := s == QuotedLines
	switch {
	case c == d.Escape && c != 0:
		if lines {
			return EscapedLines
		}
		return Escaped
	case c == d.Quote:
		if lines {
			return QuoteEndLines
		}
		return QuoteEnd
	case c == d.end():
		return QuotedLines
	}
	return s
}

// behindLines is behind the closing quote of a field of several lines.
func (d Dialect) behindLines(c byte) (State, bool) {
	switch {
	case c == d.end():
		return RecordStart, true
	case c == d.Delimiter:
		return FieldStart, false
	case c == '\r', c == ' ' && d.Space:
		return QuoteDone, false
	}
	return Broken, false
}

// outside is outside of quotes.
func (d Dialect) outside(s State, c byte) (next State, ended bool) {
	switch {
	case c == d.end():
		return RecordStart, d.Blank || s != RecordStart && s != BlankCR
	case c == d.Delimiter:
		return FieldStart, false
	case s == RecordStart && c == '\r':
		return BlankCR, false
	case s == RecordStart && c == d.Comment && c != 0:
		return Comment, false
	case s == RecordStart || s == FieldStart:
		if c == d.Quote && d.Quote != 0 {
			return Quoted, false
		}
		if c == ' ' && d.Space {
			return FieldStart, false
		}
	}
	if c == d.Escape && c != 0 && d.Quote == 0 {
		return PlainEscaped, false
	}
	return Unquoted, false
}

// open reports whether s is inside quotes.
func (s State) open() bool {
	switch s {
	case Quoted, Escaped, QuotedLines, EscapedLines:
		return true
	}
	return false
}

// Summary is what a run over some bytes tells.
type Summary struct {
	State State // after the last byte
	// Used is how many bytes were run over: all, unless State is Broken.
	Used int
	// First is the offset of the first byte at which a record, an empty line or
	// a comment starts, or -1.
	First int
	// Before counts the records that ended before First, Ended all.
	Before, Ended int64
	Last          int   // offset of the last byte at which one starts, or -1
	Lines         int64 // line ends, those inside quotes included
	LinesBefore   int64 // line ends before First
	LinesToLast   int64 // line ends before Last
}

// Scan runs over data, which begins in state s.
func (d Dialect) Scan(s State, data []byte) Summary {
	r := scan{Summary: Summary{State: s, First: -1, Last: -1}, d: d, data: data, lf: []byte{d.end()}, usual: d.usual() && d.Quote != 0}
	if s == RecordStart && len(data) > 0 {
		r.start(0)
	}
	for r.Used < len(data) && r.State != Broken {
		switch r.State {
		case Quoted, QuotedLines:
			r.quoted()
		case RecordStart, BlankCR, FieldStart, Unquoted:
			r.plain()
		case Comment:
			r.comment()
		default:
			r.one()
		}
	}
	if r.First < 0 {
		r.Before, r.LinesBefore = r.Ended, r.Lines
	}
	return r.Summary
}

type scan struct {
	Summary
	d    Dialect
	data []byte
	lf   []byte // the line end
	// usual says that only quotes and line ends matter.
	usual bool
}

// start notes that a record may start at offset at.
func (r *scan) start(at int) {
	if r.First < 0 {
		r.First, r.Before, r.LinesBefore = at, r.Ended, r.Lines
	}
	r.Last, r.LinesToLast = at, r.Lines
}

// one takes a single step.
func (r *scan) one() {
	c := r.data[r.Used]
	next, ended := r.d.step(r.State, c)
	r.Used++
	r.newline(c == r.lf[0], ended, next)
}

func (r *scan) newline(lf, ended bool, next State) {
	if ended {
		r.Ended++
	}
	if lf {
		r.Lines++
	}
	r.State = next
	if next == RecordStart && r.Used < len(r.data) {
		r.start(r.Used)
	}
}

// quoted jumps to the next quote or escape.
func (r *scan) quoted() {
	rest := r.data[r.Used:]
	n := len(rest)
	if r.d.Escape != 0 {
		n = indexEither(rest, r.d.Quote, r.d.Escape)
	} else if k := bytes.IndexByte(rest, r.d.Quote); k >= 0 {
		n = k
	}
	if lines := int64(bytes.Count(rest[:n], r.lf)); lines > 0 {
		r.Lines += lines
		r.State = QuotedLines
	}
	r.Used += n
	if r.Used < len(r.data) {
		r.one()
	}
}

// comment jumps to the end of the line.
func (r *scan) comment() {
	if n := bytes.IndexByte(r.data[r.Used:], r.lf[0]); n >= 0 {
		r.Used += n
		r.one()
		return
	}
	r.Used = len(r.data)
}

// plain runs on outside of quotes: by blocks where the dialect is the usual one, and
// by lines otherwise.
func (r *scan) plain() {
	if r.usual && len(r.data)-r.Used > 64 && r.blocks() {
		return
	}
	r.byLines()
}

// blocks runs on by 64 bytes at a time, and over quoted fields of one line, up to
// where something else stands or the data end. It reports whether it used anything.
func (r *scan) blocks() bool {
	data, from := r.data, r.Used
	line, fresh := from, r.State == RecordStart // where the line starts, and whether a record does
	pos := from
	stop := func(at int) bool {
		if at == from {
			return false
		}
		r.Used, r.State = at, Unquoted
		switch {
		case at == line && fresh:
			r.State = RecordStart
		case data[at-1] == r.d.Delimiter:
			r.State = FieldStart
		case at == line+1 && fresh && data[line] == '\r':
			r.State = BlankCR
		}
		return true
	}
	quote := r.d.quoteMark()
	for pos+64 <= len(data) {
		var lines, quoted uint64
		if avx2 {
			_, lines, quoted, _ = masksAVX2(&data[pos], r.d.Delimiter, quote)
		} else {
			_, lines, quoted, _ = masks(data[pos:], r.d.Delimiter, quote)
		}
		if quoted == 0 && pos > from+1 && r.First >= 0 && lines&(lines<<1|lines<<2) == 0 && (lines&3 == 0 || pos-line > 1) {
			// There is no empty line, so each line end ends a record.
			if n := int64(bits.OnesCount64(lines)); n > 0 {
				r.Ended += n
				r.Lines += n
				line, fresh = pos+64-bits.LeadingZeros64(lines), true
				if line < len(data) {
					r.start(line)
				} else if before := lines &^ (1 << 63); before != 0 { // nothing starts at the end of the data
					r.Last, r.LinesToLast = pos+64-bits.LeadingZeros64(before), r.Lines-1
				}
			}
			pos += 64
			continue
		}
		base := pos
		pos += 64
		for m := lines | quoted; m != 0; m &= m - 1 {
			at := base + bits.TrailingZeros64(m)
			if data[at] == '\n' {
				blank := fresh && (at == line || at == line+1 && data[line] == '\r') || at == from && r.State == BlankCR
				if !blank {
					r.Ended++
				}
				r.Lines++
				line, fresh = at+1, true
				if line < len(data) {
					r.start(line)
				}
				continue
			}
			if at > line && data[at-1] != r.d.Delimiter || at == from && r.State != RecordStart && r.State != FieldStart {
				continue // inside a field
			}
			end, inside := r.d.quotedEnd(data, at)
			if end < 0 || inside > 0 {
				return stop(at)
			}
			pos = end
			break
		}
	}
	return stop(pos)
}

// byLines runs to the next quote that can open a field or the next escape, a line at
// a time.
func (r *scan) byLines() {
	end, mark := len(r.data), r.d.Quote
	if mark == 0 {
		mark = r.d.Escape
	}
	if mark != 0 {
		if n := bytes.IndexByte(r.data[r.Used:], mark); n >= 0 {
			end = r.Used + n
		}
	}
	for r.Used < end {
		if r.State == RecordStart && r.d.Comment != 0 && r.data[r.Used] == r.d.Comment {
			r.State = Comment
			if r.comment(); r.Used > end || r.State == Comment {
				return // the comment holds the quote
			}
			continue
		}
		n := bytes.IndexByte(r.data[r.Used:end], r.lf[0])
		if n < 0 {
			r.tail(r.data[r.Used:end])
			r.Used = end
			break
		}
		blank := r.State == RecordStart && (n == 0 || n == 1 && r.data[r.Used] == '\r') ||
			r.State == BlankCR && n == 0
		r.Used += n + 1
		r.newline(true, !blank || r.d.Blank, RecordStart)
	}
	if r.Used < len(r.data) {
		r.one() // the quote or the escape
	}
}

// tail sets the state after bytes that hold neither quote nor line end. Only
// a run of spaces before the last byte can make the state depend on more than
// two bytes.
func (r *scan) tail(b []byte) {
	if len(b) > 2 {
		k := len(b) - 1
		for k > 0 && b[k] == ' ' {
			k--
		}
		if k > 0 {
			b, r.State = b[k:], Unquoted
		}
	}
	for _, c := range b {
		r.State, _ = r.d.step(r.State, c)
	}
}
