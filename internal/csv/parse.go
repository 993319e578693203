package csv

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/beamline-go/beamline/table"
)

// Names of the rules by which a record is refused.
const (
	RuleRagged   = "ragged"
	RuleUnclosed = "unclosed_quote"
	RuleBadQuote = "bad_quote"
	RuleUTF8     = "invalid_utf8"
	RuleNUL      = "nul_byte"
	RuleTooLong  = "record_too_long"
	stage        = "read"
)

// Column is the cells of one column, end to end.
type Column struct {
	data []byte
	ends []int32 // ends[i] is where cell i ends; cell 0 starts at 0
	// offsets, where it is not nil, begins with a 0 and goes on with the
	// memory of ends, unless that had to grow.
	offsets []int32
}

// reserve makes room for cells.
func (c *Column) reserve(bytes, cells int) {
	c.data, c.offsets = make([]byte, 0, bytes), make([]int32, cells+1)
	c.ends = c.offsets[1:1]
}

// starts returns where each cell starts, and the end of the last one: what Arrow
// calls offsets.
func (c *Column) starts() []int32 {
	n := len(c.ends)
	if n > 0 && n < len(c.offsets) && &c.offsets[1] == &c.ends[0] {
		return c.offsets[:n+1]
	}
	all := make([]int32, n+1)
	copy(all[1:], c.ends)
	return all
}

// Append adds a cell.
func (c *Column) Append(cell []byte) {
	c.data = append(c.data, cell...)
	c.ends = append(c.ends, int32(len(c.data)))
}

// Len is the number of cells.
func (c *Column) Len() int { return len(c.ends) }

// Last is the last cell.
func (c *Column) Last() []byte { return c.data[c.start(len(c.ends)-1):] }

// Truncate drops the cells from the n-th on.
func (c *Column) Truncate(n int) {
	c.data, c.ends = c.data[:c.start(n)], c.ends[:n]
}

// Columns are columns of the same records.
type Columns []Column

// Truncate drops the cells of records from the n-th on, where there are any.
func (cs Columns) Truncate(n int) {
	for i := range cs {
		if cs[i].Len() > n {
			cs[i].Truncate(n)
		}
	}
}

// Fill gives columns that have no cell of record n an empty one.
func (cs Columns) Fill(n int) {
	for i := range cs {
		if cs[i].Len() == n {
			cs[i].Append(nil)
		}
	}
}

// Record returns n records with columns of those names.
func (cs Columns) Record(names []string, n int) arrow.RecordBatch {
	arrays := make([]arrow.Array, len(cs))
	for i := range cs {
		arrays[i] = cs[i].Array()
	}
	return array.NewRecordBatch(TextSchema(names), arrays, int64(n))
}

// parser turns records into columns of text.
type parser struct {
	d        Dialect
	cols     Columns
	rows     []int64
	rejects  []table.Reject
	unclosed []int64
	keyCol   int // field that holds the key, or -1

	checkUTF8 bool
	checkNUL  bool

	places bool    // whether to note where records are
	where  []Place // of the rows, then
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
// at the end of buf may go on: it is left for the next call.
func (p *parser) records(buf []byte, at, limit, row, line int64, more bool) (used int, nextRow, nextLine int64) {
	p.checkUTF8 = p.d.Encoding != Latin1 && p.d.Encoding != Windows1252 && !utf8.Valid(buf)
	p.checkNUL = bytes.IndexByte(buf, 0) >= 0
	pos := 0
	for pos < len(buf) && at+int64(pos) < limit {
		if n := emptyLine(buf[pos:], more); n > 0 {
			pos += n
			line++
			continue
		}
		n, v, done := p.record(buf, pos, at)
		if !done && more {
			p.rollback()
			break
		}
		record := buf[pos : pos+n]
		if v.rule == "" {
			v = p.check(record)
		}
		if v.rule == "" {
			p.rows = append(p.rows, row)
			if p.places {
				p.where = append(p.where, Place{at + int64(pos), line})
			}
		} else {
			p.refuse(v, record, row, line, at+int64(pos))
		}
		row++
		line += int64(bytes.Count(record, lf))
		pos += n
	}
	return pos, row, line
}

// emptyLine returns the length of the empty line at the start of buf, or 0.
func emptyLine(buf []byte, more bool) int {
	switch {
	case buf[0] == '\n', len(buf) == 1 && buf[0] == '\r' && !more:
		return 1
	case len(buf) > 1 && buf[0] == '\r' && buf[1] == '\n':
		return 2
	}
	return 0
}

// record appends the fields of the record at buf[pos:] to the columns. It
// returns the bytes of the record with its line end, what is wrong with it, and
// whether its end was seen.
func (p *parser) record(buf []byte, pos int, at int64) (n int, v verdict, done bool) {
	if len(p.unclosed) > 0 && slices.Contains(p.unclosed, at+int64(pos)) {
		n, done = lineLength(buf[pos:])
		return n, verdict{RuleUnclosed, "a quote is opened and never closed"}, done
	}
	start, field := pos, 0
	for {
		end, next, last, bad, ok := p.field(buf, pos, field)
		if !ok {
			return len(buf) - start, p.atEOF(buf, start, field, end, bad), false
		}
		if bad && v.rule == "" {
			v = verdict{RuleBadQuote, fmt.Sprintf("field %d goes on after its closing quote", field+1)}
		}
		field++
		pos = next
		if last {
			break
		}
	}
	return pos - start, p.ragged(v, field), true
}

// atEOF judges a record that the end of the data ends: field is the number of
// the unfinished field, whose content ends at end, or -1 inside quotes.
func (p *parser) atEOF(buf []byte, start, field, end int, bad bool) verdict {
	if end < 0 {
		return verdict{RuleUnclosed, "a quote is opened and never closed"}
	}
	if bad {
		return verdict{RuleBadQuote, fmt.Sprintf("field %d goes on after its closing quote", field+1)}
	}
	return p.ragged(verdict{}, field+1)
}

func (p *parser) ragged(v verdict, fields int) verdict {
	if fields != len(p.cols) && v.rule == "" {
		return verdict{RuleRagged, fmt.Sprintf("%d fields where %d are expected", fields, len(p.cols))}
	}
	return v
}

// field appends field number f, which starts at buf[pos], to its column. It
// returns where its content ends (-1 when quotes are still open), where the
// next field or record starts, whether it was the last of its record, whether
// something follows its closing quote, and whether its end was seen.
func (p *parser) field(buf []byte, pos, f int) (end, next int, last, bad, ok bool) {
	if p.d.Space {
		for pos < len(buf) && buf[pos] == ' ' {
			pos++
		}
	}
	if pos < len(buf) && p.d.Quote != 0 && buf[pos] == p.d.Quote {
		return p.quotedField(buf, pos+1, f)
	}
	end = pos + indexEither(buf[pos:], p.d.Delimiter, '\n')
	if end == len(buf) {
		p.append(f, bytes.TrimSuffix(buf[pos:end], cr))
		return end, end, true, false, false
	}
	last = buf[end] == '\n'
	content := buf[pos:end]
	if last {
		content = bytes.TrimSuffix(content, cr)
	}
	p.append(f, content)
	return end, end + 1, last, false, true
}

var cr = []byte{'\r'}

// quotedField appends a field whose opening quote is just before buf[pos].
func (p *parser) quotedField(buf []byte, pos, f int) (end, next int, last, bad, ok bool) {
	start, doubled := pos, false
	for {
		n := bytes.IndexByte(buf[pos:], p.d.Quote)
		if n < 0 {
			return -1, len(buf), true, false, false
		}
		pos += n
		if pos+1 < len(buf) && buf[pos+1] == p.d.Quote {
			doubled = true
			pos += 2
			continue
		}
		break
	}
	content := buf[start:pos]
	if doubled {
		content = bytes.ReplaceAll(content, []byte{p.d.Quote, p.d.Quote}, []byte{p.d.Quote})
	}
	p.append(f, content)
	end = pos + 1
	stop := end + indexEither(buf[end:], p.d.Delimiter, '\n')
	rest := buf[end:stop]
	if stop < len(buf) && buf[stop] == '\n' || stop == len(buf) {
		rest = bytes.TrimSuffix(rest, cr)
		last = true
	}
	if p.d.Space {
		rest = bytes.TrimLeft(rest, " ")
	}
	bad = len(rest) > 0
	if stop == len(buf) {
		return end, stop, true, bad, false
	}
	return end, stop + 1, last, bad, true
}

// append adds a cell to column f; fields past the last column are dropped,
// since their record will be refused.
func (p *parser) append(f int, cell []byte) {
	if f >= len(p.cols) {
		return
	}
	c := &p.cols[f]
	switch p.d.Encoding {
	case Latin1, Windows1252:
		c.data = appendDecoded(c.data, cell, p.d.Encoding)
	default:
		// Growing in place writes no pointer, which the collector would
		// have to be told of.
		if n := len(c.data); n+len(cell) <= cap(c.data) {
			c.data = c.data[:n+len(cell)]
			copy(c.data[n:], cell)
		} else {
			c.data = append(c.data, cell...)
		}
	}
	c.ends = append(c.ends, int32(len(c.data)))
}

// ReasonTooLong is why a record is refused by RuleTooLong.
var ReasonTooLong = fmt.Sprintf("the record is longer than %d bytes", MaxRecord)

var tooLong = verdict{RuleTooLong, ReasonTooLong}

// check looks for what no record may have.
func (p *parser) check(record []byte) verdict {
	if len(record) > MaxRecord {
		return tooLong
	}
	if p.checkNUL && bytes.IndexByte(record, 0) >= 0 {
		return verdict{RuleNUL, "the record holds a NUL byte"}
	}
	if p.checkUTF8 && !utf8.Valid(record) {
		return verdict{RuleUTF8, "the record is not valid UTF-8; set encoding: windows-1252 if that is what it is"}
	}
	return verdict{}
}

// refuse takes the cells of the record back and keeps it as a reject.
func (p *parser) refuse(v verdict, record []byte, row, line, offset int64) {
	key := ""
	if c := p.keyCol; c >= 0 && len(p.cols[c].ends) > len(p.rows) && v.rule != RuleUnclosed && utf8.Valid(record) {
		key = string(p.cols[c].data[p.cols[c].start(len(p.rows)):])
	}
	p.rollback()
	p.rejects = append(p.rejects, table.Reject{
		Stage: stage, Rule: v.rule, Reason: v.reason, Row: row, Line: line, Offset: offset,
		Input: table.Clip(bytes.TrimRight(record, "\r\n")), Key: key,
	})
}

// start returns where cell i of the column starts.
func (c *Column) start(i int) int32 {
	if i == 0 {
		return 0
	}
	return c.ends[i-1]
}

// rollback drops cells of a record that was not finished.
func (p *parser) rollback() { p.cols.Truncate(len(p.rows)) }

// lineLength returns the bytes of the line at the start of buf and whether its
// line feed was seen.
func lineLength(buf []byte) (int, bool) {
	if n := bytes.IndexByte(buf, '\n'); n >= 0 {
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
