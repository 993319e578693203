package csv

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/beamline-go/beamline/internal/dates"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/number"
)

// maxLeading is how many lines before a table are passed over without being told.
const maxLeading = 100

// leading counts the lines before the table: those that fill less than half of the
// usual width, before the first record that has it.
func leading(body []byte, d Dialect) int {
	rows, _ := split(body, d, 1000)
	width := usualWidth(rows)
	if width < 2 {
		return 0
	}
	lines, found := 0, false
	rest := body
	narrow := false // a line has another width
	for lines <= maxLeading && len(rest) > 0 {
		n, _ := d.line(rest)
		if skip, _ := d.noRecord(rest, false); skip > 0 {
			lines, rest = lines+1, rest[n:]
			continue
		}
		p := parser{d: d}
		r := p.one(rest)
		filled := 0
		for _, c := range r.cells {
			if strings.TrimSpace(c) != "" {
				filled++
			}
		}
		if found = filled*2 > width || len(r.bad) > 0 || len(r.cells) == width && filled > 1; found {
			break
		}
		narrow = narrow || len(r.cells) != width
		lines, rest = lines+1, rest[n:]
	}
	rows, _ = split(rest, d, 1000)
	if !found || lines > maxLeading || len(rows) < 2 || len(rows[0]) != width || !narrow && !namesColumns(rows[0], rows[1:]) {
		return 0
	}
	return lines
}

// header decides whether the first record names the columns, and names them.
func (f *Format) header(body []byte, source string, s Settings) error {
	rows, _ := split(body, f.Dialect, 1000)
	var first record
	eachRecord(body, f.Dialect, func(r record) bool { first = r; return false })
	if len(rows) == 0 && len(first.bad) == 0 {
		return fault.Dataf("%s: no record can be read", source)
	}
	rest := rows
	if len(first.bad) == 0 {
		rest = rows[1:]
	}
	f.Header = len(first.bad) > 0 || namesColumns(first.cells, rest)
	if s.Header != nil {
		f.Header = *s.Header
	}
	width := len(first.cells)
	if !f.Header {
		width = usualWidth(rows)
	} else {
		n := recordLength(body, f.Dialect)
		f.Start += int64(n)
		f.Line += int64(bytes.Count(body[:n], []byte{f.Dialect.end()}))
		if len(bytes.TrimSpace(body[n:])) == 0 && !s.Part {
			return fault.Dataf("%s: the file has a header but no records", source)
		}
		if usual := settled(rest); len(first.bad) > 0 || usual > 0 && usual != width {
			var err error
			if first.cells, err = f.mendHeader(bytes.TrimRight(body[n-first.n:n], "\r\n"), first, usual, source, s); err != nil {
				return err
			}
			width = len(first.cells)
		}
	}
	if width > MaxColumns {
		return fault.Dataf("%s:1: %d columns, more than the %d that can be read", source, width, MaxColumns)
	}
	f.Dialect.Blank = width == 1
	return f.name(first.cells, width, source, s)
}

// settled returns the width that nearly all of several records have, or 0.
func settled(rows [][]string) int {
	width, n := usualWidth(rows), 0
	for _, r := range rows {
		if len(r) == width {
			n++
		}
	}
	if n < 3 || n*10 < len(rows)*9 {
		return 0
	}
	return width
}

// mendHeader finds names for columns of that width where the header, which is text,
// does not have as many, or is malformed itself.
func (f *Format) mendHeader(text []byte, first record, width int, source string, s Settings) ([]string, error) {
	if len(s.Columns) > 0 {
		return make([]string, len(s.Columns)), nil
	}
	line := f.Line - 1
	if !s.Repair {
		if len(first.bad) > 0 {
			return nil, fault.Dataf("%s:%d: the header is malformed: a field %s; name the columns with columns, or set malformed: repair", source, line, first.bad[0])
		}
		return nil, fault.Dataf("%s:%d: the header names %d columns, and the records have %d; name the columns with columns, or set malformed: repair", source, line, len(first.cells), width)
	}
	f.Mended = true
	named := slices.DeleteFunc(slices.Clone(first.cells), func(c string) bool { return strings.TrimSpace(c) == "" })
	if len(first.bad) == 0 && len(named) == width {
		return named, nil
	}
	return mendNames(text, f.Dialect, cmp.Or(width, len(first.cells))), nil
}

func (f *Format) name(first []string, width int, source string, s Settings) error {
	f.Names = make([]string, width)
	for i := range f.Names {
		if f.Header {
			f.Names[i] = strings.Join(strings.Fields(first[i]), " ")
		}
		if f.Names[i] == "" {
			f.Names[i] = "c" + number.Itoa(i+1)
		}
	}
	if len(s.Columns) > 0 {
		if len(s.Columns) != width {
			return fault.Usagef("%s: %d names are given for %d columns", source, len(s.Columns), width)
		}
		f.Names = slices.Clone(s.Columns)
	}
	seen := map[string]int{}
	for i, n := range f.Names {
		if j, ok := seen[n]; ok {
			return fault.Dataf("%s:%d: columns %d and %d are both named %q", source, f.Skipped+1, j+1, i+1, n)
		}
		seen[n] = i
	}
	return nil
}

// recordLength returns the bytes up to the end of the first record, with what is no
// record before it.
func recordLength(body []byte, d Dialect) int {
	pos := 0
	for pos < len(body) {
		n, _ := d.noRecord(body[pos:], false)
		if n == 0 {
			break
		}
		pos += n
	}
	p := parser{d: d}
	return pos + p.one(body[pos:]).n
}

// namesColumns reports whether first names the columns of rows. A column of
// numbers or dates under a word speaks for it; a number in first, or a word
// that comes back below, against it.
func namesColumns(first []string, rows [][]string) bool {
	votes, all := 0, len(rows)
	rows = slices.DeleteFunc(slices.Clone(rows), func(r []string) bool { return repeats(first, r) })
	for i, name := range first {
		if typed(name) {
			return false
		}
		filled, values, again := 0, 0, 0
		for _, r := range rows {
			if i >= len(r) || strings.TrimSpace(r[i]) == "" {
				continue
			}
			filled++
			if typed(r[i]) {
				values++
			} else if r[i] == name && name != "" {
				again++
			}
		}
		if filled > 0 && values*10 >= filled*8 && name != "" {
			votes++
		}
		if again > 0 {
			votes--
		}
	}
	if len(rows) < all { // a header that comes back, or records that do
		return votes > 0
	}
	return votes >= 0
}

// repeats reports whether a record is the header once more.
func repeats(first, record []string) bool {
	same := 0
	for i, name := range first[:min(len(first), len(record))] {
		if record[i] == name && name != "" {
			same++
		}
	}
	return same > 1 && same*2 > len(first)
}

func typed(cell string) bool {
	c := strings.TrimSpace(cell)
	if _, ok := number.Parse(c); ok {
		return true
	}
	_, ok := dates.Guess(c)
	return ok
}
