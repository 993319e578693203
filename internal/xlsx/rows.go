package xlsx

import (
	"bufio"
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/number"
)

// rows writes the rows of a sheet that hold anything, and an empty line where others
// stand between them. Each has a cell for all columns that hold a value anywhere. What
// a cell over several rows says is said of each of them.
func (w *workbook) rows(s sheet, about survey, out io.Writer) error {
	r := sheetReader{workbook: w, survey: about, out: bufio.NewWriterSize(out, 64<<10), over: map[int]spanned{}}
	slices.SortFunc(r.merges, func(a, b merge) int { return cmp.Or(a.from-b.from, a.column-b.column) })
	err := w.each(s.part, r.element)
	if err == nil {
		err = r.end()
	}
	if err == nil {
		err = r.out.Flush()
	}
	return err
}

type sheetReader struct {
	*workbook
	survey
	out     *bufio.Writer
	cells   []string // of the row at hand, from the first column on
	filled  bool
	row     int             // number of the row at hand, from 1
	written int             // number of the last row that was written, or 0
	over    map[int]spanned // by column: the cell over several rows that the row is in
	next    int             // column of the next cell that says none
	line    []byte
}

// spanned is the text of a cell down to its last row.
type spanned struct {
	text string
	to   int
}

func (r *sheetReader) element(d *xml.Decoder, e xml.StartElement) (bool, error) {
	switch e.Name.Local {
	case "row":
		if err := r.end(); err != nil {
			return false, err
		}
		r.row++
		if n, err := strconv.Atoi(attribute(e, "r")); err == nil && n > r.row {
			r.row = n
		}
	case "c":
		return true, r.cell(d, e)
	}
	return true, nil
}

// end writes the row at hand.
func (r *sheetReader) end() error {
	defer func() { r.cells, r.filled, r.next = r.cells[:0], false, 0 }()
	if !r.filled {
		return nil
	}
	for len(r.cells) < r.last-r.first+1 {
		r.cells = append(r.cells, "")
	}
	r.span()
	r.line = r.line[:0]
	if r.written > 0 && r.row > r.written+1 && len(r.cells) > 1 {
		r.line = append(r.line, '\n')
	}
	r.written = r.row
	r.line = csv.AppendRecord(r.line, r.cells, csv.Default)
	_, err := r.out.Write(r.line)
	return err
}

// span fills the cells of the row that are covered by one above.
func (r *sheetReader) span() {
	for len(r.merges) > 0 && r.merges[0].from <= r.row {
		m := r.merges[0]
		r.merges = r.merges[1:]
		if i := m.column - r.first; m.from == r.row && i >= 0 && i < len(r.cells) && r.cells[i] != "" {
			r.over[i] = spanned{r.cells[i], m.to}
		}
	}
	for i, s := range r.over {
		if s.to < r.row {
			delete(r.over, i)
		} else if r.cells[i] == "" {
			r.cells[i] = s.text
		}
	}
}

// cell reads one cell.
func (r *sheetReader) cell(d *xml.Decoder, e xml.StartElement) error {
	at := r.next
	if ref := attribute(e, "r"); ref != "" {
		var ok bool
		if at, ok = columnOf(ref); !ok {
			return fmt.Errorf("%q is no cell", ref)
		}
	}
	r.next = at + 1
	text, err := r.value(d, e)
	if err != nil || text == "" {
		return err
	}
	if at < r.first || at > r.last {
		return fmt.Errorf("column %d is outside of the sheet", at+1)
	}
	for len(r.cells) <= at-r.first {
		r.cells = append(r.cells, "")
	}
	r.cells[at-r.first], r.filled = text, true
	return nil
}

// value reads what a cell holds, as its type and style say.
func (r *sheetReader) value(d *xml.Decoder, e xml.StartElement) (string, error) {
	text, err := cellText(d)
	if err != nil || text == "" {
		return "", err
	}
	switch attribute(e, "t") {
	case "s":
		i, err := strconv.Atoi(strings.TrimSpace(text))
		shared, ok := r.shared.at(i)
		if err != nil || !ok {
			return "", fmt.Errorf("the workbook has no text %q", text)
		}
		return shared, nil
	case "b":
		return strconv.FormatBool(strings.TrimSpace(text) == "1"), nil
	case "", "n":
		return r.number(strings.TrimSpace(text), attribute(e, "s")), nil
	}
	return text, nil // a text of its own, an error such as #N/A, or an ISO date
}

// cellText is the text of a cell, without its formula.
func cellText(d *xml.Decoder) (string, error) { return content(d, "c") }

func (r *sheetReader) number(text, style string) string {
	x, ok := number.Parse(text)
	if !ok {
		return text
	}
	if s, err := strconv.Atoi(style); err == nil && s >= 0 && s < len(r.styles) {
		if shown, ok := r.styles[s].show(x, r.from04); ok {
			return shown
		}
	}
	return number.Format(x)
}

// serial writes a number of days as a date, a time, or both. Excel counts from 1900
// as if that year had been a leap year, or from 1904.
func serial(days float64, from04 bool) (string, bool) {
	if days < 0 || days >= 2958466 { // the year 10000
		return "", false
	}
	epoch := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case from04:
		epoch = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case days < 1:
	case days < 60:
		epoch = epoch.AddDate(0, 0, 1)
	case days < 61: // the 29th of February 1900 never was
		return "", false
	}
	whole := math.Floor(days)
	at := epoch.AddDate(0, 0, int(whole)).Add(time.Duration(math.Round((days-whole)*86400e3)) * time.Millisecond)
	layout := time.DateOnly
	if clock := at.Sub(at.Truncate(24 * time.Hour)); clock > 0 {
		layout = "2006-01-02 15:04:05.999"
	}
	if whole == 0 && !from04 {
		layout = "15:04:05.999"
	}
	return at.Format(layout), true
}

// columnOf reads the column of a cell such as B12, from 0.
func columnOf(ref string) (int, bool) {
	n, i := 0, 0
	for ; i < len(ref) && ref[i]|0x20 >= 'a' && ref[i]|0x20 <= 'z'; i++ {
		if n = n*26 + int(ref[i]|0x20-'a') + 1; n > maxColumns {
			return 0, false
		}
	}
	return n - 1, i > 0
}
