// Package xlsx reads a sheet of an Excel workbook (Office Open XML, ISO/IEC 29500) as
// delimited text, a row at a time: only the texts that cells share are held in memory.
//
// Numbers are written as the shortest text that reads back equal, dates and times as
// ISO 8601 has them, and a cell of a formula has the value that was last computed.
package xlsx

import (
	"archive/zip"
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/beamline-go/beamline/internal/fault"
)

// Bounds of what a workbook may hold.
const (
	maxColumns = 1 << 14 // those of Excel itself
	maxText    = 32 << 20
	maxShared  = 512 << 20 // of the texts that cells share
	maxStyles  = 1 << 20
	maxSheets  = 10000
	maxLooked  = 512 << 20 // bytes of sheets that are looked at for one that holds anything
)

// Is reports whether a zip archive is a workbook.
func Is(z *zip.Reader) bool { return member(z, "xl/workbook.xml") != nil }

func member(z *zip.Reader, name string) *zip.File {
	for _, f := range z.File {
		if strings.EqualFold(strings.TrimPrefix(f.Name, "/"), name) {
			return f
		}
	}
	return nil
}

// workbook is what is known of a workbook before its rows are read.
type workbook struct {
	zip    *zip.Reader
	sheets []sheet
	from04 bool // days are counted from 1904
	styles []style
	shared *texts
	looked int64 // bytes of sheets, by holds
}

type sheet struct{ name, part string }

// Open returns the rows of a sheet as delimited text in the usual dialect. Where no
// sheet is named it must be the only one that holds anything. Faults carry the name
// of the source.
func Open(z *zip.Reader, name, source string) (io.ReadCloser, error) {
	w := &workbook{zip: z}
	for _, step := range []func() error{w.readSheets, w.readStyles, w.readShared} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	s, err := w.choose(name, source)
	if err != nil {
		return nil, err
	}
	about, err := w.surveySheet(s)
	if err == nil {
		err = about.computed(s.name, source)
	}
	if err != nil {
		return nil, err
	}
	r, pipe := io.Pipe()
	go func() { pipe.CloseWithError(w.rows(s, about, pipe)) }()
	return r, nil
}

// choose finds the sheet of that name.
func (w *workbook) choose(name, source string) (sheet, error) {
	var names []string
	var filled []sheet
	for _, s := range w.sheets {
		if name == s.name {
			return s, nil
		}
		some, err := w.holds(s)
		if errors.Is(err, errLooked) {
			return s, fault.Usagef("%s: %d MB of its sheets hold nothing; name the one that does: %s#SHEET", source, maxLooked>>20, source)
		}
		if err != nil {
			return s, err
		}
		if some {
			filled, names = append(filled, s), append(names, s.name)
		}
	}
	switch {
	case name != "":
		return sheet{}, fault.Usagef("%s: no sheet is named %q%s", source, name, fault.Hint(name, names, ""))
	case len(filled) == 0:
		return sheet{}, fault.Dataf("%s: the workbook is empty", source)
	case len(filled) > 1:
		return sheet{}, fault.Usagef("%s: the workbook has the sheets %s; name one: %s#%s", source, fault.Few(names), source, names[0])
	}
	return filled[0], nil
}

// part opens a part of the workbook for its elements.
func (w *workbook) part(name string) (*xml.Decoder, io.Closer, error) {
	f := member(w.zip, name)
	if f == nil {
		return nil, nil, fmt.Errorf("the part %s is missing", name)
	}
	r, err := f.Open()
	if err != nil {
		return nil, nil, err
	}
	d := xml.NewDecoder(&bounded{r: r})
	d.Strict = false
	d.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errors.New("it is not in UTF-8") }
	return d, r, nil
}

// bounded fails where a text is longer than any that is read.
type bounded struct {
	r    io.Reader
	text int
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	for _, c := range p[:n] {
		if b.text++; c == '<' || c == '>' {
			b.text = 0
		}
	}
	if b.text > maxText {
		return 0, fmt.Errorf("a text of more than %d bytes", maxText)
	}
	return n, err
}

// each calls f with the elements of a part, until it returns false.
func (w *workbook) each(name string, f func(d *xml.Decoder, e xml.StartElement) (bool, error)) error {
	d, closer, err := w.part(name)
	if err != nil {
		return err
	}
	defer closer.Close()
	for {
		t, err := d.RawToken()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if e, ok := t.(xml.StartElement); ok {
			if more, err := f(d, e); err != nil || !more {
				return err
			}
		}
	}
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// readSheets finds the sheets, and where they are.
func (w *workbook) readSheets() error {
	parts := map[string]string{}
	err := w.each("xl/_rels/workbook.xml.rels", func(_ *xml.Decoder, e xml.StartElement) (bool, error) {
		if e.Name.Local == "Relationship" && strings.HasSuffix(attribute(e, "Type"), "/worksheet") {
			target := attribute(e, "Target")
			if !strings.HasPrefix(target, "/") {
				target = path.Join("/xl", target)
			}
			parts[attribute(e, "Id")] = strings.TrimPrefix(path.Clean(target), "/")
		}
		return len(parts) < maxSheets, nil
	})
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	return w.each("xl/workbook.xml", func(_ *xml.Decoder, e xml.StartElement) (bool, error) {
		switch e.Name.Local {
		case "workbookPr":
			on := attribute(e, "date1904")
			w.from04 = on == "1" || on == "true"
		case "sheet":
			for _, a := range e.Attr {
				if a.Name.Local == "id" && parts[a.Value] != "" {
					if seen[parts[a.Value]] {
						return false, fmt.Errorf("two sheets are in one part, %s", parts[a.Value])
					}
					seen[parts[a.Value]] = true
					w.sheets = append(w.sheets, sheet{attribute(e, "name"), parts[a.Value]})
				}
			}
		}
		return len(w.sheets) < maxSheets, nil
	})
}

var errLooked = errors.New("the sheets that hold nothing are too long")

// holds reports whether a sheet has a cell with a value.
func (w *workbook) holds(s sheet) (some bool, err error) {
	f := member(w.zip, s.part)
	if f == nil {
		return false, fmt.Errorf("the part %s is missing", s.part)
	}
	r, err := f.Open()
	if err != nil {
		return false, err
	}
	defer r.Close()
	tags := bufio.NewReaderSize(io.TeeReader(r, counted{&w.looked}), 64<<10)
	for w.looked <= maxLooked {
		tag, err := nextTag(tags)
		if err == io.EOF {
			return false, nil
		}
		if err != nil {
			return false, fmt.Errorf("%s: %w", s.part, err)
		}
		if name, _ := tagName(tag); string(name) == "v" || string(name) == "is" {
			return true, nil
		}
	}
	return false, errLooked
}

// counted counts what is written.
type counted struct{ n *int64 }

func (c counted) Write(p []byte) (int, error) {
	*c.n += int64(len(p))
	return len(p), nil
}
