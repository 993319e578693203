package csv

import "bytes"

// State is where in the grammar a byte stands. Six states are enough to know,
// at any offset, whether a line end ends a record.
type State uint8

// The states before a byte.
const (
	RecordStart State = iota // the byte starts a record, or is an empty line
	BlankCR                  // after a CR that started a line
	FieldStart               // after a delimiter
	Unquoted                 // inside a field without quotes
	Quoted                   // inside quotes
	QuoteEnd                 // after a quote inside quotes: it closes, or is doubled
)

// step is the state machine itself, one byte at a time: the definition that
// Scan is tested against. ended reports that c ends a record.
func (d Dialect) step(s State, c byte) (next State, ended bool) {
	switch {
	case s == Quoted:
		if c == d.Quote {
			return QuoteEnd, false
		}
		return Quoted, false
	case s == QuoteEnd && c == d.Quote:
		return Quoted, false
	case c == '\n':
		return RecordStart, s != RecordStart && s != BlankCR
	case c == d.Delimiter:
		return FieldStart, false
	case s == RecordStart && c == '\r':
		return BlankCR, false
	case s == RecordStart || s == FieldStart:
		if c == d.Quote && d.Quote != 0 {
			return Quoted, false
		}
		if c == ' ' && d.Space {
			return FieldStart, false
		}
	}
	return Unquoted, false
}

// Summary is what a run over some bytes tells.
type Summary struct {
	State State // after the last byte
	// First is the offset of the first byte at which a record or an empty
	// line starts, or -1.
	First int
	// Before counts the records that ended before First, Ended all.
	Before, Ended int64
	Last          int   // offset of the last byte at which one starts, or -1
	Lines         int64 // line feeds, those inside quotes included
	LinesBefore   int64 // line feeds before First
}

// Scan runs over data, which begins in state s.
func (d Dialect) Scan(s State, data []byte) Summary {
	r := scan{Summary: Summary{State: s, First: -1, Last: -1}, d: d, data: data}
	if s == RecordStart && len(data) > 0 {
		r.start(0)
	}
	for r.pos < len(data) {
		switch r.State {
		case Quoted:
			r.quoted()
		case QuoteEnd:
			r.one()
		default:
			r.plain()
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
	pos  int
}

// start notes that a record may start at offset at.
func (r *scan) start(at int) {
	if r.First < 0 {
		r.First, r.Before, r.LinesBefore = at, r.Ended, r.Lines
	}
	r.Last = at
}

// one takes a single step.
func (r *scan) one() {
	c := r.data[r.pos]
	next, ended := r.d.step(r.State, c)
	r.pos++
	r.newline(c == '\n', ended, next)
}

func (r *scan) newline(lf, ended bool, next State) {
	if ended {
		r.Ended++
	}
	if lf {
		r.Lines++
	}
	r.State = next
	if next == RecordStart && r.pos < len(r.data) {
		r.start(r.pos)
	}
}

// quoted jumps to the next quote.
func (r *scan) quoted() {
	rest := r.data[r.pos:]
	n := bytes.IndexByte(rest, r.d.Quote)
	if n < 0 {
		n = len(rest)
	} else {
		r.State = QuoteEnd
	}
	r.Lines += int64(bytes.Count(rest[:n], lf))
	r.pos = min(r.pos+n+1, len(r.data))
}

var lf = []byte{'\n'}

// plain runs to the next quote that can open a field, a line at a time.
func (r *scan) plain() {
	end := len(r.data)
	if r.d.Quote != 0 {
		if n := bytes.IndexByte(r.data[r.pos:], r.d.Quote); n >= 0 {
			end = r.pos + n
		}
	}
	for r.pos < end {
		n := bytes.IndexByte(r.data[r.pos:end], '\n')
		if n < 0 {
			r.tail(r.data[r.pos:end])
			r.pos = end
			break
		}
		blank := r.State == RecordStart && (n == 0 || n == 1 && r.data[r.pos] == '\r') ||
			r.State == BlankCR && n == 0
		r.pos += n + 1
		r.newline(true, !blank, RecordStart)
	}
	if r.pos < len(r.data) {
		r.one() // the quote
	}
}

// tail sets the state after bytes that hold neither quote nor line feed. Only
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
