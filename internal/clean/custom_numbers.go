package clean

import "strings"

// readSeparators finds out how the numbers of the column are written, from its own
// cells and, where they leave it open, from what other columns prove of the table:
// 53.039 is 53039 where others have decimal commas.
func (c *Column) readSeparators(digits []Value) (separators, bool) {
	s, ok := readSeparators(digits)
	if !ok || listed3(digits) || c.runTogether(digits) {
		return s, false
	}
	filled := 0
	commas, points := 0, 0
	for _, d := range digits {
		filled += d.Count
		if strings.Contains(d.Text, ",") {
			commas += d.Count
		}
		if strings.Contains(d.Text, ".") {
			points += d.Count
		}
	}
	switch {
	case s.Decimal == "," && s.Group == "" && float64(commas) < fewCommas*float64(c.Filled()) && !c.table.decimalComma(c):
		return s, false // some have commas: they may be lists
	case s.Group == "," && s.Decimal == "" && commas > 0 && points == 0 && (c.table.decimalComma(c) || c.table.Delimiter == ';'):
		if !c.table.decimalComma(c) {
			return s, false // 2,955 beside semicolons: thousands, or a fraction?
		}
		return separators{Decimal: ","}, true
	case s == separators{} && points > 0 && c.table.decimalComma(c) && threeBehind(digits):
		return separators{Group: ".", Decimal: ","}, true
	}
	return s, true
}

// fewCommas is the share of the cells below which commas before fractions are not
// the custom of a column.
const fewCommas = 0.1

// threeBehind reports whether all points stand before three digits at the end, as
// those of thousands do.
func threeBehind(digits []Value) bool {
	for _, d := range digits {
		if at := strings.IndexByte(d.Text, '.'); at >= 0 && (len(d.Text)-at != 4 || at > 3 || at == 0 || strings.TrimLeft(d.Text, "+-")[0] == '0') {
			return false
		}
	}
	return true
}

// fewestLists is how many cells with commas tell lists of codes from thousands.
const fewestLists = 5

// listed3 reports whether cells with commas are lists of numbers of three digits:
// thousands begin with one or two digits as often as with three.
func listed3(digits []Value) bool {
	n := 0
	for _, d := range digits {
		groups := strings.Split(strings.TrimLeft(d.Text, "+-"), ",")
		if len(groups) < 2 {
			continue
		}
		for _, g := range groups {
			if len(g) != 3 {
				return false
			}
		}
		n += d.Count
	}
	return n >= fewestLists
}

// decimalComma reports whether a column but one proves that the table writes
// fractions with a comma.
func (t *Table) decimalComma(but *Column) bool {
	if t == nil {
		return false
	}
	for _, c := range t.Columns {
		if c != but && c.commas() {
			return true
		}
	}
	return false
}

// commas reports whether nearly all cells of the column are numbers, and those with
// fractions have a comma before them.
func (c *Column) commas() bool {
	if c.comma == 0 {
		c.comma = -1
		var digits []Value
		n := 0
		for v := range c.Present() {
			if a, ok := readAmount(v.Text); ok && a.before+a.after == "" {
				digits = append(digits, Value{Text: a.digits, Count: v.Count})
				n += v.Count
			}
		}
		if s, ok := readSeparators(digits); ok && s.Decimal == "," && n >= fewestCells && float64(n) >= numberShare*float64(c.Filled()) {
			c.comma = 1
		}
	}
	return c.comma > 0
}

// runTogether reports whether digits with a space between them are two numbers in one cell:
// the next column is empty beside all of them, and beside few other cells.
func (c *Column) runTogether(digits []Value) bool {
	at := c.table.index(c.Name)
	if at < 0 || at+1 == len(c.table.Columns) {
		return false
	}
	spaced := map[string]bool{}
	for _, d := range digits {
		if strings.Contains(d.Text, " ") {
			spaced[d.Text] = true
		}
	}
	if len(spaced) == 0 {
		return false
	}
	next := c.table.Columns[at+1]
	empty := 0
	for row := range c.table.Rows {
		absent := isAbsent(next.text(row))
		switch {
		case !spaced[c.text(row)]:
			if absent {
				empty++
			}
		case !absent:
			return false
		}
	}
	return 2*empty < c.table.Rows
}
