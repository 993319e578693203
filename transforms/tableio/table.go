package tableio

import (
	"context"
	"slices"

	"github.com/beamline-go/beamline/internal/csv"
	"github.com/beamline-go/beamline/internal/fault"
	"github.com/beamline-go/beamline/internal/mapping"
	"github.com/beamline-go/beamline/internal/source"
	"github.com/beamline-go/beamline/internal/systems"
)

// Table is the sources that are read as one table.
type Table struct {
	Sources []source.Source
	Columns []string // of the table: those of the first source, then new ones of later ones
	Key     string   // the column that names a record; may be empty
	// Plans, if not nil, are the files in which Keep left the plans of the sources.
	Plans []string
	// Inputs are the columns that steps are done to; nil where there are none.
	Inputs []string
	// Later, if not nil, is what the sources are found by when the job runs, as a job
	// does that is launched again and again. Sources are then an example.
	Later *Later

	ranges []int // in how many parts each source is planned; nil is one
}

// Later finds the sources of a table.
type Later struct {
	Args     []string // files, folders and globs
	Settings csv.Settings
	Steps    []mapping.Step
	Key      string
}

// Open finds the sources that arguments name, and the columns of the table they make once
// steps are done to its rows.
func Open(ctx context.Context, args []string, s csv.Settings, steps []mapping.Step, key string) (Table, error) {
	sources, err := systems.Find(ctx, args, s)
	if err != nil {
		return Table{}, err
	}
	t := Table{Sources: sources, Columns: columnsOf(sources), Key: key}
	if len(steps) > 0 {
		if err := t.step(ctx, steps); err != nil {
			return Table{}, err
		}
	}
	if key != "" && !slices.Contains(t.Columns, key) {
		return Table{}, fault.Usagef("the key %q is not a column of %s%s", key, args[0], fault.Hint(key, t.Columns, ""))
	}
	t.ranges, err = ranges(ctx, t.Sources)
	return t, err
}

// columnsOf are the columns of a table of those sources.
func columnsOf(sources []source.Source) (columns []string) {
	known := map[string]bool{}
	know := func(names []string) {
		for _, c := range names {
			if !known[c] {
				known[c] = true
				columns = append(columns, c)
			}
		}
	}
	for _, x := range sources {
		know(x.Columns())
	}
	for _, x := range sources { // the columns of places are behind those of what is in them
		if p, ok := source.As[source.Partitioned](x); ok {
			know(p.Partition())
		}
	}
	return columns
}

// step has steps done to the rows of the sources, but of those to which they were done
// before.
func (t *Table) step(ctx context.Context, steps []mapping.Step) (err error) {
	var raw, stepped []source.Source
	for _, x := range t.Sources {
		if s, ok := source.As[source.Stepped](x); ok && s.Stepped() {
			stepped = append(stepped, x)
		} else {
			raw = append(raw, x)
		}
	}
	if len(raw) > 0 {
		t.Inputs = columnsOf(raw)
		if raw, err = systems.Map(ctx, raw, t.Inputs, steps); err != nil {
			return err
		}
	}
	t.Sources = append(raw, stepped...)
	t.Columns = columnsOf(t.Sources)
	return nil
}

// ranges is in how many parts the sources are planned; nil where each is planned whole.
func ranges(ctx context.Context, sources []source.Source) (parts []int, err error) {
	parts, several := slices.Repeat([]int{1}, len(sources)), false
	for i, x := range sources {
		r, ok := source.As[source.Ranged](x)
		if !ok {
			continue
		}
		if parts[i], err = r.Ranges(ctx); err != nil {
			return nil, err
		}
		several = several || parts[i] > 1
	}
	if !several {
		return nil, nil
	}
	return parts, nil
}

// Name is that of the first source.
func (t Table) Name() string { return t.Sources[0].Name() }

// Text is how the first source is read, if it is delimited text.
func (t Table) Text() (csv.Format, bool) {
	if x, ok := source.As[interface{ Text() (csv.Format, bool) }](t.Sources[0]); ok {
		return x.Text()
	}
	return csv.Format{Dialect: csv.Default, Header: true}, false
}
