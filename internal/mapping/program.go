package mapping

import (
	"cmp"
	"errors"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/table"
)

// Other is a table that is joined: its columns, and how its rows are read, each as the
// cells of some of them. The cells last until the next row.
type Other struct {
	Columns []string
	Each    func(columns []string, use func(cells []string) error) error
}

// Program is steps that fit the columns of a table. It is safe for use by several
// goroutines at once.
type Program struct {
	In, Out []string // columns
	ops     []op
	rules   []string
	types   map[string]table.Type
}

// op does a step to the rows of a batch.
type op interface{ do(f *frame) }

// scope is what a step finds: the columns, and what is known of them.
type scope struct {
	columns []string
	types   map[string]table.Type
	other   func(name string) (Other, error)
}

// Compile fits steps to columns, of which types are known of some, and fails where they
// don't: that is known before a row is read. other finds the tables that are joined.
func Compile(steps []Step, columns []string, types map[string]table.Type, other func(name string) (Other, error)) (*Program, error) {
	sc := &scope{columns: slices.Clone(columns), types: map[string]table.Type{}, other: other}
	for c, t := range types {
		sc.types[c] = t
	}
	p := &Program{In: columns}
	for i, s := range steps {
		rule := s.Rule(i)
		if slices.Contains(p.rules, rule) {
			return nil, fault.Usagef("steps[%d]: another step is called %s", i, rule)
		}
		o, err := s.compile(sc)
		if err != nil {
			var f *fault.Fault
			if errors.As(err, &f) {
				return nil, &fault.Fault{Code: f.Code, Message: "steps[" + itoa(i) + "]: " + f.Message}
			}
			return nil, err
		}
		p.ops, p.rules = append(p.ops, o), append(p.rules, rule)
	}
	p.Out, p.types = sc.columns, sc.types
	return p, nil
}

// compile fits a step to the scope, and changes that to what the step leaves.
func (s Step) compile(sc *scope) (op, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	switch {
	case s.Rename != nil:
		return compileRename(s.Rename, sc)
	case s.Select != nil:
		return compileSelect(s.Select, sc)
	case s.Drop != nil:
		return compileDrop(s.Drop, sc)
	case s.Cast != nil:
		return compileCast(s.Cast, sc)
	case s.Constant != nil:
		return compileConstant(s.Constant, sc)
	case s.Expression != nil:
		return compileExpression(s.Expression, sc)
	case s.Filter != "":
		return compileFilter(s.Filter, sc)
	case s.Lookup != nil:
		return compileLookup(*s.Lookup, sc)
	case s.Split != nil:
		return compileSplit(*s.Split, sc)
	case s.Merge != nil:
		return compileMerge(*s.Merge, sc)
	case s.Convert != nil:
		return compileConvert(*s.Convert, sc)
	}
	return compileJoin(*s.Join, sc)
}

// Type is the type of a column that comes out, where it is known.
func (p *Program) Type(column string) (table.Type, bool) {
	t, ok := p.types[column]
	return t, ok && t != table.String
}

// at is where a column is, of which key speaks.
func (sc *scope) at(key, column string) (int, error) {
	i := slices.Index(sc.columns, column)
	if i < 0 {
		return i, fault.Usagef("%s: there is no column %s%s", key, column, fault.Hint(column, sc.columns, ""))
	}
	return i, nil
}

// put is where a column is put that a step makes: in the place of one of that name, or
// behind all. It is a text as far as is known.
func (sc *scope) put(column string, t table.Type) int {
	if t == "" {
		delete(sc.types, column)
	} else {
		sc.types[column] = t
	}
	i := slices.Index(sc.columns, column)
	if i < 0 {
		i = len(sc.columns)
		sc.columns = append(sc.columns, column)
	}
	return i
}

// frame is the rows of a batch between two steps.
type frame struct {
	n       int
	columns []*array.String
	refused []string // why each row is; nil while none is
	by      []int    // by which step
	step    int

	unjoined []table.Unjoined
}

// out reports whether a row was refused.
func (f *frame) out(row int) bool { return f.refused != nil && f.by[row] >= 0 }

// refuse refuses a row.
func (f *frame) refuse(row int, reason string) {
	if f.refused == nil {
		f.refused, f.by = make([]string, f.n), slices.Repeat([]int{-1}, f.n)
	}
	f.refused[row], f.by[row] = reason, f.step
}

// put puts a column at its place.
func (f *frame) put(i int, c *array.String) {
	if i == len(f.columns) {
		f.columns = append(f.columns, c)
		return
	}
	f.columns[i] = c
}

// Apply does the steps to the rows of a batch of texts, which has the columns In.
func (p *Program) Apply(b table.Batch, key string) table.Batch {
	f := &frame{n: b.Len()}
	for i := range b.Record.NumCols() {
		f.columns = append(f.columns, b.Text(int(i)))
	}
	for i, o := range p.ops {
		f.step = i
		o.do(f)
	}
	in := b
	b.Unjoined = append(slices.Clip(b.Unjoined), f.unjoined...)
	columns, fields := make([]arrow.Array, len(p.Out)), make([]arrow.Field, len(p.Out))
	for i, c := range f.columns {
		columns[i], fields[i] = c, arrow.Field{Name: p.Out[i], Type: arrow.BinaryTypes.String}
	}
	b.Record = array.NewRecordBatch(arrow.NewSchema(fields, nil), columns, int64(f.n))
	if f.refused == nil {
		return b
	}
	keep := make([]bool, f.n)
	at := slices.Index(p.Out, key)
	for i := range keep {
		if keep[i] = f.by[i] < 0; keep[i] {
			continue
		}
		r := table.Reject{Stage: table.StageSteps, Rule: p.rules[f.by[i]], Reason: f.refused[i], Source: b.Source, Row: in.Row(i), Offset: -1}
		csv.Record(&r, in, i)
		if at >= 0 {
			r.Key = f.columns[at].Value(i)
		}
		b.Rejects = append(slices.Clip(b.Rejects), r)
	}
	slices.SortStableFunc(b.Rejects, func(x, y table.Reject) int { return cmp.Compare(x.Row, y.Row) })
	return b.Select(keep)
}
