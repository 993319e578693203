package csv

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"unicode/utf8"

	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/internal/vector"
	"github.com/beamline-go/beamline/table"
)

// Names of the rules by which a record is refused.
const (
	RuleRagged   = "ragged"
	RuleUnclosed = "unclosed_quote"
	RuleBadQuote = "bad_quote"
	RuleUTF8     = "invalid_utf8"
	RuleNUL      = "nul_byte"
	RuleTooLong  = grid.RuleTooLong
	RuleCut      = "cut_off"
	// RuleEmpty is that of records that are delimiters and nothing else, and RuleNote
	// that of the lines of text behind a table: no record of anything is lost by them.
	RuleEmpty = "empty_record"
	RuleNote  = "note"

	// Names of the rules by which a malformed record is mended, beside those by
	// which it would be refused.
	RuleDelimiter = "other_delimiter"
	RuleJoined    = "joined_lines"
	stage         = "read"
)

// parser turns records into columns of text.
type parser struct {
	d       Dialect
	cols    vector.Texts
	held    int // records in cols
	rows    []int64
	rejects []table.Reject
	index   index
	gather  gatherer   // takes the records
	keyCol  int        // field that holds the key, or -1
	mender  *Mender    // nil where malformed records are refused
	plan    *grid.Plan // what is to be mended, and what is not
	changes []table.Change

	checkUTF8 bool
	checkNUL  bool

	places bool    // whether to note where records are
	where  []Place // of the rows, then
}

// gatherer takes records that are well-formed.
type gatherer interface {
	// rows takes those that are indexed, and says how many of them are in the
	// parser's columns then.
	rows(buf []byte, x *index) int
	// parsed takes the last one of the parser's columns.
	parsed(p *parser)
}

// Place is where a record is in its source.
type Place struct{ Offset, Line int64 }

// verdict is what became of a record.
type verdict struct {
	rule, reason string
}

// records parses the records of buf, the first of which starts at offset at and
// is record row at line. It stops at the first record that starts at or after
// limit, and returns how many bytes it used. With more set, a record that ends
// at the end of buf may go on: it is left for the next call. buf must be readable
// for cells.Pad bytes behind its end.
func (p *parser) records(buf []byte, at, limit, row, line int64, more bool) (used int, nextRow, nextLine int64) {
	p.checkUTF8 = p.d.Encoding.utf8()
	p.checkNUL = bytes.IndexByte(buf, 0) >= 0
	usual := p.d.usual() && !p.places && !p.checkNUL && p.d.limit() > len(buf)
	pos := 0
	for pos < len(buf) && at+int64(pos) < limit {
		if usual && at+int64(pos) < p.notes() {
			x := &p.index
			x.run(&p.d, buf, pos, int(min(limit-at, int64(len(buf)), p.notes()-at)))
			if x.rows > 0 && x.wide != 0 && !utf8.Valid(buf[x.from:x.next]) {
				usual = false // some records are not valid UTF-8
				continue
			}
			if x.rows > 0 {
				p.indexed(buf, row)
				pos, row, line = p.index.next, row+int64(p.index.rows), line+int64(p.index.rows+p.index.lines)
				continue
			}
		}
		n, records, lines := p.next(buf[pos:], at+int64(pos), row, line, more)
		if n == 0 {
			break
		}
		pos, row, line = pos+n, row+records, line+lines
	}
	return pos, row, line
}

// usual reports whether records of the dialect can be indexed.
func (d Dialect) usual() bool {
	return d.Escape == 0 && d.Comment == 0 && !d.Space && !d.Loose && !d.CR && !d.Blank && d.Quote != '\'' &&
		d.Encoding.utf8()
}

// indexed takes the records that are indexed, the first of which is record row.
func (p *parser) indexed(buf []byte, row int64) {
	p.held += p.gather.rows(buf, &p.index)
	for i := range p.index.rows {
		p.rows = append(p.rows, row+int64(i))
	}
}

// next parses the record at the start of buf, or what is no record. It returns the
// bytes, records and lines that it used; no bytes where more are needed.
func (p *parser) next(buf []byte, at, row, line int64, more bool) (n int, records, lines int64) {
	if n, done := p.d.noRecord(buf, more); n > 0 {
		if !done && more {
			return 0, 0, 0
		}
		return n, 0, 1
	}
	n, v, done := p.whole(buf, more)
	joined := done && p.twoLines(at)
	if joined {
		n, done = p.both(buf, n, more)
	}
	if !done && more {
		p.rollback()
		return 0, 0, 0
	}
	record := buf[:n]
	switch {
	case p.empty(record):
		v = verdict{RuleEmpty, "no cell has a value"}
	case at >= p.notes():
		v = verdict{RuleNote, "a line of text behind the table"}
	case v.rule == "":
		v = p.check(record)
	case joined && p.join(record, row), p.mend(record, v, row, at):
		v = verdict{}
	}
	if v.rule == "" {
		p.rows = append(p.rows, row)
		p.held++
		p.gather.parsed(p)
		if p.places {
			p.where = append(p.where, Place{at, line})
		}
	} else {
		p.refuse(v, record, row, line, at)
	}
	return n, 1, int64(bytes.Count(record, []byte{p.d.end()}))
}

// noRecord returns the length of the empty line or the comment at the start of
// buf, or 0, and whether its end was seen.
func (d Dialect) noRecord(buf []byte, more bool) (n int, done bool) {
	if d.Comment != 0 && buf[0] == d.Comment {
		return d.line(buf)
	}
	switch {
	case d.Blank:
	case buf[0] == d.end(), len(buf) == 1 && buf[0] == '\r' && !more:
		return 1, true
	case !d.CR && len(buf) > 1 && buf[0] == '\r' && buf[1] == '\n':
		return 2, true
	}
	return 0, false
}

// whole appends the record at the start of buf as record does, and finds how far it
// goes where its quotes or its length are wrong. With more set, bytes follow.
func (p *parser) whole(buf []byte, more bool) (n int, v verdict, done bool) {
	limit := p.d.limit()
	n, v, done = p.record(buf)
	if n > limit || !done && len(buf) > limit {
		p.rollback()
		if p.d.Scan(RecordStart, buf[:limit]).State.open() {
			v = unclosed
		} else {
			n, _ = p.d.line(buf[limit:])
			// It is the last record of its block, and the rest of it is not read.
			return limit + n, tooLong(limit), true
		}
	} else if !done && more {
		return 0, v, false
	}
	if !done && p.plan != nil && p.plan.Cut {
		return len(buf), verdict{RuleCut, "the file is damaged in this record"}, false
	}
	if v == unclosed {
		n, done = p.d.line(buf)
	}
	return n, v, done
}

// record appends the fields of the record at the start of buf to the columns. It
// returns the bytes of the record with its line end, what is wrong with it, and
// whether its end was seen.
func (p *parser) record(buf []byte) (n int, v verdict, done bool) {
	for pos, field := 0, 0; ; field++ {
		f := p.field(buf, pos)
		if p.d.CR && !f.ended && !f.open { // the last line may end otherwise
			f.content = bytes.TrimRight(f.content, "\n")
		}
		p.append(field, f.content)
		switch {
		case f.open:
			return len(buf), unclosed, false
		case f.stray > 0:
			return f.stray, unclosed, true
		case f.bad != "" && v.rule == "":
			v = verdict{RuleBadQuote, fmt.Sprintf("field %d %s", field+1, f.bad)}
		}
		pos = f.next
		if f.last || !f.ended {
			return pos, p.ragged(v, field+1), f.ended
		}
	}
}

func (p *parser) ragged(v verdict, fields int) verdict {
	if fields != len(p.cols) && v.rule == "" {
		return verdict{RuleRagged, fmt.Sprintf("%d fields where %d are expected", fields, len(p.cols))}
	}
	return v
}

// cell is a field as it was found.
type cell struct {
	content []byte // without its quotes
	quoted  bool
	next    int    // where the next field or record starts
	last    bool   // of its record
	ended   bool   // its end was seen
	open    bool   // the data end inside its quotes
	stray   int    // behind the byte that shows that its quote was not meant as one, as Broken says; or 0
	bad     string // what is wrong with it otherwise
}

const (
	goesOn      = "goes on after its closing quote"
	quoteInBare = "holds a quote but is not in quotes"
)

// field finds the field that starts at buf[pos].
func (p *parser) field(buf []byte, pos int) cell {
	if p.d.Space {
		for pos < len(buf) && buf[pos] == ' ' {
			pos++
		}
	}
	if pos < len(buf) && p.d.Quote != 0 && buf[pos] == p.d.Quote {
		return p.quotedField(buf, pos+1)
	}
	end := p.d.fieldEnd(buf, pos)
	c := cell{content: buf[pos:end], next: min(end+1, len(buf)), ended: end < len(buf)}
	c.last = !c.ended || buf[end] == p.d.end()
	if c.last && !p.d.CR {
		c.content = bytes.TrimSuffix(c.content, cr)
	}
	if p.d.Quote != 0 && !p.d.Loose && p.d.bareQuote(c.content) {
		c.bad = quoteInBare
	}
	if p.d.Quote == 0 && p.d.Escape != 0 {
		c.content = p.d.unescape(c.content)
	}
	return c
}

// bareQuote reports whether a field without quotes holds a quote. Behind a digit it
// is a mark of inches, minutes or seconds.
func (d Dialect) bareQuote(b []byte) bool {
	for i := bytes.IndexByte(b, d.Quote); i >= 0; {
		if i == 0 || !digit(b[i-1]) {
			return true
		}
		n := bytes.IndexByte(b[i+1:], d.Quote)
		if n < 0 {
			break
		}
		i += 1 + n
	}
	return false
}

// fieldEnd returns where the field without quotes that holds buf[pos] ends.
func (d Dialect) fieldEnd(buf []byte, pos int) int {
	if d.Quote != 0 || d.Escape == 0 {
		return pos + indexEither(buf[pos:], d.Delimiter, d.end())
	}
	for ; pos < len(buf) && buf[pos] != d.Delimiter && buf[pos] != d.end(); pos++ {
		if buf[pos] == d.Escape {
			pos++
		}
	}
	return min(pos, len(buf))
}

// unescape takes off the escapes of a field without quotes. One before anything but
// a delimiter, a line end or an escape is text.
func (d Dialect) unescape(b []byte) []byte {
	if bytes.IndexByte(b, d.Escape) < 0 {
		return b
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] == d.Escape && i+1 < len(b) && (b[i+1] == d.Delimiter || b[i+1] == d.end() || b[i+1] == d.Escape) {
			i++
		}
		out = append(out, b[i])
	}
	return out
}

var cr = []byte{'\r'}

// quotedField finds the field whose opening quote is just before buf[pos].
func (p *parser) quotedField(buf []byte, pos int) cell {
	close, marked := p.d.closing(buf, pos)
	if close < 0 {
		return cell{next: len(buf), last: true, open: true}
	}
	c := cell{content: buf[pos:close], quoted: true}
	lines := bytes.IndexByte(c.content, p.d.end()) >= 0
	if marked {
		c.content = p.d.unquote(c.content)
	}
	end := close + 1 + indexEither(buf[close+1:], p.d.Delimiter, p.d.end())
	c.next, c.ended = min(end+1, len(buf)), end < len(buf)
	c.last = !c.ended || buf[end] == p.d.end()
	rest := buf[close+1 : end]
	if lines {
		c.stray = p.d.textBehind(rest, close+1)
	}
	if c.last && !p.d.CR {
		rest = bytes.TrimSuffix(rest, cr)
	}
	if p.d.Space {
		rest = bytes.TrimLeft(rest, " ")
	}
	if len(rest) > 0 {
		c.bad = goesOn
	}
	return c
}

// closing returns where the quote stands that closes the field whose content
// begins at buf[pos], or -1, and whether there are doubled or escaped characters
// before it.
func (d Dialect) closing(buf []byte, pos int) (at int, marked bool) {
	for pos < len(buf) {
		if d.Escape != 0 {
			pos += indexEither(buf[pos:], d.Quote, d.Escape)
		} else if n := bytes.IndexByte(buf[pos:], d.Quote); n >= 0 {
			pos += n
		} else {
			break
		}
		switch {
		case pos >= len(buf):
		case buf[pos] == d.Escape && d.Escape != 0, pos+1 < len(buf) && buf[pos+1] == d.Quote:
			marked = true
			pos += 2
		case pos+1 < len(buf) && d.apostrophe(buf[pos+1]):
			pos++
		default:
			return pos, marked
		}
	}
	return -1, marked
}

// unquote takes off the marks of quotes inside quotes. An escape before anything
// but a quote or an escape is text.
func (d Dialect) unquote(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if (b[i] == d.Escape && d.Escape != 0 || b[i] == d.Quote) && i+1 < len(b) && (b[i+1] == d.Quote || b[i+1] == d.Escape) {
			i++
		}
		out = append(out, b[i])
	}
	return out
}

// textBehind looks for more than spaces and carriage returns, which may stand
// behind a closing quote. It returns the offset behind the first such byte of rest,
// which begins at offset at, or 0.
func (d Dialect) textBehind(rest []byte, at int) int {
	for i, c := range rest {
		if c != '\r' && (c != ' ' || !d.Space) {
			return at + i + 1
		}
	}
	return 0
}

// append adds a cell to column f; fields past the last column are dropped,
// since their record will be refused.
func (p *parser) append(f int, cell []byte) {
	if f >= len(p.cols) {
		return
	}
	c := &p.cols[f]
	if p.d.Encoding.utf8() {
		c.Append(cell)
		return
	}
	c.Data = appendDecoded(c.Data, cell, p.d.Encoding)
	c.Ends = append(c.Ends, int32(len(c.Data)))
}

func tooLong(limit int) verdict { return verdict{RuleTooLong, grid.ReasonTooLong(limit)} }

var unclosed = verdict{RuleUnclosed, "a quote is opened and not closed"}

// check looks for what no record may have.
func (p *parser) check(record []byte) verdict {
	if p.checkNUL && bytes.IndexByte(record, 0) >= 0 {
		return verdict{RuleNUL, "the record holds a NUL byte"}
	}
	if p.checkUTF8 && !utf8.Valid(record) {
		return verdict{RuleUTF8, "the record is not valid UTF-8; set encoding: windows-1252 if that is what it is"}
	}
	return verdict{}
}

// empty reports whether a record is delimiters and nothing else.
func (p *parser) empty(record []byte) bool {
	body := bytes.TrimRight(record, "\r\n")
	return p.d.Notes && len(body) > 0 && len(body) == len(p.cols)-1 && bytes.Count(body, []byte{p.d.Delimiter}) == len(body)
}

// notes is the offset of the text behind the table.
func (p *parser) notes() int64 {
	if p.plan == nil || p.plan.Marks.Notes == 0 {
		return math.MaxInt64
	}
	return p.plan.Marks.Notes
}

// refuse takes the cells of the record back and keeps it as a reject.
func (p *parser) refuse(v verdict, record []byte, row, line, offset int64) {
	key := ""
	record = record[:min(len(record), p.d.limit())]
	if c := p.keyCol; c >= 0 && p.cols[c].Len() > p.held && v.rule != RuleUnclosed && utf8.Valid(record) {
		key = string(p.cols[c].From(p.held))
	}
	p.rollback()
	p.rejects = append(p.rejects, table.Reject{
		Stage: stage, Rule: v.rule, Reason: v.reason, Row: row, Line: line, Offset: offset,
		Input: table.Clip(bytes.TrimRight(record, "\r\n")), Key: key,
	})
}

// rollback drops cells of a record that was not finished.
func (p *parser) rollback() { p.cols.Truncate(p.held) }

// line returns the bytes of the line at the start of buf and whether its end was
// seen.
func (d Dialect) line(buf []byte) (int, bool) {
	if n := bytes.IndexByte(buf, d.end()); n >= 0 {
		return n + 1, true
	}
	return len(buf), false
}

const (
	lows  = 0x0101010101010101
	highs = 0x8080808080808080
)

// indexEither returns the offset of the first x or y in b, or len(b). It looks
// at eight bytes at a time: a byte of w^x is zero where w has an x, and the
// lowest zero byte is where the subtraction borrows first (Mycroft, 1987).
func indexEither(b []byte, x, y byte) int {
	xs, ys := lows*uint64(x), lows*uint64(y)
	i := 0
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		u, v := w^xs, w^ys
		m := ((u-lows)&^u | (v-lows)&^v) & highs
		if m != 0 {
			return i + bits.TrailingZeros64(m)/8
		}
	}
	for ; i < len(b); i++ {
		if b[i] == x || b[i] == y {
			return i
		}
	}
	return len(b)
}
