package csv

import (
	"bytes"
	"strings"
	"unicode"
)

// TailSize is how many bytes at the end of a source are looked at for text behind the table.
const TailSize = 16 << 10

// keep notes the last bytes of the source.
func (p *planner) keep(data []byte) {
	data = data[max(0, len(data)-TailSize):]
	p.tail = append(p.tail, data...)
	p.tail = append(p.tail[:0], p.tail[max(0, len(p.tail)-TailSize):]...)
}

// ending is what a line at the end of a file may be.
type ending uint8

const (
	row    ending = iota // a record, as far as can be told
	gap                  // nothing, or delimiters alone
	alone                // a text without a delimiter
	padded               // a text in the first of several cells, the others being empty
)

// notes returns how many bytes at the end of a file are text about the table, such as
// its source or its legend: the lines from the last on that have a text in their first
// cell and nothing else, from the first that has no delimiter, or stands behind an
// empty one.
func notes(tail []byte, d Dialect) int64 {
	if d.Blank || !d.Notes {
		return 0
	}
	found, n, text := 0, 0, false
	for rest := bytes.TrimRight(tail, "\r\n"); ; {
		start := bytes.LastIndexByte(rest, d.end()) + 1
		if start == 0 { // all is text, as far back as was kept
			return 0
		}
		what := d.ending(rest[start:])
		if what == row && bytes.IndexByte(rest[start:], d.Delimiter) < 0 {
			return 0
		}
		if what == row {
			return int64(found)
		}
		n = len(tail) - start
		text = text || what != gap
		if text && what != padded {
			found = n
		}
		rest = rest[:start-1]
	}
}

// ending tells what a line is.
func (d Dialect) ending(line []byte) ending {
	if len(bytes.TrimSpace(line)) == 0 {
		return gap
	}
	if d.Quote != 0 && bytes.Count(line, []byte{d.Quote})%2 > 0 { // of a record of several lines
		return row
	}
	p := parser{d: d}
	r := p.one(line)
	if len(r.bad) > 0 {
		return row
	}
	switch filled := r.filled(); {
	case filled == 0:
		return gap
	case filled > 1 || typed(r.cells[0]) || !strings.ContainsFunc(r.cells[0], unicode.IsLetter):
		return row
	case len(r.cells) == 1:
		return alone
	case len(r.cells) == 2 || !strings.ContainsAny(strings.TrimSpace(r.cells[0]), " :"):
		return row // it looks like a record of which no more than a name is known
	}
	return padded
}
