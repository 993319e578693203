package csv

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/beamline-go/beamline/internal/dates"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/grid"
	"github.com/beamline-go/beamline/internal/number"
)

// maxLeading is how many lines before a table are passed over without being told.
const maxLeading = 100

// leadingRecords is how many of them may have several cells: more are records.
const leadingRecords = 3

// leading counts the lines before the table: those that fill less than half of the
// usual width, before the first record that has it.
func leading(body []byte, d Dialect) int {
	rows, _ := split(body, d, 1000)
	width := usualWidth(rows)
	if width < 2 {
		return 0
	}
	lines, found := 0, false
	records := 0 // of more than two cells, among the lines
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
		filled := r.filled()
		if found = filled*2 > width || len(r.bad) > 0 || len(r.cells) == width && filled > 1; found {
			break
		}
		narrow = narrow || len(r.cells) != width
		if filled > 2 {
			records++
		}
		lines, rest = lines+1, rest[n:]
	}
	rows, _ = split(rest, d, 1000)
	if !found || lines > maxLeading || records > leadingRecords || len(rows) < 2 || len(rows[0]) != width || !narrow && !namesColumns(rows[0], rows[1:]) {
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
		usual := settled(rest)
		if more := oneMore(first.cells, rest); len(first.bad) == 0 && usual == width+1 && len(s.Columns) == 0 && more != nil {
			first.cells = more
			width++
		} else if len(first.bad) > 0 || usual > 0 && usual != width {
			var err error
			if first.cells, err = f.mendHeader(bytes.TrimRight(body[n-first.n:n], "\r\n"), first, usual, source, s); err != nil {
				return err
			}
			width = len(first.cells)
		}
	}
	if width > grid.MaxColumns {
		return fault.Dataf("%s:1: %d columns, more than the %d that can be read", source, width, grid.MaxColumns)
	}
	f.Dialect.Blank = width == 1
	return f.name(first.cells, width, source, s)
}

// oneMore gives names to records that have one cell more than the header, as R writes
// the names of rows in front without a name for them. It returns nil where the first
// cells are no such names, since a delimiter of the header may be missing.
func oneMore(names []string, rows [][]string) []string {
	seen := map[string]bool{}
	named := true
	for i, r := range rows {
		if len(r) != len(names)+1 {
			continue
		}
		named = named && r[0] != "" && !seen[r[0]] && (!typed(r[0]) || r[0] == number.Itoa(i+1))
		seen[r[0]] = true
	}
	if !named {
		return nil
	}
	return append([]string{""}, names...)
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
			f.Names[i] = strings.ToValidUTF8(strings.Join(strings.Fields(first[i]), " "), "\ufffd")
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
		if j, ok := seen[n]; ok && len(s.Columns) > 0 {
			return fault.Usagef("%s: columns %d and %d are both named %q", source, j+1, i+1, n)
		}
		seen[n] = i
	}
	f.rename()
	return nil
}

// rename gives columns of one name a number: value, value_2.
func (f *Format) rename() {
	taken := map[string]bool{}
	for _, n := range f.Names {
		taken[n] = true
	}
	seen := map[string]int{}
	for i, n := range f.Names {
		seen[n]++
		if seen[n] == 1 {
			continue
		}
		k := seen[n]
		for taken[n+"_"+number.Itoa(k)] {
			k++
		}
		f.Names[i] = n + "_" + number.Itoa(k)
		taken[f.Names[i]] = true
		f.Renamed = append(f.Renamed, f.Names[i])
	}
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
// numbers or dates under a word speaks for it; a word that comes back below, or a
// number, against it: but for numbers that name a series (years, months, the
// questions of a survey), and for words that are all that their column ever says (one
// column for each option).
func namesColumns(first []string, rows [][]string) bool {
	votes, all := 0, len(rows)
	options := optionColumns(first, rows)
	rows = slices.DeleteFunc(slices.Clone(rows), func(r []string) bool { return repeats(first, r, options) })
	series := namesSeries(first, rows)
	for i, name := range first {
		if typed(name) {
			if !series {
				return false
			}
			continue
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
		if again > 0 && !options[i] {
			votes--
		}
	}
	if len(rows) < all { // a header that comes back, or records that do
		return votes > 0
	}
	return votes >= 0
}

// optionColumns are those in which nothing stands but the name, or no cell, beside
// a column with other cells.
func optionColumns(first []string, rows [][]string) map[int]bool {
	out, open := map[int]bool{}, false
	for i, name := range first {
		filled, same := 0, 0
		for _, r := range rows {
			if i < len(r) && r[i] != "" {
				filled++
				if r[i] == name {
					same++
				}
			}
		}
		if filled > 1 && same == filled {
			out[i] = true
		}
		open = open || filled > 1 && same == 0 && name != ""
	}
	if !open {
		return nil
	}
	return out
}

// namesSeries reports whether the numbers and dates among names are those of a
// series and not of a record: they go up in equal steps, or are years or dates over
// cells that are none.
func namesSeries(first []string, rows [][]string) bool {
	var steps []float64
	last, named, others := 0.0, 0, false
	for i, name := range first {
		if !typed(name) {
			continue
		}
		x, ok := number.Parse(strings.TrimSpace(name))
		if ok && named > 0 {
			steps = append(steps, x-last)
		}
		last = x
		named++
		others = others || !timeLike(name) || !columnOf(i, rows, func(c string) bool { return typed(c) && !timeLike(c) })
	}
	if named == 0 || !others {
		return named > 0
	}
	if len(steps) < 2 || len(steps) != named-1 || named == len(first) || steps[0] == 0 {
		return false
	}
	for _, s := range steps {
		if s != steps[0] {
			return false
		}
	}
	return true
}

// timeLike reports whether a cell is a year, or a date.
func timeLike(cell string) bool {
	c := strings.TrimSpace(cell)
	if n, ok := number.Int(c); ok {
		return len(c) == 4 && n >= 1800 && n <= 2100
	}
	_, ok := dates.Guess(c)
	return ok
}

// columnOf reports whether most cells of a column have a property.
func columnOf(i int, rows [][]string, has func(string) bool) bool {
	filled, n := 0, 0
	for _, r := range rows {
		if i < len(r) && strings.TrimSpace(r[i]) != "" {
			filled++
			if has(r[i]) {
				n++
			}
		}
	}
	return filled > 0 && n*10 >= filled*8
}

// repeats reports whether a record is the header once more, by its words; those of
// columns that hold nothing but their name don't count.
func repeats(first, record []string, but map[int]bool) bool {
	same, words, all := 0, 0, true
	for i, name := range first[:min(len(first), len(record))] {
		all = all && record[i] == name
		if name == "" || but[i] || typed(name) {
			continue
		}
		words++
		if record[i] == name {
			same++
		}
	}
	return all && words > 0 || same > 1 && same*2 > words
}

func typed(cell string) bool {
	c := strings.TrimSpace(cell)
	if _, ok := number.Parse(c); ok {
		return true
	}
	_, ok := dates.Guess(c)
	return ok
}
