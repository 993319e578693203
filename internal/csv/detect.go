package csv

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/beamline-go/beamline/internal/fault"
)

// Settings are what the user said about how to read; what is left out is found
// from the data.
type Settings struct {
	Delimiter string   // one character, or "none"
	Quote     string   // one character, or "none"
	Escape    string   // one character, or "none"
	Comment   string   // one character, or "none"
	Skip      *int     // lines before the table
	Header    *bool    // whether the first record names the columns
	Columns   []string // names that replace those of the header
	Encoding  Encoding
	Repair    bool   // mend malformed records where the others show how
	Limit     int    // bytes of one record; 0 means grid.MaxRecord
	Expanded  int64  // bytes that a compressed file may have unpacked; 0 means any number
	Later     []byte `json:"-"` // parts of the file from behind the sample
	Keep      bool   // use what stands before the damage of a file
	Part      bool   // the file is one of several, and may have no records
	Pattern   string // of the lines of a log, in which named groups are columns
}

// Said are the settings that only delimited text has, as far as they are given.
func (s Settings) Said() (names []string) {
	for name, given := range map[string]bool{
		"delimiter": s.Delimiter != "", "quote": s.Quote != "", "header": s.Header != nil, "escape": s.Escape != "", "comment": s.Comment != "",
		"skip_lines": s.Skip != nil, "encoding": !s.Encoding.utf8(),
	} {
		if given {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Format is all that is known about a file before its records are read.
type Format struct {
	Dialect Dialect
	Header  bool
	Names   []string // of the columns, in the order of the fields
	Mended  bool     // the header was malformed; names that it does not prove are numbers
	Skipped int      // lines before the table
	Start   int64    // offset of the first data byte
	Line    int64    // its 1-based line number
	Mender  *Mender  `json:",omitempty"` // where malformed records are mended
	Renamed []string `json:",omitempty"` // columns whose name another one had
	Pattern string   `json:",omitempty"` // of the lines of a log
}

// SampleSize is how much of a file Detect wants to see.
const SampleSize = 1 << 20

// contestSize is how much of the sample is parsed in the most likely dialects, and
// shortContest in all of them.
const (
	contestSize  = 128 << 10
	shortContest = 32 << 10
)

var delimiters = []byte{',', '\t', ';', '|', ':', '^', '~', ' ', hive}

// hive is the delimiter of Hive's text files, unit one that stands in no text: that of a
// table of one column.
const (
	hive = 1
	unit = 0x1f
)

// none is said where there is no such character.
const none = "none"

// Detect finds the format of the file that begins with sample; whole says that
// the sample is all of it. Faults carry the name of the source.
func Detect(sample []byte, whole bool, source string, s Settings) (Format, error) {
	skip, err := prologue(sample, source, s.Delimiter)
	if err != nil {
		return Format{}, err
	}
	body := sample[skip:]
	all := body
	if len(bytes.TrimSpace(body)) == 0 {
		return Format{}, fault.Dataf("%s: the file is empty", source)
	}
	d := Dialect{Encoding: s.Encoding, Limit: s.Limit, CR: endsWithCR(body)}
	if !whole {
		body = d.wholeLines(body)
	}
	f := Format{Start: int64(skip), Line: 1}
	if s.Skip != nil {
		body = f.skip(body, d, *s.Skip)
	}
	if f.Dialect, err = dialect(body, d, s); err != nil {
		return Format{}, fault.Usagef("%s: %v", source, err)
	}
	if d := f.Dialect.Delimiter; s.Delimiter == "" && (d == ' ' || bytes.IndexByte(body, d) < 0) && aligned(body) {
		return Format{}, fault.Dataf("%s: the columns are aligned with spaces, which can't be read; write a delimiter between them, or set one with delimiter", source)
	}
	if s.Skip == nil {
		body = f.skip(body, d, leading(body, f.Dialect))
	}
	if err := f.header(body, source, s); err != nil {
		return f, err
	}
	if s.Repair {
		rest := all[min(int(f.Start)-skip, len(all)):]
		f.Mender = learnMender(rest, f.Dialect, len(f.Names))
	}
	return f, nil
}

// endsWithCR reports whether lines end with a carriage return alone, in more places
// than with a line feed.
func endsWithCR(body []byte) bool {
	feeds := bytes.Count(body, []byte{'\n'})
	alone := bytes.Count(body, []byte{'\r'}) - bytes.Count(body, []byte("\r\n"))
	return alone > 0 && feeds*crAlone < alone
}

// crAlone is how many times as often a carriage return alone must end a line.
const crAlone = 10

// Lines are aligned where nearly all have several spaces in a row, and as many such
// gaps, and nothing else stands between what they part.
const (
	alignedShare  = 0.9
	fewestAligned = 5
)

// aligned reports whether the columns of a text are set off by runs of spaces.
func aligned(body []byte) bool {
	lines := strings.Split(strings.TrimSpace(string(body[:min(len(body), shortContest)])), "\n")
	counts := map[int]int{}
	for _, l := range lines {
		if strings.ContainsAny(l, ",;\t|") {
			return false
		}
		if parts := strings.FieldsFunc(strings.ReplaceAll(strings.TrimSpace(l), "  ", "\x00"), func(r rune) bool { return r == 0 }); len(parts) > 1 {
			counts[len(parts)]++
		}
	}
	for _, n := range counts {
		if n >= fewestAligned && float64(n) >= alignedShare*float64(len(lines)) {
			return true
		}
	}
	return false
}

// skip passes over lines before the table.
func (f *Format) skip(body []byte, d Dialect, lines int) []byte {
	for range lines {
		n, _ := d.line(body)
		body = body[n:]
		f.Start += int64(n)
	}
	f.Skipped += lines
	f.Line += int64(lines)
	return body
}

// Mark is what some programs put before UTF-8.
var Mark = []byte{0xEF, 0xBB, 0xBF}

// prologue returns the length of a byte-order mark, and refuses what is not
// text.
func prologue(sample []byte, source, delimiter string) (int, error) {
	switch {
	case bytes.HasPrefix(sample, Mark):
		return len(Mark), nil
	case bytes.HasPrefix(sample, []byte{0xFF, 0xFE}), bytes.HasPrefix(sample, []byte{0xFE, 0xFF}):
		return 0, fault.Dataf("%s: the file is UTF-16 and compressed, which can't be read; unpack it", source)
	}
	control := 0
	for _, c := range sample {
		if c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != hive && delimiter != string(rune(c)) {
			control++
		}
	}
	if control*200 > len(sample) {
		return 0, fault.Dataf("%s: the file is binary, not text", source)
	}
	start := bytes.ToLower(bytes.TrimSpace(sample[:min(len(sample), 200)]))
	for _, tag := range []string{"<!doctype html", "<html", "<table"} {
		if bytes.HasPrefix(start, []byte(tag)) {
			return 0, fault.Dataf("%s: the file is HTML, whatever its name says; name a table of it by its number, %[1]s#1, or save it as CSV", source)
		}
	}
	return 0, nil
}

func (d Dialect) wholeLines(b []byte) []byte {
	if n := bytes.LastIndexByte(b, d.end()); n >= 0 {
		return b[:n+1]
	}
	return b
}

// dialect takes what is set, and holds a contest over the rest. base has what is
// known already.
func dialect(body []byte, base Dialect, s Settings) (Dialect, error) {
	ds, qs := delimiters, []byte{'"', 0, '\''}
	if s.Delimiter != "" && s.Delimiter != none {
		c, err := oneCharacter("delimiter", s.Delimiter)
		if err != nil {
			return Dialect{}, err
		}
		ds = []byte{c}
	}
	if s.Delimiter == none {
		ds = []byte{unit}
	}
	if s.Quote != "" {
		c, err := characterOrNone("quote", s.Quote)
		if err != nil {
			return Dialect{}, err
		}
		qs = []byte{c}
	}
	var err error
	if base.Escape, err = characterOrNone("escape", s.Escape); err != nil {
		return Dialect{}, err
	}
	if base.Comment, err = characterOrNone("comment", s.Comment); err != nil {
		return Dialect{}, err
	}
	if base.Encoding = Named(string(base.Encoding)); base.Encoding == "" {
		base.Encoding = guessEncoding(slices.Concat(body, s.Later))
	}
	if len(body) > contestSize {
		body = base.wholeLines(body[:contestSize])
	}
	body = slices.Concat(body, s.Later)
	candidates := candidates(body, base, ds, qs)
	if len(body) > shortContest { // the first lines leave few of them
		few := base.wholeLines(body[:shortContest])
		slices.SortStableFunc(candidates, func(a, b Dialect) int { return cmp.Compare(contest(few, b), contest(few, a)) })
		candidates = candidates[:min(len(candidates), 3)]
	}
	if err := contradicted(body, base, candidates, s); err != nil {
		return Dialect{}, err
	}
	best := base
	best.Delimiter, best.Quote = ds[0], qs[0]
	bestScore := single
	for _, d := range candidates {
		if score := contest(body, d); score > bestScore+1e-9 {
			best, bestScore = d, score
		}
	}
	best.Loose = true                     // until the rest is known
	if s.Quote == "" && best.Quote == 0 { // the contest was about the delimiter
		best.Quote = '"'
	}
	if s.Escape == "" && escaped(body, best) {
		best.Escape = '\\'
	}
	if s.Quote == "" && plainQuotes(body, best) {
		best.Quote = 0
		if best.Escape = base.Escape; s.Escape == "" && escaped(body, best) {
			best.Escape = '\\'
		}
	}
	best.Space = best.Space || bestScore > single && best.Delimiter != ' ' && spaced(body, best)
	if s.Comment == "" && commented(body, best) {
		best.Comment = '#'
	}
	best.Loose = best.Quote != 0 && loose(body, best)
	return best, best.Validate()
}

// candidates are the dialects that a table may have.
func candidates(body []byte, base Dialect, delimiters, quotes []byte) []Dialect {
	var out []Dialect
	for _, delimiter := range delimiters {
		if bytes.IndexByte(body, delimiter) < 0 {
			continue
		}
		for _, quote := range quotes {
			d := base
			d.Delimiter, d.Quote, d.Loose = delimiter, quote, true
			if d.Validate() != nil {
				continue
			}
			out = append(out, d)
			if e := d; quote == '"' && d.Escape == 0 && bytes.Contains(body, []byte{'\\', quote}) {
				e.Escape = '\\'
				out = append(out, e)
			}
			if quote != 0 && delimiter != ' ' && bytes.Contains(body, []byte{delimiter, ' ', quote}) {
				d.Space = true
				out = append(out, d)
			}
		}
	}
	return out
}

// plainQuotes reports whether the quotes that fields begin with are part of
// their text: more of them break the grammar than are needed by what they hold
// (a delimiter, a line end, a doubled quote), and that is no rare slip.
func plainQuotes(body []byte, d Dialect) bool {
	quoted, needed, broken := 0, 0, 0
	p := parser{d: d}
	for pos := 0; pos < len(body); {
		c := p.field(body, pos)
		if body[pos] == d.Quote {
			quoted++
			switch {
			case c.open:
				broken++
				n, _ := d.line(body[pos:])
				c.next = pos + n
			case c.bad != "":
				broken++
			case bytes.ContainsAny(c.content, string([]byte{d.Delimiter, d.Quote, d.end()})):
				needed++
			}
		}
		pos = c.next
	}
	return broken > needed && broken*20 > quoted && broken > 1
}

// loose reports whether quotes inside fields without quotes are the custom of the
// file, and no slip: three records have one. An apostrophe always is.
func loose(body []byte, d Dialect) bool {
	if d.Quote == '\'' {
		return true
	}
	inside := 0
	d.Loose = false
	eachRecord(body, d, func(r record) bool {
		for _, bad := range r.bad {
			if bad == quoteInBare {
				inside++
				break
			}
		}
		return inside < 3
	})
	return inside >= 3
}

// escaped reports whether fewer records are malformed if a backslash escapes.
func escaped(body []byte, d Dialect) bool {
	with := d
	with.Escape = '\\'
	if d.Quote == 0 && !bytes.Contains(body, []byte{'\\', d.Delimiter}) || d.Quote != 0 && !bytes.Contains(body, []byte{'\\', d.Quote}) {
		return false
	}
	return malformed(body, with) < malformed(body, d)
}

// malformed counts the records that are broken or do not have the usual width.
func malformed(body []byte, d Dialect) int {
	rows, bad := split(body, d, 0)
	width := usualWidth(rows)
	for _, r := range rows {
		if len(r) != width {
			bad++
		}
	}
	return bad
}

// commented reports whether lines that begin with # are not data: some do, and
// none of them has the usual width.
func commented(body []byte, d Dialect) bool {
	if !bytes.HasPrefix(body, []byte("#")) && !bytes.Contains(body, []byte{d.end(), '#'}) {
		return false
	}
	rows, _ := split(body, d, 0)
	width, marked := usualWidth(rows), 0
	for _, r := range rows {
		if strings.HasPrefix(r[0], "#") {
			if marked++; len(r) == width {
				return false
			}
		}
	}
	return marked > 0 && width > 1
}

// single is the score that a delimiter must beat: below it the file has one
// column.
const single = 0.25

func oneCharacter(what, s string) (byte, error) {
	if s == `\t` || s == "tab" {
		return '\t', nil
	}
	if len(s) != 1 {
		return 0, fault.Usagef("%s must be one ASCII character, not %q", what, s)
	}
	return s[0], nil
}

func characterOrNone(what, s string) (byte, error) {
	if s == "" || s == none {
		return 0, nil
	}
	return oneCharacter(what, s)
}

// contest scores a dialect by how regular the records become (how probable it is
// that two of them have one width, each width counting the more the larger it is)
// and by how many cells then look like values, after van den Burg, Nazábal and
// Sutton, "Wrangling messy CSV files by detecting row and type patterns" (2019).
func contest(body []byte, d Dialect) float64 {
	rows, bad := split(body, d, 0)
	widths := map[int]int{}
	cells, values := 0, 0
	for _, r := range rows {
		widths[len(r)]++
		for _, c := range r {
			cells++
			if looksLikeValue(c, d) {
				values++
			}
		}
	}
	regular := 0.0
	for w, n := range widths {
		share := float64(n) / float64(len(rows)+bad)
		regular += share * share * float64(w-1) / float64(w)
	}
	if cells == 0 {
		return 0
	}
	switch {
	case len(rows) > 0 && len(rows[0]) != usualWidth(rows):
		regular *= oddFirst
	case len(widths) == 1 && bad == 0:
		regular *= perfect
	}
	return regular * rank(d.Delimiter) * float64(values) / float64(cells)
}

// The names of the columns are a record like the others: oddFirst is what a dialect
// keeps of its score in which the first record has another width, perfect what one
// gains in which all have the same.
const (
	oddFirst = 0.5
	perfect  = 1.3
)

// rank is less for delimiters that stand inside of values more often.
func rank(delimiter byte) float64 {
	switch delimiter {
	case ',', '\t', ';', '|':
		return 1
	case ' ':
		return 0.9
	}
	return 0.8
}

// looksLikeValue reports whether a cell is empty, a number, a date, or a text that
// no other delimiter would cut.
func looksLikeValue(cell string, d Dialect) bool {
	c := strings.TrimSpace(cell)
	if c == "" {
		return true
	}
	if first, last := c[0], c[len(c)-1]; first == '"' && d.Quote != '"' || last == '"' && d.Quote != '"' && !digit(c[max(len(c)-2, 0)]) ||
		first == '\'' && last == '\'' && d.Quote != '\'' || strings.Contains(c, `" "`) {
		return false
	}
	if typed(c) || typed(strings.Replace(c, ",", ".", 1)) {
		return true
	}
	for i := range len(c) - 1 {
		if c[i] == ',' && c[i+1] != ' ' && d.Delimiter != ',' {
			return false
		}
	}
	return !strings.ContainsAny(c, "\t;|")
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

// record is one of a sample.
type record struct {
	cells []string
	bad   []string // what is wrong with fields
	n     int      // bytes with the line end
}

// eachRecord calls f with the records of body, until it returns false. Records of
// which a quote is not closed are one line.
func eachRecord(body []byte, d Dialect, f func(record) bool) {
	p := parser{d: d}
	for pos := 0; pos < len(body); {
		if n, _ := d.noRecord(body[pos:], false); n > 0 {
			pos += n
			continue
		}
		r := p.one(body[pos:])
		pos += r.n
		if !f(r) {
			return
		}
	}
}

// one parses one record of any width.
func (p *parser) one(buf []byte) record {
	var r record
	for pos := 0; ; {
		c := p.field(buf, pos)
		if c.open || c.stray > 0 {
			r.n, _ = p.d.line(buf)
			r.bad = append(r.bad, unclosed.reason)
			return r
		}
		if c.bad != "" {
			r.bad = append(r.bad, c.bad)
		}
		r.cells = append(r.cells, string(p.decoded(c.content)))
		pos = c.next
		if c.last || !c.ended {
			r.n = pos
			return r
		}
	}
}

// filled counts the cells that say anything.
func (r record) filled() (n int) {
	for _, c := range r.cells {
		if strings.TrimSpace(c) != "" {
			n++
		}
	}
	return n
}

// split parses body in dialect d, at most limit records (0 is all), and returns
// the well-formed records and the number of the others.
func split(body []byte, d Dialect, limit int) (rows [][]string, bad int) {
	eachRecord(body, d, func(r record) bool {
		if len(r.bad) > 0 {
			bad++
		} else {
			rows = append(rows, r.cells)
		}
		return limit == 0 || len(rows) < limit
	})
	return rows, bad
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
