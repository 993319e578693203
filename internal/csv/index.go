package csv

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"github.com/beamline-go/beamline/internal/cells"
)

// index is where the fields of well-formed records end. The records lie end to end
// and all have the same number of fields, so the end of a field is where the next
// one starts.
type index struct {
	width int
	from  int      // where the first record starts
	ends  []uint32 // of the fields: where the delimiter or the line end stands
	rows  int
	next  int    // where the first record starts that is not among them
	quote bool   // whether some field is in quotes
	lines int    // line ends in quotes
	wide  uint64 // not 0 if some byte may not be ASCII
}

// window is about how many bytes are indexed at a time: their fields are still in
// the processor's cache when the cells are read.
const window = 32 << 10

// indexing is a run of an index.
type indexing struct {
	*index
	d     *Dialect
	buf   []byte
	limit int
	pos   int // of the next byte
	n     int // fields
	full  int // fields when the record at hand is full
	least int // bytes of a record that is no empty one
	lines int // line ends in quotes, of the record at hand
}

// run indexes the records of buf that begin in [from, limit), up to the first one
// that is not of the usual kind: malformed, of another width, an empty line, a
// comment, or not finished in buf. It is left to the parser. buf must be readable
// for cells.Pad bytes behind its end.
func (x *index) run(d *Dialect, buf []byte, from, limit int) {
	x.from, x.next, x.rows, x.quote, x.lines, x.wide = from, from, 0, false, 0, 0
	r := indexing{index: x, d: d, buf: buf, limit: min(limit, from+window), pos: from, full: x.width}
	if d.Notes || x.width == 1 {
		r.least = x.width
	}
	// A record that begins before the limit may end behind it.
	if need := r.limit - from + window/2; len(x.ends) < need {
		x.ends = make([]uint32, need)
	}
	all, quote := buf[:cap(buf)], d.quoteMark()
	for r.pos < len(buf) && r.n+64 <= len(x.ends) {
		var fields, lines, quoted, wide uint64
		if b := all[r.pos : r.pos+64]; avx2 {
			fields, lines, quoted, wide = masksAVX2(&b[0], d.Delimiter, quote)
		} else {
			fields, lines, quoted, wide = masks(b, d.Delimiter, quote)
		}
		x.wide |= wide
		if left := len(buf) - r.pos; left < 64 {
			inside := uint64(1)<<uint(left) - 1
			fields, lines, quoted = fields&inside, lines&inside, quoted&inside
		}
		ok := false
		if quoted == 0 {
			ok = r.plain(fields, lines)
		} else {
			ok = r.quoted(fields|quoted, lines)
		}
		if !ok {
			return
		}
	}
}

// quoteMark is the quote, or, where there is none, a byte that is in no text.
func (d *Dialect) quoteMark() byte {
	if d.Quote == 0 {
		return 0xFF
	}
	return d.Quote
}

// masks returns a bit for each of 64 bytes: those that end a field, those of them
// that end a line, and quotes. wide is not 0 if some byte is not ASCII.
func masks(b []byte, delimiter, quote byte) (fields, lines, quoted, wide uint64) {
	b = b[:64]
	delims, lfs, quotes := lows*uint64(delimiter), lows*uint64('\n'), lows*uint64(quote)
	any := uint64(highs) // a bit is not set where a byte is a quote
	for i := 0; i < 64; i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		wide |= w
		x, y, z := w^delims, w^lfs, w^quotes
		// A byte is zero where w has the character; adding to its low bits
		// carries into its high bit unless it is.
		x, y, z = x&lows7+lows7|x, y&lows7+lows7|y, z&lows7+lows7|z
		fields |= gather(x&y) << uint(i)
		lines |= gather(y) << uint(i)
		any &= z
	}
	wide &= highs
	if any == highs {
		return fields, lines, 0, wide
	}
	for i := 0; i < 64; i += 8 {
		z := binary.LittleEndian.Uint64(b[i:]) ^ quotes
		quoted |= gather(z&lows7+lows7|z) << uint(i)
	}
	return fields, lines, quoted, wide
}

// gather returns a bit for each byte of w whose high bit is not set.
func gather(w uint64) uint64 { return (^w & highs) * 0x0002040810204081 >> 56 }

const lows7 = 0x7f7f7f7f7f7f7f7f

// plain takes 64 bytes without quotes. It reports whether to go on.
func (r *indexing) plain(fields, lines uint64) bool {
	whole := uint64(0) // the fields of full records
	for l := lines; l != 0; l &= l - 1 {
		bit := uint(bits.TrailingZeros64(l))
		upTo := fields & (2<<bit - 1)
		ok := r.line(r.pos+int(bit), r.n+bits.OnesCount64(upTo))
		if ok {
			whole = upTo
		}
		if !ok || r.next >= r.limit {
			r.push(whole)
			return false
		}
	}
	r.push(fields)
	r.pos += 64
	return r.n < r.full
}

// push notes where fields end.
func (r *indexing) push(fields uint64) {
	out := r.ends[r.n : r.n+64]
	base := uint32(r.pos)
	n := bits.OnesCount64(fields)
	for i := 0; i < n; i += 4 { // what is written behind the last is written over
		o := out[i : i+4]
		o[0] = base + uint32(bits.TrailingZeros64(fields))
		fields &= fields - 1
		o[1] = base + uint32(bits.TrailingZeros64(fields))
		fields &= fields - 1
		o[2] = base + uint32(bits.TrailingZeros64(fields))
		fields &= fields - 1
		o[3] = base + uint32(bits.TrailingZeros64(fields))
		fields &= fields - 1
	}
	r.n += n
}

// line ends a record at a line end, which is its n-th field; it reports false if the
// record does not have the usual width, is an empty line, or has no byte but
// delimiters.
func (r *indexing) line(at, n int) bool {
	if n != r.full || at < r.next+r.least || at == r.next+r.least && r.buf[at-1] == '\r' {
		return false
	}
	r.rows++
	r.next, r.full = at+1, n+r.width
	r.index.lines += r.lines
	r.lines = 0
	return true
}

// quoted takes 64 bytes with quotes in them, up to the end of the first field that
// is in quotes.
func (r *indexing) quoted(marks, lines uint64) bool {
	base := r.pos
	for ; marks != 0; marks &= marks - 1 {
		bit := uint(bits.TrailingZeros64(marks))
		at := base + int(bit)
		if r.buf[at] != r.d.Quote {
			r.ends[r.n] = uint32(at)
			r.n++
			if lines>>bit&1 != 0 && (!r.line(at, r.n) || r.next >= r.limit) {
				return false
			}
			continue
		}
		if at != r.from && r.buf[at-1] != r.d.Delimiter && r.buf[at-1] != '\n' {
			return false
		}
		end, inside := r.d.quotedEnd(r.buf, at)
		if end < 0 {
			return false
		}
		r.quote = true
		r.wide = 1 // what is in the quotes was not looked at
		r.lines += inside
		r.pos = end
		return r.n < r.full
	}
	r.pos += 64
	return r.n < r.full
}

// quotedEnd returns where the delimiter, the line end or the carriage return before
// it stands behind the field in quotes that begins at buf[at], and how many line
// ends are in it; -1 if it does not end so.
func (d *Dialect) quotedEnd(buf []byte, at int) (end, lines int) {
	for pos := at + 1; ; {
		n := bytes.IndexByte(buf[pos:], d.Quote)
		if n < 0 {
			return -1, 0
		}
		end = pos + n + 1
		if end >= len(buf) {
			return -1, 0
		}
		if buf[end] != d.Quote {
			break
		}
		pos = end + 1
	}
	switch {
	case buf[end] == d.Delimiter, buf[end] == '\n', buf[end] == '\r' && end+1 < len(buf) && buf[end+1] == '\n':
		return end, bytes.Count(buf[at:end], lf)
	}
	return -1, 0
}

var lf = []byte{'\n'}

// column is where field f of the records stands.
func (x *index) column(f int) cells.Column {
	return cells.Column{Ends: x.ends, Start: x.from, First: f, Stride: x.width, Rows: x.rows, Last: f == x.width-1}
}
