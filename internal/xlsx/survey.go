package xlsx

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/beamline-go/beamline/internal/fault"
)

// maxMerges bounds the merged cells of a sheet, and maxTag the bytes of a tag that are
// looked at.
const (
	maxMerges = 1 << 20
	maxTag    = 4 << 10
)

// survey is what a sheet says about itself only behind its rows, or nowhere: which of
// its columns hold a value, which cells are merged, and which formulas have none.
type survey struct {
	first, last int     // columns that hold a value; last is -1 where none does
	merges      []merge // of several rows
	lacking     int     // formulas without a value
	lackingAt   string  // the cell of the first of them
}

// merge is the first column of a cell that goes over several rows, from 1 and both
// inclusive.
type merge struct{ column, from, to int }

// surveySheet looks at the tags of a sheet, and at nothing else of it.
func (w *workbook) surveySheet(s sheet) (survey, error) {
	f := member(w.zip, s.part)
	if f == nil {
		return survey{}, fmt.Errorf("the part %s is missing", s.part)
	}
	r, err := f.Open()
	if err != nil {
		return survey{}, err
	}
	defer r.Close()
	t := surveyor{survey: survey{first: maxColumns, last: -1}}
	tags := bufio.NewReaderSize(r, 64<<10)
	for {
		tag, err := nextTag(tags)
		if err == io.EOF {
			t.cellEnds()
			return t.survey, nil
		}
		if err == nil {
			err = t.tag(tag)
		}
		if err != nil {
			return survey{}, fmt.Errorf("%s: %w", s.part, err)
		}
	}
}

// computed fails where formulas have no value.
func (s survey) computed(name, source string) error {
	if s.lacking == 0 {
		return nil
	}
	return fault.Dataf("%s: %d cells of the sheet %q are formulas whose values were never computed, the first in %s; open the workbook in a spreadsheet program and save it",
		source, s.lacking, name, s.lackingAt)
}

// nextTag returns what stands between the next < and its >, or the beginning of it.
// It is valid until the next call.
func nextTag(r *bufio.Reader) ([]byte, error) {
	for {
		_, err := r.ReadSlice('<')
		if err == nil {
			break
		}
		if err != bufio.ErrBufferFull {
			return nil, err
		}
	}
	tag, err := r.Peek(maxTag)
	if end := bytes.IndexByte(tag, '>'); end >= 0 {
		r.Discard(end)
		return tag[:end], nil
	}
	if err != nil && err != io.EOF {
		return nil, err
	}
	return tag, nil
}

// tagName is the name of a tag without its prefix, and what follows it.
func tagName(tag []byte) (name, rest []byte) {
	name = tag
	if i := bytes.IndexAny(tag, " \t\r\n/"); i > 0 {
		name, rest = tag[:i], tag[i:]
	}
	if len(tag) > 0 && tag[0] == '/' {
		name = tag[1:]
	}
	if i := bytes.IndexByte(name, ':'); i >= 0 {
		name = name[i+1:]
	}
	return name, rest
}

// surveyor reads the tags of a sheet.
type surveyor struct {
	survey
	cell          int // the column of the cell at hand, or of the one before
	open          bool
	formula, held bool   // of the cell at hand
	ref           string // of a cell with a formula
}

func (t *surveyor) tag(tag []byte) error {
	name, rest := tagName(tag)
	ends := len(tag) > 0 && tag[0] == '/'
	empty := bytes.HasSuffix(rest, []byte("/"))
	switch string(name) {
	case "row":
		t.cellEnds()
		t.cell = -1
	case "c":
		t.cellEnds()
		if !ends {
			return t.cellBegins(rest, empty)
		}
	case "f":
		t.formula = t.formula || !ends && t.open
	case "v", "t":
		if !ends && t.open {
			t.held = true
			t.first, t.last = min(t.first, t.cell), max(t.last, t.cell)
		}
	case "mergeCell":
		return t.merged(attributeOf(rest, "ref"))
	}
	return nil
}

func (t *surveyor) cellBegins(rest []byte, empty bool) error {
	t.cell++
	ref := attributeOf(rest, "r")
	if ref != nil {
		var ok bool
		if t.cell, ok = columnOf(string(ref)); !ok {
			return fmt.Errorf("%q is no cell", ref)
		}
	}
	t.open = !empty
	if t.lacking == 0 {
		t.ref = string(ref)
	}
	return nil
}

func (t *surveyor) cellEnds() {
	if t.open && t.formula && !t.held {
		if t.lacking == 0 {
			t.lackingAt = t.ref
		}
		t.lacking++
	}
	t.open, t.formula, t.held = false, false, false
}

// merged notes a cell that goes over several rows.
func (t *surveyor) merged(ref []byte) error {
	from, to, both := strings.Cut(string(ref), ":")
	m := merge{from: rowOf(from), to: rowOf(to)}
	column, ok := columnOf(from)
	if !both || !ok || m.from == 0 || m.to <= m.from {
		return nil
	}
	if m.column = column; len(t.merges) >= maxMerges {
		return fmt.Errorf("more than %d merged cells", maxMerges)
	}
	t.merges = append(t.merges, m)
	return nil
}

// rowOf reads the row of a cell such as B12, or 0.
func rowOf(ref string) int {
	n, err := strconv.Atoi(strings.TrimLeft(ref, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"))
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// attributeOf returns an attribute of a tag, or nil.
func attributeOf(tag []byte, name string) []byte {
	for {
		i := bytes.Index(tag, []byte(name+"="))
		if i < 0 || i+len(name)+1 >= len(tag) {
			return nil
		}
		value := tag[i+len(name)+1:]
		if end := bytes.IndexByte(value[1:], value[0]); end >= 0 && i > 0 && (tag[i-1] == ' ' || tag[i-1] == '\n' || tag[i-1] == '\t' || tag[i-1] == '\r') {
			return value[1 : 1+end]
		}
		tag = value
	}
}
