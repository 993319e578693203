package xlsx

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/number"
)

// rows writes the rows of a sheet that hold anything. Each has as many cells as the
// sheet says that it has columns, or as the first row has: cells that a row lacks at
// its end are empty.
func (w *workbook) rows(s sheet, out io.Writer) error {
	r := sheetReader{workbook: w, out: bufio.NewWriterSize(out, 64<<10)}
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
	out         *bufio.Writer
	first, last int // columns of the sheet, where it says so
	known       bool
	cells       []string // of the row at hand, from column first on
	filled      bool
	next        int // column of the next cell that says none
	line        []byte
}

func (r *sheetReader) element(d *xml.Decoder, e xml.StartElement) (bool, error) {
	switch e.Name.Local {
	case "dimension":
		from, to, both := strings.Cut(attribute(e, "ref"), ":")
		if a, ok := columnOf(from); ok && both {
			if b, ok := columnOf(to); ok && b >= a {
				r.first, r.last, r.known = a, b, true
			}
		}
	case "row":
		if err := r.end(); err != nil {
			return false, err
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
	if !r.known {
		r.last, r.known = r.first+len(r.cells)-1, true
	}
	for len(r.cells) < r.last-r.first+1 {
		r.cells = append(r.cells, "")
	}
	r.line = csv.AppendRecord(r.line[:0], r.cells, csv.Default)
	_, err := r.out.Write(r.line)
	return err
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
	if at < r.first || at >= maxColumns {
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
	if s, err := strconv.Atoi(style); err == nil && s >= 0 && s < len(r.dates) && r.dates[s] {
		if date, ok := serial(x, r.from04); ok {
			return date
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
