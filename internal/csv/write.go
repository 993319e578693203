package csv

import "github.com/beamline-go/beamline/table"

// AppendField appends a field, in quotes where the dialect needs them. A
// dialect that can't spell a cell takes it as it is; it was read from one that
// could.
func AppendField(dst []byte, cell string, d Dialect) []byte {
	if d.Quote == 0 {
		return appendEscaped(dst, cell, d)
	}
	if !needsQuotes(cell, d) {
		return append(dst, cell...)
	}
	dst = append(dst, d.Quote)
	for i := range len(cell) {
		switch c := cell[i]; {
		case c == d.Escape && c != 0:
			dst = append(dst, c)
		case c == d.Quote && d.Escape != 0:
			dst = append(dst, d.Escape)
		case c == d.Quote:
			dst = append(dst, c)
		}
		dst = append(dst, cell[i])
	}
	return append(dst, d.Quote)
}

// appendEscaped appends a field without quotes.
func appendEscaped(dst []byte, cell string, d Dialect) []byte {
	for i := range len(cell) {
		if c := cell[i]; d.Escape != 0 && (c == d.Delimiter || c == d.end() || c == d.Escape) {
			dst = append(dst, d.Escape)
		}
		dst = append(dst, cell[i])
	}
	return dst
}

func needsQuotes(cell string, d Dialect) bool {
	if cell == "" {
		return false
	}
	for i := range len(cell) {
		switch cell[i] {
		case d.Delimiter, d.Quote, '\n', '\r':
			return true
		}
	}
	return cell[0] == d.Comment || cell[0] == ' ' || cell[len(cell)-1] == ' '
}

// AppendRecord appends a record with its line end. A record of one empty field
// is written in quotes, since an empty line may be no record.
func AppendRecord(dst []byte, cells []string, d Dialect) []byte {
	if len(cells) == 1 && cells[0] == "" && d.Quote != 0 {
		return append(dst, d.Quote, d.Quote, d.end())
	}
	for i, c := range cells {
		if i > 0 {
			dst = d.AppendSeparator(dst)
		}
		dst = AppendField(dst, c, d)
	}
	return d.AppendEnd(dst)
}

// AppendSeparator appends what stands between two fields.
func (d Dialect) AppendSeparator(dst []byte) []byte {
	dst = append(dst, d.Delimiter)
	if d.Space {
		dst = append(dst, ' ')
	}
	return dst
}

// AppendEnd appends the end of a line.
func (d Dialect) AppendEnd(dst []byte) []byte { return append(dst, d.end()) }

// Header returns the line that names the columns.
func Header(names []string, d Dialect) string {
	return string(AppendRecord(nil, names, d))
}

// Record sets what a reject has of row i of a batch of texts, of which the record itself
// is gone: its cells as a record, without a line end, and their columns.
func Record(r *table.Reject, b table.Batch, i int) {
	cells := make([]string, b.Record.NumCols())
	for c, f := range b.Record.Schema().Fields() {
		cells[c], r.Columns = b.Text(c).Value(i), append(r.Columns, f.Name)
	}
	line := AppendRecord(nil, cells, Default)
	r.Input = table.Clip(line[:len(line)-1])
}
