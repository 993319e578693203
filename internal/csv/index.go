package csv

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// index is where the fields of well-formed records end. The records lie end to end
// and all have the same number of fields, so the end of a field is where the next
// one starts.
type index struct {
	width int
	from  int      // where the first record starts
	ends  []uint32 // of the fields: where the delimiter or the line end stands
	rows  int
	next  int  // where the first record starts that is not among them
	quote bool // whether some field is in quotes
	lines int  // line ends in quotes
}

// window is about how many bytes are indexed at a time: their fields are still in
// the processor's cache when the cells are read.
const window = 32 << 10

// run indexes the records of buf that begin in [from, limit), up to the first one
// that is not of the usual kind: malformed, of another width, an empty line, a
// comment, or not finished in buf. It is left to the parser. buf must be readable
// for eight bytes behind its end.
func (x *index) run(d *Dialect, buf []byte, from, limit int) {
	x.from, x.next, x.rows, x.quote, x.lines = from, from, 0, false, 0
	if need := min(limit-from, window) + window/2; cap(x.ends) < need {
		x.ends = make([]uint32, need)
	}
	limit = min(limit, from+window)
	ends := x.ends[:cap(x.ends)]
	delims, lfs, quotes := lows*uint64(d.Delimiter), lows*uint64('\n'), lows*uint64(d.Quote)
	if d.Quote == 0 {
		quotes = delims
	}
	n, last := 0, x.width // fields, and how many they are when this record is full
	field, lines := from, 0
	room := len(ends) - 8
	for pos := from; pos < len(buf) && n < room; {
		w := binary.LittleEndian.Uint64(buf[pos : pos+8 : cap(buf)])
		a, b, c := w^delims, w^lfs, w^quotes
		m := ^((a&lows7 + lows7 | a) & (b&lows7 + lows7 | b) & (c&lows7 + lows7 | c)) & highs
		pos += 8
		for m != 0 {
			at := pos - 8 + bits.TrailingZeros64(m)>>3
			m &= m - 1
			if at >= len(buf) {
				return
			}
			switch ch := buf[at : at+1 : cap(buf)][0]; {
			case ch == d.Delimiter:
				ends[n] = uint32(at)
				n++
				field = at + 1
			case ch == '\n':
				ends[n] = uint32(at)
				n++
				if n != last || at == x.next || at == x.next+1 && buf[x.next] == '\r' {
					return
				}
				field = at + 1
				x.next, last = field, n+x.width
				x.rows++
				x.lines += lines
				lines = 0
				if field >= limit {
					return
				}
			default: // a quote
				if at != field {
					return
				}
				end, inside := d.quotedEnd(buf, at)
				if end < 0 {
					return
				}
				x.quote = true
				lines += inside
				pos, m = end, 0
			}
		}
	}
}

// field returns where field f of record r begins and ends.
func (x *index) field(buf []byte, r, f int) (s, e int) {
	k := r*x.width + f
	s = x.from
	if k > 0 {
		s = int(x.ends[k-1]) + 1
	}
	e = int(x.ends[k])
	if f == x.width-1 && e > s && buf[e-1] == '\r' {
		e--
	}
	return s, e
}

// unquoted takes off the doubling of quotes inside quotes.
func unquoted(b []byte, quote byte) []byte {
	if bytes.IndexByte(b, quote) < 0 {
		return b
	}
	return bytes.ReplaceAll(b, []byte{quote, quote}, []byte{quote})
}

const lows7 = 0x7f7f7f7f7f7f7f7f

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
