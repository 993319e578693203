package profile

import (
	"math"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/beamline-go/beamline/internal/dates"
	"github.com/beamline-go/beamline/internal/missing"
	"github.com/beamline-go/beamline/internal/number"
	"github.com/beamline-go/beamline/internal/sketch"
	"github.com/beamline-go/beamline/internal/stats"
	"github.com/beamline-go/beamline/table"
)

// Column accumulates the cells of one column. The zero value is empty.
type Column struct {
	Name    string           `json:"name"`             // as the header has it
	Cells   int64            `json:"cells"`            // all, empty ones too
	Empty   int64            `json:"empty"`            // cells without text
	Tokens  map[string]int64 `json:"tokens,omitempty"` // spellings of "no value"
	Absent  int64            `json:"absent"`           // cells with one
	Ints    int64            `json:"ints"`             // cells that are whole numbers
	Numbers int64            `json:"numbers"`          // whole numbers among them
	Loose   int64            `json:"loose"`            // numbers with currency, grouping, percent
	Padded  int64            `json:"padded"`           // digits with a zero in front
	Big     int64            `json:"big"`              // numbers that a float64 can't hold exactly, or not at all
	Powers  int64            `json:"powers"`           // digits, an e, digits: 12E34
	Plus    int64            `json:"plus"`             // digits behind a plus, as telephone numbers have it
	Percent int64            `json:"percent"`          // numbers with a percent sign
	Narrow  int64            `json:"narrow"`           // bytes of the shortest cell with a value
	Wide    int64            `json:"wide"`             // and of the longest
	Bools   int64            `json:"bools"`            // cells that are yes or no
	Dates   int64            `json:"dates"`            // cells that are dates or times
	Days    int64            `json:"days"`             // numbers that are dates as well: 20210304
	Serials int64            `json:"serials"`          // numbers of days, as spreadsheets count them, from 1954 to 2064
	Untidy  int64            `json:"untidy"`           // spaces at an end or in a row
	Words   int64            `json:"words"`            // in all cells
	Bytes   int64            `json:"bytes"`            // in all cells
	Zeros   int64            `json:"zeros"`            // numbers that are 0
	// Repaired are the cells that are counted as cleaning left them.
	Repaired int64 `json:"repaired,omitempty"`
	// Currencies are the signs of amounts.
	Currencies map[string]int64 `json:"currencies,omitempty"`
	// Listed are the only texts that mean "no value", where the user listed
	// them.
	Listed []string `json:"listed,omitempty"`

	Moments   stats.Moments    `json:"moments"`           // of the numbers: count, mean, and the sums of powers of what is above or below it
	Quantiles sketch.Quantiles `json:"quantiles"`         // of the numbers, as a sketch
	Values    sketch.Values    `json:"values"`            // the most frequent values, and how many different ones there are, as a sketch
	Layouts   []LayoutCount    `json:"layouts,omitempty"` // of dates, with how often
	// Years has a bit for each year of two digits that dates have.
	Years  [2]uint64     `json:"years"`
	Target *Association  `json:"-"`
	Files  map[int]Kinds `json:"-"` // by the index of the file

	later    bool        // the batch is not the first of its file
	measured bool        // the first cells of a block all differ
	seconds  [][]float64 // of the cells of a block, by layout, in seconds since 1970
}

// LayoutCount is how many cells are dates in a layout, and when they are, in
// seconds since 1970.
type LayoutCount struct {
	Layout dates.Layout `json:"layout"`
	dates.Seen
	Sole      int64            `json:"sole"` // cells that have no other reading
	Moments   stats.Moments    `json:"moments"`
	Quantiles sketch.Quantiles `json:"quantiles"`
}

// add counts the cells of a batch's column. target is nil where there is none;
// space is lent from column to column.
func (c *Column) add(cells *array.String, target *targets, space *space) {
	space.numbers = space.numbers[:0]
	space.again.begin()
	c.seconds = space.times
	for i := range c.seconds {
		c.seconds[i] = c.seconds[i][:0]
	}
	filled := 0
	for i := range cells.Len() {
		cell, x, kind := c.one(cells, i, &space.again)
		if kind == numeric {
			space.numbers = append(space.numbers, x)
		}
		if target != nil && kind != absent {
			c.Target.add(cell, x, kind == numeric, target, i)
		}
		if kind == absent {
			continue
		}
		if filled++; filled == firstCells {
			space.again.decide()
			c.measured = c.later && space.again.hits == 0
		}
	}
	space.again.end(c, cells)
	c.Values.Own()
	c.Moments = c.Moments.AddAll(space.numbers)
	c.Quantiles.AddAll(space.numbers)
	for i, seconds := range c.seconds[:min(len(c.seconds), len(c.Layouts))] {
		l := &c.Layouts[i]
		l.Moments = l.Moments.AddAll(seconds)
		l.Quantiles.AddAll(seconds)
	}
	space.times, c.seconds = c.seconds, nil
}

// firstCells is how many cells with a value are looked at to see what the column of a block
// is like.
const firstCells = 256

// space is memory that columns use one after the other.
type space struct {
	numbers []float64
	times   [][]float64
	again   repeated
}

var spaces = sync.Pool{New: func() any { return new(space) }}

type kind uint8

const (
	absent kind = iota
	numeric
	other
)

// one counts the cell of a row, now or with others that say the same.
func (c *Column) one(cells *array.String, row int, again *repeated) (cell string, x float64, k kind) {
	cell = cells.Value(row)
	if cell == "" {
		c.Cells++
		c.Empty++
		return cell, 0, absent
	}
	h := sketch.Hash(cell)
	if !again.on {
		x, k = c.cell(cell, h, 1)
		return cell, x, k
	}
	first, second := again.places(h)
	for _, s := range [2]*seen{first, second} {
		if s.is(cell, h, again.block, cells) {
			s.times++
			if s.kind != absent {
				again.hits++
			}
			return cell, s.x, s.kind
		}
	}
	if second.block == again.block {
		second.count(c, cells)
	}
	x, k = c.cell(cell, h, 1)
	*second, *first = *first, seen{hash: h, x: x, row: int32(row), block: again.block, kind: k}
	return cell, x, k
}

// cell counts so many cells of a text with a hash, and returns it as a number where it is
// one.
func (c *Column) cell(cell string, hash uint64, n int64) (float64, kind) {
	c.Cells += n
	if !plain(cell) {
		if tidy := strings.TrimSpace(cell); len(tidy) != len(cell) || strings.Contains(tidy, "  ") {
			c.Untidy += n
			cell, hash = tidy, sketch.Hash(tidy)
		}
	}
	if cell == "" {
		c.Empty += n
		return 0, absent
	}
	if c.absent(cell) {
		if c.Tokens == nil {
			c.Tokens = map[string]int64{}
		}
		c.Tokens[strings.Clone(cell)] += n
		c.Absent += n
		return 0, absent
	}
	c.Bytes += n * int64(len(cell))
	c.width(int64(len(cell)), int64(len(cell)))
	x, ok := c.number(cell, n)
	c.value(cell, hash, n)
	if ok {
		return x, numeric
	}
	if x, ok := c.word(cell, n); ok {
		return x, numeric
	}
	return 0, other
}

func (c *Column) width(narrow, wide int64) {
	if c.Narrow == 0 || narrow > 0 && narrow < c.Narrow {
		c.Narrow = narrow
	}
	c.Wide = max(c.Wide, wide)
}

// plain reports whether a look at the cell's ends and at its spaces shows that it
// has no untidy white space.
func plain(cell string) bool {
	if cell == "" {
		return true
	}
	first, last := cell[0], cell[len(cell)-1]
	if first-'!' >= 0x7f-'!' || last-'!' >= 0x7f-'!' {
		return false
	}
	for { // the last byte is no space
		i := strings.IndexByte(cell, ' ')
		if i < 0 {
			return true
		}
		if cell = cell[i+1:]; cell[0] == ' ' {
			return false
		}
	}
}

// absent reports whether the cell may mean "no value".
func (c *Column) absent(cell string) bool {
	if c.Listed != nil {
		return slices.Contains(c.Listed, cell)
	}
	return missing.Token(cell) != missing.Not
}

// value counts the text, unless the column is one of measurements.
func (c *Column) value(cell string, hash uint64, n int64) {
	if !c.Values.Over && c.Numbers*2 > c.filled() && (c.Values.Full() || c.measured) {
		c.Values.Drop()
	}
	if c.Values.Over && c.Numbers*2 > c.filled() {
		c.Values.Distinct.Add(hash)
		return
	}
	c.Values.Borrow(cell, hash, n)
}

func (c *Column) number(cell string, n int64) (float64, bool) {
	if b := cell[0]; b-'0' >= 10 && b != '-' && b != '+' && b != '.' {
		return 0, false
	}
	x, whole, ok := number.Read(cell)
	if !ok || math.Abs(x) > largest {
		if power(cell) {
			c.Powers += n
			c.Big += n
		}
		return 0, false
	}
	c.Numbers += n
	if len(cell) > exactDigits && !whole && math.Abs(x) >= 1<<53 && !strings.ContainsAny(cell, "eE") {
		c.Big += n
	}
	if !whole && power(cell) {
		c.Powers += n
	}
	if whole {
		c.Ints += n
		if len(cell) == 5 && x >= 20000 && x <= 60000 {
			c.Serials += n
		}
		if t, ok := dates.Compact(cell); ok {
			c.Days += n
			c.time(dates.Reading{Layout: dates.CompactLayout, Time: t}, false, n)
		}
		if number.Padded(cell) {
			c.Padded += n
		}
		if cell[0] == '+' && len(cell) > longCode {
			c.Plus += n
		}
	}
	if x == 0 {
		c.Zeros += n
	}
	return x, true
}

// largest is the magnitude up to which the square of a number is one.
const largest = 1e150

// exactDigits is how many digits a float64 always holds.
const exactDigits = 15

// power reports whether a cell is digits, an e, and digits, as codes are that
// programs take for powers of ten.
func power(cell string) bool {
	at := 0
	for at < len(cell) && cell[at]-'0' < 10 {
		at++
	}
	if at == 0 || at+1 >= len(cell) || cell[at]|0x20 != 'e' {
		return false
	}
	return strings.Trim(cell[at+1:], "0123456789") == ""
}

// word counts a cell that is no plain number, and returns it as one where people
// write a number so.
func (c *Column) word(cell string, times int64) (float64, bool) {
	c.Words += times * int64(strings.Count(cell, " ")+1)
	if IsBool(cell) {
		c.Bools += times
		return 0, false
	}
	if len(cell) > dates.MaxLength || !hasDigit(cell) {
		return 0, false
	}
	if c.date(cell, times) {
		return 0, false
	}
	x, ok := number.Loose(cell)
	if !ok {
		return 0, false
	}
	c.Loose += times
	if strings.HasSuffix(cell, "%") {
		c.Percent += times
	}
	for _, r := range cell {
		if unicode.Is(unicode.Sc, r) {
			if c.Currencies == nil {
				c.Currencies = map[string]int64{}
			}
			c.Currencies[string(r)] += times
		}
	}
	return x, true
}

// date counts a cell that is a date, in each layout that reads it.
func (c *Column) date(cell string, times int64) bool {
	r, n := dates.Readings(cell)
	if n == 0 {
		return false
	}
	c.Dates += times
	if r[0].Layout.Year2 {
		y := r[0].Time.Year() % 100
		c.Years[y/64] |= 1 << (y % 64)
	}
	for i := range n {
		c.time(r[i], n == 1, times)
	}
	return true
}

func hasDigit(s string) bool {
	for i := range len(s) {
		if s[i]-'0' < 10 {
			return true
		}
	}
	return false
}

// layout is what is counted of a layout.
func (c *Column) layout(l dates.Layout) *LayoutCount { return &c.Layouts[c.place(l)] }

// place is where a layout is among those of the column.
func (c *Column) place(l dates.Layout) int {
	for i := range c.Layouts {
		if c.Layouts[i].Layout == l {
			return i
		}
	}
	c.Layouts = append(c.Layouts, LayoutCount{Layout: l})
	return len(c.Layouts) - 1
}

// time counts so many cells of a time in a layout.
func (c *Column) time(r dates.Reading, sole bool, n int64) {
	i := c.place(r.Layout)
	l := &c.Layouts[i]
	l.Seen.Add(r.Time, n)
	if sole {
		l.Sole += n
	}
	for len(c.seconds) <= i {
		c.seconds = append(c.seconds, nil)
	}
	seconds := float64(r.Time.Unix())
	for range n {
		c.seconds[i] = append(c.seconds[i], seconds)
	}
}

// IsBool reports whether the cell says true or false.
func IsBool(cell string) bool {
	return len(cell) <= 5 && (strings.EqualFold(cell, "true") || strings.EqualFold(cell, "false"))
}

// filled is the number of cells that have a value.
func (c *Column) filled() int64 {
	return c.Cells - c.Empty - c.Absent
}

// merge counts all that d counted.
func (c *Column) merge(d *Column) {
	c.Cells += d.Cells
	c.Empty += d.Empty
	c.Ints += d.Ints
	c.Numbers += d.Numbers
	c.Loose += d.Loose
	c.Padded += d.Padded
	c.Big += d.Big
	c.Powers += d.Powers
	c.Plus += d.Plus
	c.Percent += d.Percent
	c.width(d.Narrow, d.Wide)
	for sign, n := range d.Currencies {
		if c.Currencies == nil {
			c.Currencies = map[string]int64{}
		}
		c.Currencies[sign] += n
	}
	c.Bools += d.Bools
	c.Dates += d.Dates
	c.Days += d.Days
	c.Serials += d.Serials
	c.Years[0] |= d.Years[0]
	c.Years[1] |= d.Years[1]
	c.Untidy += d.Untidy
	c.Words += d.Words
	c.Bytes += d.Bytes
	c.Zeros += d.Zeros
	for token, n := range d.Tokens {
		if c.Tokens == nil {
			c.Tokens = map[string]int64{}
		}
		c.Tokens[token] += n
	}
	c.Absent += d.Absent
	c.Moments = c.Moments.Merge(d.Moments)
	c.Quantiles.Merge(d.Quantiles)
	measured := c.Values.Over && c.Values.Top(1) == nil || d.Values.Over && d.Values.Top(1) == nil
	c.Values.Merge(d.Values)
	if measured && c.Numbers*2 > c.filled() {
		c.Values.Drop()
	}
	for _, l := range d.Layouts {
		to := c.layout(l.Layout)
		to.Seen.Merge(l.Seen)
		to.Sole += l.Sole
		to.Moments = to.Moments.Merge(l.Moments)
		to.Quantiles.Merge(l.Quantiles)
	}
	if c.Target != nil && d.Target != nil {
		c.Target.merge(d.Target)
	}
	for file, k := range d.Files {
		if c.Files == nil {
			c.Files = map[int]Kinds{}
		}
		c.Files[file] = c.Files[file].plus(k)
	}
}

// Table accumulates the columns of a table. The zero value is empty.
type Table struct {
	Rows    int64    `json:"rows"`
	Columns []Column `json:"columns"`
}

// Reading says how the cells of a table are looked at.
type Reading struct {
	Target string // column that the others are held against; may be empty
	// Missing are the only texts that mean "no value"; when nil they are found.
	Missing []string
}

// Add counts a batch of text.
func (t *Table) Add(b table.Batch, o Reading) {
	if b.Len() == 0 {
		return
	}
	fields := b.Record.Schema().Fields()
	if t.Columns == nil {
		t.Columns = make([]Column, len(fields))
		for i, f := range fields {
			t.Columns[i].Name, t.Columns[i].Listed, t.Columns[i].later = f.Name, o.Missing, b.Sequence > 0
			if o.Target != "" && f.Name != o.Target {
				t.Columns[i].Target = &Association{}
			}
		}
	}
	t.Rows += int64(b.Len())
	var tg *targets
	if i := b.Index(o.Target); o.Target != "" && i >= 0 {
		tg = readTargets(b.Text(i))
	}
	space := spaces.Get().(*space)
	defer spaces.Put(space)
	for i := range t.Columns {
		c, to := &t.Columns[i], tg
		if c.Target == nil {
			to = nil
		}
		before := c.kinds()
		c.add(b.Text(i), to, space)
		c.inFile(b.Input, before)
	}
}

// Find returns the column of that name, or nil.
func (t *Table) Find(name string) *Column {
	for i := range t.Columns {
		if t.Columns[i].Name == name {
			return &t.Columns[i]
		}
	}
	return nil
}

// Merge counts all that o counted, and takes over what it held; both must be of
// tables with the same columns, or empty.
func (t *Table) Merge(o Table) {
	if t.Columns == nil {
		*t = o
		return
	}
	t.Rows += o.Rows
	for i := range o.Columns {
		t.Columns[i].merge(&o.Columns[i])
		o.Columns[i].Quantiles.Recycle()
		o.Columns[i].Values.Recycle()
	}
}
