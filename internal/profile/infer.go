package profile

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/beamline-go/beamline/internal/dates"
	"github.com/beamline-go/beamline/internal/labels"
	"github.com/beamline-go/beamline/internal/missing"
	"github.com/beamline-go/beamline/internal/sketch"
	"github.com/beamline-go/beamline/internal/stats"
	"github.com/beamline-go/beamline/table"
)

// Bounds by which Infer decides.
const (
	typedShare = 0.95 // cells that must be of a type, of those that have a value
	maxDomain  = 200  // values of a domain that is written out
	textWords  = 3.5  // words a cell, from which on a column is free text
	fewestCode = 4    // characters of codes that look like powers of ten
	longCode   = 8    // digits of codes of one width
	manyCodes  = 30   // cells
	codeRange  = 0.5  // of the numbers of that width
	fewestDays = 5    // numbers such as 20210304 that are dates
	datesShare = 0.8  // cells that are dates beside numbers of days
)

// Options are what is known of a table beside its cells.
type Options struct {
	Target  string
	Key     string
	Classes bool // the target is a class even where it is a number
	Numbers bool // the target is a quantity even where it has two values
}

// Infer returns the schema that the columns speak for.
func Infer(t Table, o Options) table.Schema {
	s := table.Schema{Columns: make([]table.Column, len(t.Columns))}
	for i := range t.Columns {
		s.Columns[i] = t.Columns[i].infer(i, t.Rows)
	}
	assignKey(&s, t, o)
	if i := s.Index(o.Target); o.Target != "" && i >= 0 {
		target(&s.Columns[i], &t.Columns[i], o)
	}
	return s
}

func (c *Column) infer(place int, rows int64) table.Column {
	out := table.Column{Name: c.Name, Presence: table.Required}
	n := c.typed()
	out.Type = c.valueType(n)
	typed := !out.Type.Textual() && out.Type != table.Bool
	if out.Missing = c.Listed; c.Listed == nil {
		out.Missing = missing.Tokens(c.Tokens, typed, c.usual())
	}
	if c.Missing(out) > 0 {
		out.Presence = table.Optional
	}
	switch {
	case out.Type.Numeric():
		out.Unit = c.unit(n)
		out.Range = &table.Range{Min: c.Moments.Min, Max: c.Moments.Max}
	case out.Type.Temporal():
		for _, l := range c.chosenLayouts() {
			out.Layouts = append(out.Layouts, l.String())
		}
		out.Since = c.since()
		out.Period = c.period(out.Layouts)
	}
	out.Role = c.role(out, n, rows)
	if out.Role == table.RoleCategorical || out.Type == table.Categorical {
		out.Domain, out.Ordered = c.domain(out.Missing)
	}
	return out
}

// unit is the sign that most amounts have; percent, or a currency.
func (c *Column) unit(n int64) string {
	if c.Percent*2 > n {
		return "%"
	}
	for sign, k := range c.Currencies {
		if k*2 > n {
			return sign
		}
	}
	return ""
}

// typed is the number of cells that have a value, every token of "no value"
// left out.
func (c *Column) typed() int64 { return c.filled() }

// valueType is the type that the n cells with a value have.
func (c *Column) valueType(n int64) table.Type {
	most := func(k int64) bool { return n > 0 && float64(k) >= typedShare*float64(n) }
	switch {
	case c.isCode(n):
	case c.Days >= fewestDays && most(c.Days+c.Dates):
		return table.Date
	case float64(c.Dates) >= datesShare*float64(n) && n > 0 && c.Numbers > 0 && c.Serials == c.Numbers && most(c.Dates+c.Serials):
		return table.Date // a spreadsheet took some for numbers
	case most(c.Ints) && c.Ints == c.Numbers && c.Loose == 0:
		return table.Int64
	case most(c.Numbers+c.Loose) && c.Numbers+c.Loose > 0 && len(c.Currencies) < 2 && (c.Percent == 0 || most(c.Percent)):
		return table.Float64
	case most(c.Dates):
		for _, l := range c.chosenLayouts() {
			if l.HasTime() {
				return table.Timestamp
			}
		}
		return table.Date
	case n > 0 && c.Bools == n:
		return table.Bool
	}
	if c.Values.Over || c.manyValues(n) {
		return table.String
	}
	return table.Categorical
}

// manyValues reports whether so many of the n values differ that they are no
// classes.
func (c *Column) manyValues(n int64) bool {
	d := c.Values.NumDistinct()
	return d > maxDomain && d*4 > n || d > 20 && d*2 > n
}

// isCode reports whether the cells are digits that are no quantity: zeros stand in
// front of some, numbers are so long that arithmetic would lose digits, most of them
// look like powers of ten without a point, or they are of one width and fill its
// range as telephone and account numbers do.
func (c *Column) isCode(n int64) bool {
	one := c.Narrow == c.Wide
	switch {
	case n == 0:
		return false
	case c.Big > 0, c.Plus*2 > n, c.Powers*2 > n, c.Powers > 0 && one && c.Wide >= fewestCode:
		return true
	case c.Ints != c.Numbers:
		return false
	case c.Padded*100 > n, c.Padded > 0 && one:
		return true
	}
	return one && c.Wide >= longCode && n >= manyCodes && c.Ints == n && c.Moments.Max-c.Moments.Min > codeRange*math.Pow10(int(c.Wide)) && c.Values.NumDistinct()*2 > n
}

// usual are the most frequent values.
func (c *Column) usual() []string {
	var out []string
	for _, v := range c.Values.Top(50) {
		out = append(out, v.Text)
	}
	return out
}

// chosenLayouts are the layouts of the column's dates, the leading one first.
func (c *Column) chosenLayouts() []dates.Layout {
	counts := map[dates.Layout]dates.Seen{}
	for _, l := range c.Layouts {
		counts[l.Layout] = l.Seen
	}
	return dates.Choose(counts)
}

// period is when the dates in the layouts of the column are, where none has a year of
// two digits.
func (c *Column) period(layouts []string) *table.Period {
	var all stats.Moments
	for _, l := range c.Layouts {
		if l.Layout.Year2 || !slices.Contains(layouts, l.Layout.String()) {
			continue
		}
		all = all.Merge(l.Moments)
	}
	if all.N == 0 {
		return nil
	}
	day := func(seconds float64) string { return time.Unix(int64(seconds), 0).UTC().Format(time.DateOnly) }
	return &table.Period{From: day(all.Min), To: day(all.Max)}
}

// since is the first of the hundred years in which the column's years of two digits
// are, or 0.
func (c *Column) since() int {
	var used [100]bool
	some := false
	for y := range used {
		used[y] = c.Years[y/64]>>(y%64)&1 != 0
		some = some || used[y]
	}
	if !some {
		return 0
	}
	from, to := 0, 0
	for _, l := range c.chosenLayouts() {
		if m := c.layout(l).Moments; !l.Year2 && m.N > 0 {
			first, last := time.Unix(int64(m.Min), 0).UTC().Year(), time.Unix(int64(m.Max), 0).UTC().Year()
			if from == 0 || first < from {
				from = first
			}
			to = max(to, last)
		}
	}
	return dates.Century(used, from, to)
}

// Missing returns how many cells have no value, given how the column is read.
func (c *Column) Missing(as table.Column) int64 {
	n := c.Empty
	for _, t := range as.Missing {
		n += c.Tokens[t]
	}
	return n
}

// role is what the column can be used for; the target and the key are named
// later.
func (c *Column) role(as table.Column, n, rows int64) table.Role {
	d := c.Values.NumDistinct()
	switch {
	case n == 0, d == 1 && n == rows:
		return table.RoleConstant
	case as.Type.Temporal():
		return table.RoleDate
	case as.Type.Numeric():
		return table.RoleNumeric
	case as.Type != table.String:
		return table.RoleCategorical
	case float64(c.Words) >= textWords*float64(n):
		return table.RoleText
	case d*10 >= n*9:
		return table.RoleIgnore // a name or a code of its own in nearly every record
	}
	return table.RoleCategorical
}

// words returns the n most frequent values of a column of words, with texts
// such as "none" that mean something there.
func (c *Column) words(missing []string, n int) []sketch.Value {
	all := c.Values.Top(n)
	for text, count := range c.Tokens {
		if !slices.Contains(missing, text) {
			all = append(all, sketch.Value{Text: text, Count: count})
		}
	}
	slices.SortFunc(all, func(a, b sketch.Value) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Text, b.Text))
	})
	return all[:min(n, len(all))]
}

// domain returns the values in ascending order of quality where they are
// quality words, sorted otherwise.
func (c *Column) domain(missing []string) (values []string, ordered bool) {
	if c.Values.Over || c.Values.NumDistinct() > maxDomain {
		return nil, false
	}
	for _, v := range c.words(missing, maxDomain) {
		values = append(values, v.Text)
	}
	slices.Sort(values)
	if ranked, ok := Ranked(values); ok {
		return ranked, true
	}
	return values, false
}

// idName is how columns are called that name a record.
var idName = regexp.MustCompile(`(?i:^(id|key|uuid|guid|index|rowid|row|nr|no)$|[_ .-](id|key|uuid|guid|nr|no)$|^id[_ .-])|[a-z](Id|ID|Key)$`)

// assignKey gives the key's role to the column that the user named, or else to
// the first one that is called and filled like one.
func assignKey(s *table.Schema, t Table, o Options) {
	found := false
	for i := range s.Columns {
		c := &s.Columns[i]
		if o.Key != "" {
			if c.Name == o.Key {
				c.Role = table.RoleKey
			}
			continue
		}
		if c.Name == o.Target || !t.Columns[i].unique(t.Rows) || c.Type == table.Float64 || !idName.MatchString(c.Name) {
			continue
		}
		c.Role = table.RoleKey
		if found {
			c.Role = table.RoleIgnore
		}
		found = true
	}
	for i := range s.Columns {
		if s.Columns[i].Role == table.RoleKey && s.Columns[i].Type == table.Categorical {
			s.Columns[i].Type = table.String
		}
		if s.Columns[i].Role == table.RoleKey {
			s.Columns[i].Domain, s.Columns[i].Range = nil, nil
		}
	}
}

// unique reports whether every record has a value of its own, as far as the
// sketch can tell.
func (c *Column) unique(rows int64) bool {
	if c.filled() != rows || rows < 2 {
		return false
	}
	d := c.Values.NumDistinct()
	if !c.Values.Over {
		return d == rows
	}
	return float64(d) > 0.93*float64(rows) // the estimate is off by up to three deviations
}

// IsClasses reports whether a target with these cells is a class: it is text,
// or has exactly two values.
func (c *Column) IsClasses() bool {
	t := c.valueType(c.typed())
	return !t.Numeric() || !c.Values.Over && c.Values.NumDistinct() == 2
}

func target(out *table.Column, c *Column, o Options) {
	out.Role = table.RoleTarget
	classes := (o.Classes || c.IsClasses()) && !o.Numbers
	if !classes {
		return
	}
	out.Type, out.Range, out.Layouts, out.Ordered = table.Categorical, nil, nil, false
	out.Domain = nil
	known := map[string]bool{}
	for _, v := range c.words(out.Missing, maxDomain) { // the most frequent spelling of a class first
		if key := labels.Key(v.Text); utf8.ValidString(v.Text) && !known[key] {
			known[key] = true
			out.Domain = append(out.Domain, v.Text)
		}
	}
	slices.Sort(out.Domain)
}
