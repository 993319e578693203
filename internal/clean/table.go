package clean

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"github.com/beamline-go/beamline/internal/dependence"
	"github.com/beamline-go/beamline/internal/missing"
	"github.com/beamline-go/beamline/internal/sample"
	"github.com/beamline-go/beamline/table"
)

// Table is what rules learn from: rows, column by column, each cell as the
// number of its text among the texts of its column.
type Table struct {
	Rows    int
	Whole   bool // every row of the table is there
	Columns []*Column
	// Delimiter is what stands between the cells of the file, or 0.
	Delimiter byte
	// Required are dependencies that a person knows of.
	Required []Determines

	// Target are the cells of the target, by row, as they are written; nil where there
	// is none. No rule sees them.
	Target []string

	// Proposals are what the last look for slips left to a person.
	Proposals Proposals

	need   need           // what changes must have
	places map[string]int // of columns, by name, when asked for
}

// Column is a column of a Table.
type Column struct {
	table.Column
	Fixed  bool     // cells may be a proof, but are not mended
	Listed []string // the only texts that mean "no value", where the user listed them
	Values []Value  // the texts, the most frequent first, then by text
	Codes  []int32  // of each row, an index of Values
	Mended int      // how many changes were made to its cells

	Reconciled bool // sources that disagree decide on its cells, and nothing else does

	table  *Table
	places map[string]int     // of Values, by text, when asked for
	coding *dependence.Column // when asked for
	comma  int8               // whether commas stand before fractions: 1, -1, or 0 until asked for
}

// Value is a text of a column.
type Value struct {
	Text   string
	Count  int
	Absent bool // it says that there is no value
}

// NewTable takes rows as s describes their columns. The target is left out; keys
// are not mended. listed are the only texts that mean "no value", or nil.
func NewTable(rows *sample.Rows, s table.Schema, listed []string) *Table {
	t := &Table{Whole: rows.Whole(), need: needed(0)}
	var builders []*builder
	var from []int
	target := -1
	places := s.Places()
	for i, name := range rows.Columns {
		var as table.Column
		k, ok := places[name]
		if ok {
			as = s.Columns[k]
		}
		if ok && as.Role == table.RoleTarget {
			target = i
		}
		if !ok || as.Role == table.RoleTarget {
			continue
		}
		c := &Column{Column: as, Fixed: as.Role == table.RoleKey, Listed: listed, table: t}
		t.Columns = append(t.Columns, c)
		builders = append(builders, &builder{column: c, index: map[string]int32{}})
		from = append(from, i)
	}
	rows.Each(func(cells []string) {
		if len(cells) > 1 && slices.Equal(cells, rows.Columns) {
			return // it is the names once more
		}
		t.Rows++
		if target >= 0 {
			t.Target = append(t.Target, cells[target])
		}
		for k, b := range builders {
			b.add(cells[from[k]])
		}
	})
	for _, b := range builders {
		b.done()
	}
	return t
}

// builder numbers the texts of a column.
type builder struct {
	column *Column
	index  map[string]int32
	texts  []string
}

func (b *builder) add(text string) {
	b.column.Codes = append(b.column.Codes, b.code(text))
}

// done sorts the texts by how often they are there.
func (b *builder) done() {
	c := b.column
	c.places, c.coding = nil, nil
	c.Values = make([]Value, len(b.texts))
	order := make([]int32, len(b.texts))
	for i, text := range b.texts {
		order[i] = int32(i)
		c.Values[i] = Value{Text: text, Absent: c.absent(text)}
	}
	for _, code := range c.Codes {
		c.Values[code].Count++
	}
	slices.SortFunc(order, func(i, j int32) int {
		v, w := c.Values[i], c.Values[j]
		return cmp.Or(cmp.Compare(w.Count, v.Count), cmp.Compare(v.Text, w.Text))
	})
	sorted, place := make([]Value, len(order)), make([]int32, len(order))
	for to, i := range order {
		sorted[to], place[i] = c.Values[i], int32(to)
	}
	for i, code := range c.Codes {
		c.Codes[i] = place[code]
	}
	for len(sorted) > 0 && sorted[len(sorted)-1].Count == 0 { // texts that no row has any more
		sorted = sorted[:len(sorted)-1]
	}
	c.Values = sorted
}

// absent reports whether a text means "no value".
func (c *Column) absent(text string) bool {
	if c.Listed != nil {
		return text == "" || slices.Contains(c.Listed, text)
	}
	return text == "" || slices.Contains(c.Missing, text) || missing.Token(strings.TrimSpace(text)) != missing.Not
}

// Find returns the value with that text, or nil.
func (c *Column) Find(text string) *Value {
	if i, ok := c.place(text); ok {
		return &c.Values[i]
	}
	return nil
}

// place is the index of a value.
func (c *Column) place(text string) (int, bool) {
	if c.places == nil {
		c.places = make(map[string]int, len(c.Values))
		for i, v := range c.Values {
			c.places[v.Text] = i
		}
	}
	i, ok := c.places[text]
	return i, ok
}

// Filled is the number of cells with a value.
func (c *Column) Filled() int { return c.coded().Filled }

// Present goes through the values that say something, the most frequent first.
func (c *Column) Present() iter.Seq[Value] {
	return func(yield func(Value) bool) {
		for _, v := range c.Values {
			if !v.Absent && !yield(v) {
				return
			}
		}
	}
}

// most is how many cells have the most frequent value.
func (c *Column) most() int {
	for v := range c.Present() {
		return v.Count
	}
	return 0
}

// leading is the text with the highest count; of equal ones the first.
func leading(counts map[string]int) (lead string) {
	for text, n := range counts {
		if most, ok := counts[lead]; !ok || n > most || n == most && text < lead {
			lead = text
		}
	}
	return lead
}

// share is the share of the filled cells that have a property.
func (c *Column) share(has func(text string) bool) float64 {
	n, all := 0, 0
	for v := range c.Present() {
		all += v.Count
		if has(v.Text) {
			n += v.Count
		}
	}
	if all == 0 {
		return 0
	}
	return float64(n) / float64(all)
}

func (t *Table) names() []string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	return names
}

func (t *Table) index(name string) int {
	if t.places == nil {
		t.places = make(map[string]int, len(t.Columns))
		for i, c := range t.Columns {
			t.places[c.Name] = i
		}
	}
	if i, ok := t.places[name]; ok {
		return i
	}
	return -1
}

// beside are the columns near one of a table of many: what belongs together stands
// together, and a search among all pairs of thousands of columns never ends.
func (t *Table) beside(c int) (from, to int) {
	return max(0, c-nearColumns), min(len(t.Columns), c+nearColumns+1)
}

// nearColumns is how far apart columns are that are held against each other.
const nearColumns = 100

// text is the cell of a row.
func (c *Column) text(row int) string { return c.Values[c.Codes[row]].Text }

// applyCells repairs the cells of a column, and returns how many changed.
func (c *Column) applyCells(repair Repair) int {
	mended := make([]string, len(c.Values))
	changed := 0
	for i, v := range c.Values {
		mended[i] = v.Text
		if to, _, ok := repair(v.Text); ok && to != v.Text {
			mended[i] = to
			changed += v.Count
		}
	}
	if changed == 0 {
		return 0
	}
	c.Mended += changed
	b := &builder{column: c, index: map[string]int32{}}
	place := make([]int32, len(mended))
	for i, text := range mended {
		place[i] = b.code(text)
	}
	for row, code := range c.Codes {
		c.Codes[row] = place[code]
	}
	b.done()
	return changed
}

// applyRows repairs the rows, and returns how many cells changed. It leaves out
// rows that are refused.
func (t *Table) applyRows(repair RowRepair, refused rejections) int {
	changed := 0
	builders := make([]*builder, len(t.Columns))
	refusals := map[int]bool{}
	row := 0
	r := Row{Cells: make([]string, len(t.Columns)), names: t.names(), refused: refused}
	r.changed = func(column int, e Edit) {
		if builders[column] == nil {
			builders[column] = t.Columns[column].rebuild()
		}
		b := builders[column]
		b.column.Codes[row] = b.code(e.New)
		b.column.Mended++
		changed++
	}
	for ; row < t.Rows; row++ {
		for k, c := range t.Columns {
			r.Cells[k] = c.text(row)
		}
		r.refusal = Refusal{}
		if repair(&r); r.none() {
			refusals[row] = true
		}
	}
	t.drop(refusals, builders)
	for _, b := range builders {
		if b != nil {
			b.done()
		}
	}
	return changed
}

// drop leaves out rows. The builders are those of columns that change anyway.
func (t *Table) drop(rows map[int]bool, builders []*builder) {
	if len(rows) == 0 {
		return
	}
	for k, c := range t.Columns {
		if builders[k] == nil {
			builders[k] = c.rebuild()
		}
		kept := c.Codes[:0]
		for row, code := range c.Codes {
			if !rows[row] {
				kept = append(kept, code)
			}
		}
		c.Codes = kept
	}
	t.Rows -= len(rows)
}

// rebuild lets cells of the column get other texts; until done, the texts of
// rows not yet changed are still those of Values.
func (c *Column) rebuild() *builder {
	b := &builder{column: c, index: map[string]int32{}}
	for i, v := range c.Values {
		b.index[v.Text] = int32(i)
		b.texts = append(b.texts, v.Text)
	}
	return b
}

// code numbers a text.
func (b *builder) code(text string) int32 {
	code, ok := b.index[text]
	if !ok {
		code = int32(len(b.texts))
		b.index[text] = code
		b.texts = append(b.texts, text)
	}
	return code
}

// isAbsent reports whether a cell says that there is no value.
func isAbsent(cell string) bool { return cell == "" || missing.Token(cell) != missing.Not }
