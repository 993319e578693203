package mapping

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/vector"
	"github.com/beamline-go/beamline/table"
)

func itoa(i int) string { return strconv.Itoa(i) }

// made makes a column of the cells that each appends for its row. Rows that were refused
// have an empty one.
func (f *frame) made(each func(dst []byte, row int) []byte) *array.String {
	var out vector.Text
	var cell []byte
	for i := range f.n {
		cell = cell[:0]
		if !f.out(i) {
			cell = each(cell, i)
		}
		out.Append(cell)
	}
	return out.Array().(*array.String)
}

// pick takes columns of those that are there.
type pick []int

func (p pick) do(f *frame) {
	columns := make([]*array.String, len(p))
	for i, at := range p {
		columns[i] = f.columns[at]
	}
	f.columns = columns
}

// asTheyAre leaves the cells alone: names have changed.
type asTheyAre struct{}

func (asTheyAre) do(*frame) {}

func compileRename(pairs Pairs, sc *scope) (op, error) {
	names, types := slices.Clone(sc.columns), map[string]table.Type{}
	for _, p := range pairs {
		i, err := sc.at("rename", p[0])
		if err != nil {
			return nil, err
		}
		names[i] = p[1]
	}
	for i, n := range names {
		if n == "" || slices.Contains(names[:i], n) {
			return nil, fault.Usagef("rename: two columns would be called %q", n)
		}
		if t, ok := sc.types[sc.columns[i]]; ok {
			types[n] = t
		}
	}
	sc.columns, sc.types = names, types
	return asTheyAre{}, nil
}

func compileSelect(columns []string, sc *scope) (op, error) {
	var p pick
	for i, c := range columns {
		at, err := sc.at("select", c)
		if err != nil {
			return nil, err
		}
		if slices.Contains(columns[:i], c) {
			return nil, fault.Usagef("select: %s stands there twice", c)
		}
		p = append(p, at)
	}
	sc.columns = slices.Clone(columns)
	return p, nil
}

func compileDrop(columns []string, sc *scope) (op, error) {
	for _, c := range columns {
		if _, err := sc.at("drop", c); err != nil {
			return nil, err
		}
	}
	var rest []string
	for _, c := range sc.columns {
		if !slices.Contains(columns, c) {
			rest = append(rest, c)
		}
	}
	if len(rest) == 0 {
		return nil, fault.Usagef("drop: no column is left")
	}
	return compileSelect(rest, sc)
}

// constant is a column of one value.
type constant struct {
	into  []int
	texts []string
}

func (c constant) do(f *frame) {
	for i, text := range c.texts {
		f.put(c.into[i], f.made(func(dst []byte, _ int) []byte { return append(dst, text...) }))
	}
}

func compileConstant(pairs Pairs, sc *scope) (op, error) {
	var c constant
	for _, p := range pairs {
		c.into, c.texts = append(c.into, sc.put(p[0], "")), append(c.texts, p[1])
	}
	return c, nil
}

// lookup is a column of values by cells.
type lookup struct {
	from, into int
	column     string
	values     map[string]string
	otherwise  *string
}

func (l lookup) do(f *frame) {
	cells := f.columns[l.from]
	f.put(l.into, f.made(func(dst []byte, i int) []byte {
		v, ok := l.values[strings.TrimSpace(cells.Value(i))]
		switch {
		case ok:
		case l.otherwise != nil:
			v = *l.otherwise
		default:
			f.refuse(i, l.column+" is "+quote(cells.Value(i))+", which is none of the values that are looked up")
		}
		return append(dst, v...)
	}))
}

func compileLookup(s Lookup, sc *scope) (op, error) {
	from, err := sc.at("lookup", s.Column)
	if err != nil {
		return nil, err
	}
	l := lookup{from: from, column: s.Column, values: map[string]string{}, otherwise: s.Otherwise}
	for _, p := range s.Values {
		l.values[strings.TrimSpace(p[0])] = p[1]
	}
	l.into = sc.put(cmp.Or(s.Into, s.Column), "")
	return l, nil
}

// quote is a cell in a sentence.
func quote(cell string) string {
	if len(cell) > 60 {
		cell = strings.ToValidUTF8(cell[:60], "") + "…"
	}
	return strconv.Quote(cell)
}

// split is columns of the parts of cells.
type split struct {
	from int
	by   string
	into []int
}

func (s split) do(f *frame) {
	cells := f.columns[s.from]
	for k, into := range s.into {
		f.put(into, f.made(func(dst []byte, i int) []byte {
			if parts := strings.SplitN(cells.Value(i), s.by, len(s.into)); k < len(parts) {
				dst = append(dst, strings.TrimSpace(parts[k])...)
			}
			return dst
		}))
	}
}

func compileSplit(s Split, sc *scope) (op, error) {
	from, err := sc.at("split", s.Column)
	if err != nil {
		return nil, err
	}
	out := split{from: from, by: s.By}
	for _, c := range s.Into {
		if c == s.Column {
			return nil, fault.Usagef("split: a part can't be called %s, as the whole is", c)
		}
		out.into = append(out.into, sc.put(c, ""))
	}
	return out, nil
}

// merge is a column of cells put together.
type merge struct {
	from []int
	by   string
	into int
}

func (m merge) do(f *frame) {
	f.put(m.into, f.made(func(dst []byte, i int) []byte {
		for _, c := range m.from {
			cell := strings.TrimSpace(f.columns[c].Value(i))
			if cell != "" && len(dst) > 0 {
				dst = append(dst, m.by...)
			}
			dst = append(dst, cell...)
		}
		return dst
	}))
}

func compileMerge(s Merge, sc *scope) (op, error) {
	m := merge{by: s.By}
	for _, c := range s.Columns {
		i, err := sc.at("merge", c)
		if err != nil {
			return nil, err
		}
		m.from = append(m.from, i)
	}
	m.into = sc.put(s.Into, "")
	return m, nil
}
