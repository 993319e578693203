package csv

import (
	"bytes"
	"slices"
	"strings"

	"github.com/beamline-go/beamline/internal/dates"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/number"
)

// Settings are what the user said about how to read; what is left out is found
// from the data.
type Settings struct {
	Delimiter string   // one character
	Quote     string   // one character, or "none"
	Header    *bool    // whether the first record names the columns
	Columns   []string // names that replace those of the header
	Encoding  Encoding
}

// Format is all that is known about a file before its records are read.
type Format struct {
	Dialect Dialect
	Header  bool
	Names   []string // of the columns, in the order of the fields
	Start   int64    // offset of the first data byte
	Line    int64    // its 1-based line number
}

// SampleSize is how much of a file Detect wants to see.
const SampleSize = 1 << 20

// contestSize is how much of the sample is parsed in every dialect.
const contestSize = 256 << 10

var delimiters = []byte{',', '\t', ';', '|', ':', '^', '~'}

// Detect finds the format of the file that begins with sample; whole says that
// the sample is all of it. Faults carry the name of the source.
func Detect(sample []byte, whole bool, source string, s Settings) (Format, error) {
	skip, err := prologue(sample, source)
	if err != nil {
		return Format{}, err
	}
	body := sample[skip:]
	if len(bytes.TrimSpace(body)) == 0 {
		return Format{}, fault.Dataf("%s: the file is empty", source)
	}
	if !whole {
		body = wholeLines(body)
	}
	d, err := dialect(body, s)
	if err != nil {
		return Format{}, fault.Usagef("%s: %v", source, err)
	}
	f := Format{Dialect: d, Start: int64(skip), Line: 1}
	return f, f.header(body, source, s)
}

// Mark is what some programs put before UTF-8.
var Mark = []byte{0xEF, 0xBB, 0xBF}

// prologue returns the length of a byte-order mark, and refuses what is not
// text.
func prologue(sample []byte, source string) (int, error) {
	switch {
	case bytes.HasPrefix(sample, Mark):
		return len(Mark), nil
	case bytes.HasPrefix(sample, []byte{0xFF, 0xFE}), bytes.HasPrefix(sample, []byte{0xFE, 0xFF}):
		return 0, fault.Dataf("%s: the file is UTF-16 and compressed, which can't be read; unpack it", source)
	}
	control := 0
	for _, c := range sample {
		if c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' {
			control++
		}
	}
	if control*200 > len(sample) {
		return 0, fault.Dataf("%s: the file is binary, not text", source)
	}
	return 0, nil
}

func wholeLines(b []byte) []byte {
	if n := bytes.LastIndexByte(b, '\n'); n >= 0 {
		return b[:n+1]
	}
	return b
}

// dialect takes what is set, and holds a contest over the rest.
func dialect(body []byte, s Settings) (Dialect, error) {
	ds, qs := delimiters, []byte{'"', 0, '\''}
	if s.Delimiter != "" {
		c, err := oneCharacter("delimiter", s.Delimiter)
		if err != nil {
			return Dialect{}, err
		}
		ds = []byte{c}
	}
	if s.Quote == "none" {
		qs = []byte{0}
	} else if s.Quote != "" {
		c, err := oneCharacter("quote", s.Quote)
		if err != nil {
			return Dialect{}, err
		}
		qs = []byte{c}
	}
	if len(body) > contestSize {
		body = wholeLines(body[:contestSize])
	}
	best, bestScore := Dialect{Delimiter: ds[0], Quote: qs[0], Encoding: s.Encoding}, single
	for _, delim := range ds {
		for _, quote := range qs {
			d := Dialect{Delimiter: delim, Quote: quote, Encoding: s.Encoding}
			if d.Validate() != nil {
				continue
			}
			if score := contest(body, d); score > bestScore+1e-9 {
				best, bestScore = d, score
			}
		}
	}
	if s.Quote == "" && best.Quote != 0 && plainQuotes(body, best) {
		best.Quote = 0
	}
	best.Space = bestScore > single && spaced(body, best)
	return best, best.Validate()
}

// plainQuotes reports whether the quotes that fields begin with are part of
// their text: more of them break the grammar than are needed by what they hold
// (a delimiter, a line end, a doubled quote), and that is no rare slip.
func plainQuotes(body []byte, d Dialect) bool {
	quoted, needed, broken := 0, 0, 0
	p := parser{d: d, cols: make(Columns, 1)}
	for pos := 0; pos < len(body); {
		p.cols[0].data, p.cols[0].ends = p.cols[0].data[:0], p.cols[0].ends[:0]
		end, next, _, bad, _ := p.field(body, pos, 0)
		if body[pos] == d.Quote {
			quoted++
			switch {
			case end < 0:
				broken++
				n, _ := lineLength(body[pos:])
				next = pos + n
			case bad:
				broken++
			case bytes.ContainsAny(p.cols[0].data, string([]byte{d.Delimiter, d.Quote, '\n'})):
				needed++
			}
		}
		pos = next
	}
	return broken > needed && broken*20 > quoted
}

// single is the score that a delimiter must beat: below it the file has one
// column.
const single = 0.5

func oneCharacter(what, s string) (byte, error) {
	if s == `\t` || s == "tab" {
		return '\t', nil
	}
	if len(s) != 1 {
		return 0, fault.Usagef("%s must be one ASCII character, not %q", what, s)
	}
	return s[0], nil
}

// contest scores a dialect by how regular the records become (the share of
// those that have the most frequent width) and by how many cells then look like
// values, after van den Burg, Nazábal and Sutton, "Wrangling messy CSV files by
// detecting row and type patterns" (2019).
func contest(body []byte, d Dialect) float64 {
	rows, bad := split(body, d, 0)
	widths := map[int]int{}
	for _, r := range rows {
		widths[len(r)]++
	}
	width, count := 0, 0
	for w, n := range widths {
		if n > count || n == count && w > width {
			width, count = w, n
		}
	}
	if width < 2 {
		return 0
	}
	cells, values := 0, 0
	for _, r := range rows {
		for _, c := range r {
			cells++
			if looksLikeValue(c, d) {
				values++
			}
		}
	}
	share := float64(count) / float64(len(rows)+bad)
	return share * share * float64(values) / float64(cells)
}

func looksLikeValue(cell string, d Dialect) bool {
	c := strings.TrimSpace(cell)
	if c == "" {
		return true
	}
	if len(c) > 1 && c[0] == c[len(c)-1] && (c[0] == '"' || c[0] == '\'') && d.Quote != c[0] {
		return false
	}
	if _, ok := number.Parse(c); ok {
		return true
	}
	if _, ok := dates.Guess(c); ok {
		return true
	}
	return !strings.ContainsAny(c, "\t;|")
}

// split parses body in dialect d, at most limit records (0 is all), and returns
// the well-formed records and the number of the others.
func split(body []byte, d Dialect, limit int) (rows [][]string, bad int) {
	p := parser{d: d, cols: make(Columns, 0), keyCol: -1}
	for pos := 0; pos < len(body) && (limit == 0 || len(rows) < limit); {
		if n := emptyLine(body[pos:], false); n > 0 {
			pos += n
			continue
		}
		row, n, ok := p.strings(body, pos)
		pos += n
		if ok {
			rows = append(rows, row)
		} else {
			bad += 1 + bytes.Count(body[pos-n:max(pos-1, pos-n)], lf)
		}
	}
	return rows, bad
}

// strings parses one record of any width.
func (p *parser) strings(buf []byte, pos int) (row []string, n int, ok bool) {
	start := pos
	one := parser{d: p.d, cols: make(Columns, 1)}
	for ok = true; ; {
		one.cols[0].data, one.cols[0].ends = one.cols[0].data[:0], one.cols[0].ends[:0]
		end, next, last, bad, seen := one.field(buf, pos, 0)
		if bad || end < 0 {
			ok = false
		} else {
			row = append(row, string(one.cols[0].data))
		}
		pos = next
		if last || !seen {
			return row, pos - start, ok
		}
	}
}

// spaced reports whether every delimiter is followed by a space.
func spaced(body []byte, d Dialect) bool {
	rows, _ := split(body, d, 1000)
	fields, spaces := 0, 0
	for _, r := range rows {
		for _, c := range r[min(1, len(r)):] {
			fields++
			if strings.HasPrefix(c, " ") {
				spaces++
			}
		}
	}
	return fields > 0 && spaces*100 >= fields*99
}

// header decides whether the first record names the columns, and names them.
func (f *Format) header(body []byte, source string, s Settings) error {
	rows, _ := split(body, f.Dialect, 1000)
	if len(rows) == 0 {
		return fault.Dataf("%s: no record can be read", source)
	}
	first := rows[0]
	f.Header = namesColumns(first, rows[1:])
	if s.Header != nil {
		f.Header = *s.Header
	}
	width := len(first)
	if !f.Header {
		width = usualWidth(rows)
	} else {
		n := recordLength(body, f.Dialect)
		f.Start += int64(n)
		f.Line += int64(bytes.Count(body[:n], lf))
		if len(bytes.TrimSpace(body[n:])) == 0 {
			return fault.Dataf("%s: the file has a header but no records", source)
		}
	}
	if width > MaxColumns {
		return fault.Dataf("%s:1: %d columns, more than the %d that can be read", source, width, MaxColumns)
	}
	return f.name(first, width, source, s)
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
			return fault.Dataf("%s:1: columns %d and %d are both named %q", source, j+1, i+1, n)
		}
		seen[n] = i
	}
	return nil
}

func usualWidth(rows [][]string) int {
	widths := map[int]int{}
	best := 0
	for _, r := range rows {
		widths[len(r)]++
	}
	for w, n := range widths {
		if n > widths[best] || n == widths[best] && w > best {
			best = w
		}
	}
	return best
}

// recordLength returns the bytes up to the end of the first record, with empty
// lines before it.
func recordLength(body []byte, d Dialect) int {
	pos := 0
	for pos < len(body) {
		n := emptyLine(body[pos:], false)
		if n == 0 {
			break
		}
		pos += n
	}
	p := parser{d: d}
	_, n, _ := p.strings(body, pos)
	return pos + n
}

// namesColumns reports whether first names the columns of rows. A column of
// numbers or dates under a word speaks for it; a number in first, or a word
// that comes back below, against it.
func namesColumns(first []string, rows [][]string) bool {
	votes := 0
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
	return votes >= 0
}

func typed(cell string) bool {
	c := strings.TrimSpace(cell)
	if _, ok := number.Parse(c); ok {
		return true
	}
	_, ok := dates.Guess(c)
	return ok
}
