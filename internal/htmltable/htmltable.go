// Package htmltable reads the tables of a page of the web as delimited text.
package htmltable

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/grid"
)

// Bounds of a page, which is held in memory as a whole.
const (
	maxPage  = 256 << 20 // bytes
	maxCells = 20_000_000
	maxDepth = 500 // of elements that are read
	maxSpan  = 1000
)

// Open returns a table of a page as CSV: the one that name names by its number, from 1 on,
// its id or its caption; where it names none, the only one that there is. Cells that span
// several rows or columns stand in each.
func Open(page io.Reader, name, source string) (io.Reader, error) {
	body, err := io.ReadAll(io.LimitReader(page, maxPage+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxPage {
		return nil, fault.Dataf("%s: the page has more than %d bytes", source, maxPage)
	}
	text, err := charset.NewReader(bytes.NewReader(body), "text/html")
	if err != nil {
		return nil, fault.Dataf("%s: %v", source, err)
	}
	root, err := html.Parse(text)
	if err != nil {
		return nil, fault.Dataf("%s: the page can't be read: %v", source, err)
	}
	t, err := choose(tables(root, 0), name, source)
	if err != nil {
		return nil, err
	}
	rows, err := t.rows()
	if err != nil {
		return nil, fault.Dataf("%s: %v", source, err)
	}
	var out []byte
	for _, cells := range rows {
		out = csv.AppendRecord(out, cells, csv.Default)
	}
	return bytes.NewReader(out), nil
}

// found is a table of a page.
type found struct {
	node    *html.Node
	id      string
	caption string
}

// tables finds the tables that hold no other: the others are there for the layout.
func tables(n *html.Node, depth int) (all []found) {
	if depth > maxDepth {
		return nil
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		all = append(all, tables(c, depth+1)...)
	}
	if n.DataAtom == atom.Table && len(all) == 0 && rowCount(n, 0) > 1 {
		all = append(all, found{n, attribute(n, "id"), captionOf(n)})
	}
	return all
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return strings.TrimSpace(a.Val)
		}
	}
	return ""
}

func captionOf(n *html.Node) string {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.DataAtom == atom.Caption {
			return textOf(c)
		}
	}
	return ""
}

func rowCount(n *html.Node, depth int) (rows int) {
	for c := n.FirstChild; c != nil && depth < maxDepth; c = c.NextSibling {
		if c.DataAtom == atom.Tr {
			rows++
		}
		rows += rowCount(c, depth+1)
	}
	return rows
}

// choose finds the table of that name.
func choose(all []found, name, source string) (found, error) {
	var names []string
	for i, t := range all {
		number := strconv.Itoa(i + 1)
		if name != "" && (name == number || name == t.id || strings.EqualFold(name, t.caption)) {
			return t, nil
		}
		known := number
		if t.caption != "" {
			known += fmt.Sprintf(" (%.40s)", t.caption)
		} else if t.id != "" {
			known += " (" + t.id + ")"
		}
		names = append(names, known)
	}
	switch {
	case len(all) == 0:
		return found{}, fault.Dataf("%s: the page has no table", source)
	case name != "":
		return found{}, fault.Usagef("%s: the page has no table %s; there are %s", source, name, shortened(names))
	case len(all) > 1:
		return found{}, fault.Usagef("%s: the page has the tables %s; name one: %s#1", source, shortened(names), source)
	}
	return all[0], nil
}

// shortened lists the first names.
func shortened(names []string) string {
	const most = 12
	if len(names) > most {
		return strings.Join(names[:most], ", ") + fmt.Sprintf(" and %d more", len(names)-most)
	}
	return strings.Join(names, ", ")
}

// cell is what stands in the rows below.
type cell struct {
	text string
	left int // rows
}

// rows are the rows of the table, all of one width.
func (t found) rows() (rows [][]string, err error) {
	var below []cell // by column
	width, cells := 0, 0
	for _, tr := range rowsOf(t.node, 0) {
		var row []string
		span := func() { // takes cells that began in a row above
			for len(row) < len(below) && below[len(row)].left > 0 {
				below[len(row)].left--
				row = append(row, below[len(row)].text)
			}
		}
		for c := tr.FirstChild; c != nil; c = c.NextSibling {
			if c.DataAtom != atom.Td && c.DataAtom != atom.Th {
				continue
			}
			span()
			text, down := textOf(c), spanOf(c, "rowspan")
			for range spanOf(c, "colspan") {
				if len(row) == grid.MaxColumns {
					return nil, fmt.Errorf("a row of the table has more than %d cells", grid.MaxColumns)
				}
				for len(below) <= len(row) {
					below = append(below, cell{})
				}
				below[len(row)] = cell{text, down - 1}
				row = append(row, text)
			}
		}
		span()
		if cells += len(row); cells > maxCells {
			return nil, fmt.Errorf("the table has more than %d cells", maxCells)
		}
		if len(row) > 0 {
			rows, width = append(rows, row), max(width, len(row))
		}
	}
	for i := range rows {
		rows[i] = append(rows[i], make([]string, width-len(rows[i]))...)
	}
	return rows, nil
}

// rowsOf are the elements of the rows: those of the head first, and those of the foot last,
// wherever they stand.
func rowsOf(n *html.Node, depth int) (rows []*html.Node) {
	var head, body, foot []*html.Node
	for c := n.FirstChild; c != nil && depth < maxDepth; c = c.NextSibling {
		switch c.DataAtom {
		case atom.Tr:
			body = append(body, c)
		case atom.Thead:
			head = append(head, rowsOf(c, depth+1)...)
		case atom.Tfoot:
			foot = append(foot, rowsOf(c, depth+1)...)
		case atom.Tbody:
			body = append(body, rowsOf(c, depth+1)...)
		}
	}
	return append(append(head, body...), foot...)
}

// spanOf is over how many rows or columns a cell stands.
func spanOf(n *html.Node, key string) int {
	span, err := strconv.Atoi(attribute(n, key))
	if err != nil || span < 1 {
		return 1
	}
	return min(span, maxSpan)
}

// textOf is what a person reads of an element, on one line.
func textOf(n *html.Node) string {
	var out strings.Builder
	appendText(&out, n, 0)
	return strings.Join(strings.Fields(strings.ReplaceAll(out.String(), "\u00a0", " ")), " ")
}

func appendText(out *strings.Builder, n *html.Node, depth int) {
	if depth > maxDepth {
		return
	}
	switch {
	case n.Type == html.TextNode:
		out.WriteString(n.Data)
	case n.DataAtom == atom.Script, n.DataAtom == atom.Style, n.DataAtom == atom.Template:
		return
	case n.DataAtom == atom.Br, n.DataAtom == atom.P, n.DataAtom == atom.Div, n.DataAtom == atom.Li:
		out.WriteByte(' ')
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		appendText(out, c, depth+1)
	}
}
