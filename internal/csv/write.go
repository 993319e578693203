package csv

// AppendField appends a field, in quotes where the dialect needs them. A
// dialect without quotes takes the cell as it is; it was read from one.
func AppendField(dst []byte, cell string, d Dialect) []byte {
	if d.Quote == 0 || !needsQuotes(cell, d) {
		return append(dst, cell...)
	}
	dst = append(dst, d.Quote)
	for i := range len(cell) {
		if cell[i] == d.Quote {
			dst = append(dst, d.Quote)
		}
		dst = append(dst, cell[i])
	}
	return append(dst, d.Quote)
}

func needsQuotes(cell string, d Dialect) bool {
	if cell == "" {
		return false
	}
	for i := range len(cell) {
		switch cell[i] {
		case d.Delimiter, '\n', '\r':
			return true
		case d.Quote:
			if i == 0 || d.Quote == '"' {
				return true
			}
		}
	}
	return cell[0] == ' ' || cell[len(cell)-1] == ' '
}

// AppendRecord appends a record with its line end. A record of one empty field
// is written in quotes, since an empty line is no record.
func AppendRecord(dst []byte, cells []string, d Dialect) []byte {
	if len(cells) == 1 && cells[0] == "" && d.Quote != 0 {
		return append(dst, d.Quote, d.Quote, '\n')
	}
	sep := string([]byte{d.Delimiter})
	if d.Space {
		sep += " "
	}
	for i, c := range cells {
		if i > 0 {
			dst = append(dst, sep...)
		}
		dst = AppendField(dst, c, d)
	}
	return append(dst, '\n')
}

// Header returns the line that names the columns.
func Header(names []string, d Dialect) string {
	return string(AppendRecord(nil, names, d))
}
